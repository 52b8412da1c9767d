package dev.keepgate.inference;

import dev.keepgate.sequence.SequenceId;

/** Where requests go that were answered, for versions that are shadows of the one that did. */
public interface ShadowRequests {

  /** Of a server that has no shadows. */
  ShadowRequests NONE =
      new ShadowRequests() {
        @Override
        public void answered(
            InferenceCall call, InferenceRequest request, InferenceResult result) {}

        @Override
        public void ended(SequenceId sequence) {}
      };

  /** A request has its result. Does not block, and keeps what it needs of both. */
  void answered(InferenceCall call, InferenceRequest request, InferenceResult result);

  /** A sequence was ended. */
  void ended(SequenceId sequence);
}
