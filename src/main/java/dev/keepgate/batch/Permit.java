package dev.keepgate.batch;

import dev.keepgate.kernel.CompiledModel;

/**
 * A request's place among those of a model that may be there at once. Taken before its tensors are
 * read, so that nothing is read that is refused then; released once, by whoever is the last to be
 * done with the request.
 *
 * @param waited how long it was waited for, in nanoseconds
 */
public record Permit(AdmissionController admission, CompiledModel model, long waited) {

  public void release() {
    admission.release(model);
  }
}
