package dev.keepgate.kernel.layer;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.Signature;

/**
 * A network with its weights where a kernel wants them.
 *
 * @param <S> working memory of the kernel that computes it
 */
public sealed interface CompiledNetwork<S extends Scratch> extends AutoCloseable
    permits LayerStack, LayerGraph {

  /**
   * @param compiler makes a layer of its numbers, which are not kept here
   */
  static <S extends Scratch> CompiledNetwork<S> of(Network network, LayerCompiler<S> compiler) {
    return network.isChain()
        ? new LayerStack<>(network, compiler)
        : new LayerGraph<>(network, compiler);
  }

  Signature signature();

  /** Bytes of the weights, on and off the heap. */
  long bytes();

  /**
   * Takes a batch through it.
   *
   * @param returnSequences whether to answer all steps of the request, or the last or the summary
   */
  NetworkOutput unroll(NetworkInput input, boolean returnSequences, boolean trace, S scratch);

  @Override
  void close();
}
