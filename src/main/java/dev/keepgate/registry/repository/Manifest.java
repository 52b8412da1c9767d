package dev.keepgate.registry.repository;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The files of a version: their names, sizes and SHA-256 digests, by name. As text it has one line
 * a file, {@code <sha256> <size> <name>}.
 */
public record Manifest(List<File> files) {

  private static final Pattern NAME =
      Pattern.compile("[^./\\\\\\p{Cntrl}][^/\\\\\\p{Cntrl}]{0,254}");
  private static final Pattern LINE = Pattern.compile("([0-9a-f]{64}) (\\d{1,18}) (.+)");
  private static final int BUFFER = 1 << 16;

  /** The model's files, {@code config.json} and {@code format}. */
  private static final int MAX_FILES = ModelSource.MAX_FILES + 2;

  /**
   * One file.
   *
   * @param sha256 in hexadecimal digits
   */
  public record File(String name, long size, String sha256) {}

  /**
   * @throws IllegalArgumentException if a name is none that a file of a model can have on every
   *     machine, or there are too many
   */
  public Manifest {
    files = List.copyOf(files);
    if (files.isEmpty() || files.size() > MAX_FILES) {
      throw new IllegalArgumentException(
          "a version has 1 to %d files, not %d".formatted(MAX_FILES, files.size()));
    }
    for (File file : files) {
      if (!NAME.matcher(file.name()).matches()) {
        throw new IllegalArgumentException("'" + file.name() + "' is no name for a model's file");
      }
    }
  }

  /**
   * Reads a version's folder.
   *
   * @throws IOException if it cannot be read, or has files that no other replica could have
   */
  public static Manifest of(Path folder) throws IOException {
    List<File> files = files(folder);
    try {
      return new Manifest(files);
    } catch (IllegalArgumentException e) {
      throw new IOException(folder + ": " + e.getMessage(), e);
    }
  }

  /** The {@link #digest()} of a version's folder, whatever its files are called. */
  static String digest(Path folder) throws IOException {
    return digest(text(files(folder)));
  }

  private static List<File> files(Path folder) throws IOException {
    List<File> files = new ArrayList<>();
    for (Path file : Disk.entries(folder, "[!.]*")) {
      if (Files.isRegularFile(file)) {
        files.add(read(file));
      }
    }
    return files;
  }

  private static File read(Path file) throws IOException {
    MessageDigest digest = sha256();
    long size = 0;
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      byte[] buffer = new byte[BUFFER];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        size += read;
      }
    }
    return new File(file.getFileName().toString(), size, hex(digest));
  }

  /**
   * Reads {@link #text()}.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static Manifest parse(String text) {
    List<File> files = new ArrayList<>();
    for (String line : text.split("\n")) {
      var matcher = LINE.matcher(line);
      if (!matcher.matches()) {
        throw new IllegalArgumentException("not a line of a manifest: " + line);
      }
      files.add(new File(matcher.group(3), Long.parseLong(matcher.group(2)), matcher.group(1)));
    }
    return new Manifest(files);
  }

  public String text() {
    return text(files);
  }

  private static String text(List<File> files) {
    StringBuilder text = new StringBuilder();
    for (File file : files) {
      text.append(file.sha256()).append(' ').append(file.size()).append(' ');
      text.append(file.name()).append('\n');
    }
    return text.toString();
  }

  /** SHA-256 of the text, and so of names and contents: equal where the files are. */
  public String digest() {
    return digest(text());
  }

  private static String digest(String text) {
    MessageDigest digest = sha256();
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    return hex(digest);
  }

  /** Of all files together. */
  public long bytes() {
    return files.stream().mapToLong(File::size).sum();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has it", e);
    }
  }

  private static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }
}
