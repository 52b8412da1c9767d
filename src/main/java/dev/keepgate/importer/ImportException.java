package dev.keepgate.importer;

import java.util.List;

/** A file or its configuration is not a model that can be served; says what and where. */
public final class ImportException extends Exception {

  private static final long serialVersionUID = 1L;

  /** What is at fault. */
  public enum Fault {
    /** The bytes are damaged, or of no known format. */
    MALFORMED,
    /** The file is sound, but holds something that is not understood or not supported. */
    UNSUPPORTED,
    /** The configuration that came with the file is wrong. */
    CONFIG,
    /** A bound was passed. */
    TOO_LARGE
  }

  /**
   * One fault.
   *
   * @param where the tensor, layer, node or attribute, or a JSON pointer into the configuration
   * @param detail what is wrong with it, and what would be right
   */
  public record Problem(String where, String detail) {}

  private final Fault fault;
  private final transient List<Problem> problems;

  public ImportException(Fault fault, String message, List<Problem> problems) {
    super(message);
    this.fault = fault;
    this.problems = List.copyOf(problems);
  }

  public static ImportException malformed(String message) {
    return new ImportException(Fault.MALFORMED, message, List.of());
  }

  public static ImportException malformed(String where, String detail) {
    return new ImportException(
        Fault.MALFORMED, where + ": " + detail, List.of(new Problem(where, detail)));
  }

  public static ImportException unsupported(String where, String detail) {
    return new ImportException(
        Fault.UNSUPPORTED, where + ": " + detail, List.of(new Problem(where, detail)));
  }

  public static ImportException config(String pointer, String detail) {
    return new ImportException(
        Fault.CONFIG, pointer + ": " + detail, List.of(new Problem(pointer, detail)));
  }

  public static ImportException tooLarge(String message) {
    return new ImportException(Fault.TOO_LARGE, message, List.of());
  }

  /** The same fault, of one file among several; one of the configuration is of no file. */
  public ImportException in(String file) {
    String message = String.valueOf(getMessage());
    if (fault == Fault.CONFIG || message.contains(file)) {
      return this;
    }
    ImportException named = new ImportException(fault, file + ": " + message, problems);
    named.initCause(this);
    return named;
  }

  public Fault fault() {
    return fault;
  }

  public List<Problem> problems() {
    return problems;
  }
}
