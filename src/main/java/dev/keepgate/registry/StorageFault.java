package dev.keepgate.registry;

/** What is the matter with the repository's disk, in words that name no path of it. */
public enum StorageFault {
  /** No space, no inode or no quota is left. */
  FULL("no space is left on the repository's disk; remove versions, or make it larger"),

  /** It may be read and not written. */
  READ_ONLY(
      "the repository may only be read, so models cannot be changed; mount it writable and let the"
          + " server's user write to it"),

  /** There is no folder any more. */
  MISSING("the repository's folder is gone; bring it back, or start the server with another"),

  /** Anything else. */
  FAILED("the repository's disk failed; the server's log says how");

  private final String remedy;

  StorageFault(String remedy) {
    this.remedy = remedy;
  }

  /** What is the matter, and what to do about it. */
  public String remedy() {
    return remedy;
  }
}
