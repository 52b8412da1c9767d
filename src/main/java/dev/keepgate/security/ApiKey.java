package dev.keepgate.security;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A key's text: 256 random bits. Nobody guesses it, so a fast hash keeps it as well as a slow one
 * would, and is computed for every request.
 *
 * @param text what its owner sends
 */
record ApiKey(String text) {

  private static final String PREFIX = "kg_";
  private static final int BYTES = 32;
  private static final Pattern FORM = Pattern.compile(PREFIX + "[A-Za-z0-9_-]{43}");

  /** A new one. */
  static ApiKey mint() {
    byte[] random = new byte[BYTES];
    new SecureRandom().nextBytes(random);
    return new ApiKey(PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(random));
  }

  /** Whether a text may be a key that was made here. */
  static boolean isKey(String text) {
    return FORM.matcher(text).matches();
  }

  /** SHA-256 of the text in UTF-8, in hex. */
  String sha256() {
    return HexFormat.of().formatHex(digest(text));
  }

  static byte[] digest(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  /** Never its text. */
  @Override
  public String toString() {
    return PREFIX + "…";
  }
}
