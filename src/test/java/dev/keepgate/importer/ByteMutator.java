package dev.keepgate.importer;

import java.util.Arrays;
import java.util.Random;

/** Damages bytes the way fuzzers do: a few changes at a time, each of a kind that finds faults. */
final class ByteMutator {

  private static final int[] EDGES = {0, 1, -1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 1 << 30};

  private final Random random;

  ByteMutator(Random random) {
    this.random = random;
  }

  byte[] mutate(byte[] source) {
    byte[] bytes = source.clone();
    for (int changes = 1 + random.nextInt(4); changes > 0 && bytes.length > 0; changes--) {
      bytes = change(bytes);
    }
    return bytes;
  }

  private byte[] change(byte[] bytes) {
    int at = random.nextInt(bytes.length);
    int length = Math.min(bytes.length - at, 1 + random.nextInt(1 << random.nextInt(8)));
    switch (random.nextInt(7)) {
      case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes[at] = (byte) random.nextInt();
      case 2 -> writeEdge(bytes, at);
      case 3 -> {
        return Arrays.copyOf(bytes, at);
      }
      case 4 -> {
        return splice(bytes, at, bytes, at + length);
      }
      case 5 -> {
        return splice(bytes, at + length, bytes, at);
      }
      default -> {
        int from = random.nextInt(bytes.length - length + 1);
        System.arraycopy(bytes, from, bytes, at, length);
      }
    }
    return bytes;
  }

  private void writeEdge(byte[] bytes, int at) {
    int value = EDGES[random.nextInt(EDGES.length)];
    int width = 1 << random.nextInt(4);
    for (int i = 0; i < width && at + i < bytes.length; i++) {
      bytes[at + i] = (byte) (i < 4 ? value >> (8 * i) : value >> 31);
    }
  }

  /** The start of one and the end of another: what lies between is gone, or there twice. */
  private static byte[] splice(byte[] start, int end, byte[] rest, int from) {
    byte[] joined = Arrays.copyOf(start, end + rest.length - from);
    System.arraycopy(rest, from, joined, end, rest.length - from);
    return joined;
  }
}
