package dev.keepgate.model;

/** The one output of a whole sequence. */
public enum Summary {
  /** The output at the last step that is not padding. */
  LAST_STEP,
  /** The last recurrent layer's final h, its directions merged, through the head (Keras). */
  FINAL_STATE
}
