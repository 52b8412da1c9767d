package dev.keepgate.api.http;

import java.util.Arrays;

/**
 * A request's body.
 *
 * @param bytes more than the body's, perhaps
 * @param size how many of them are the body's, from the first
 */
public record Body(byte[] bytes, int size) {

  /** No bytes. */
  static final Body EMPTY = new Body(new byte[0], 0);

  public boolean isEmpty() {
    return size == 0;
  }

  /** In an array of its own size. */
  public byte[] toArray() {
    return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
  }
}
