package dev.keepgate.registry;

/**
 * The life of a version, in one direction only (after TensorFlow Serving's {@code ServableState}).
 * A version that could not be loaded ends at once, with an error.
 */
public enum ModelStatus {
  /** Known; its load has not begun. */
  START,
  /** Its file is being read, or its weights laid out. */
  LOADING,
  /** Serves; announced after it is true. */
  AVAILABLE,
  /** Taken away: nobody gets it any more, and those who have it finish. Announced before it is. */
  UNLOADING,
  /** Holds no memory any more, or never did. */
  END;

  /** Whether this status may be followed by the other. */
  public boolean canBecome(ModelStatus next) {
    return switch (this) {
      case START -> next == LOADING || next == END;
      case LOADING -> next == AVAILABLE || next == END;
      case AVAILABLE -> next == UNLOADING;
      case UNLOADING -> next == END;
      case END -> false;
    };
  }
}
