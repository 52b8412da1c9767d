package dev.keepgate.bench;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;

/** One of our kernels, as a worker calls it. */
final class KeepgatePeer implements Peer {

  private final CompiledModel model;
  private final Scratch scratch;
  private final NetworkInput request;
  private NetworkOutput answer;

  /**
   * @param model stays the caller's
   */
  KeepgatePeer(LstmKernel kernel, CompiledModel model, Problem problem) {
    this.model = model;
    this.scratch = kernel.newScratch();
    this.request = problem.request();
    this.answer = model.unroll(request, true, false, scratch);
  }

  @Override
  public void run() {
    answer = model.unroll(request, true, false, scratch);
  }

  @Override
  public float[] output() {
    return answer.output();
  }

  @Override
  public void close() {
    scratch.close();
  }
}
