package dev.keepgate.api.oip;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request to infer, whichever way it came.
 *
 * @param id echoed in the answer; empty for none
 * @param parameters by name
 * @param inputs the tensors
 * @param outputs which tensors are asked for; empty for all
 */
public record InferCall(
    String id, Parameters parameters, List<NamedTensor> inputs, List<WantedOutput> outputs) {

  /**
   * @param binary whether its bytes are to follow the JSON; null where that is not said
   * @param classes how many of its largest numbers are to be told as text; 0 for all as they are
   */
  public record WantedOutput(String name, @Nullable Boolean binary, int classes) {

    /** By its parameters. */
    public static WantedOutput of(String name, Parameters parameters) {
      return new WantedOutput(name, parameters.flag(Parameters.BINARY), parameters.classes());
    }
  }
}
