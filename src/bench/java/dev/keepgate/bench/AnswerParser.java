package dev.keepgate.bench;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Reads the answers of one HTTP/1.1 connection, one after the other, from the pieces in which they
 * arrive. Of a head it keeps what a load counts by, and it passes over a body unread.
 */
final class AnswerParser {

  private static final String VERSION = "http/1.1 ";
  private static final String LENGTH = "content-length:";
  private static final String CODING = "transfer-encoding:";
  private static final String CONNECTION = "connection:";

  private enum Part {
    STATUS,
    HEADERS,
    BODY,
    CHUNKS,
    TRAILERS,
    END
  }

  /** As much as is read of a line; what is longer is of no interest. */
  private final byte[] line = new byte[64];

  private int lineLength;
  private Part part = Part.STATUS;
  private int status;
  private boolean closes;
  private boolean isChunked;
  private long bodyLength = -1;

  /** Bytes to pass over before the next line. */
  private long left;

  /** Reads on, up to the end of an answer at most; whether it is there. */
  boolean parse(ByteBuffer in) throws IOException {
    if (part == Part.END) {
      start();
    }
    while (part != Part.END && in.hasRemaining()) {
      if (left > 0) {
        skip(in);
      } else if (readLine(in)) {
        takeLine();
        lineLength = 0;
      }
    }
    return part == Part.END;
  }

  int status() {
    return status;
  }

  /** Whether the server closes the connection after this answer. */
  boolean closes() {
    return closes;
  }

  private void start() {
    part = Part.STATUS;
    lineLength = 0;
    left = 0;
    closes = false;
    isChunked = false;
    bodyLength = -1;
  }

  private void skip(ByteBuffer in) {
    int bytes = (int) Math.min(left, in.remaining());
    in.position(in.position() + bytes);
    left -= bytes;
    if (left == 0 && part == Part.BODY) {
      part = Part.END;
    }
  }

  private boolean readLine(ByteBuffer in) {
    while (in.hasRemaining()) {
      byte next = in.get();
      if (next == '\n') {
        return true;
      }
      if (next != '\r' && lineLength < line.length) {
        line[lineLength++] = next;
      }
    }
    return false;
  }

  private void takeLine() throws IOException {
    switch (part) {
      case STATUS -> {
        if (!startsWith(VERSION)) {
          throw new IOException("no answer of HTTP/1.1");
        }
        status = (int) number(VERSION.length(), 10);
        part = Part.HEADERS;
      }
      case HEADERS -> takeHeader();
      case CHUNKS -> {
        long size = number(0, 16);
        left = size > 0 ? size + 2 : 0; // The line break after a chunk is none of its bytes.
        part = size > 0 ? Part.CHUNKS : Part.TRAILERS;
      }
      case TRAILERS -> part = lineLength == 0 ? Part.END : Part.TRAILERS;
      case BODY, END -> throw new IllegalStateException(part + " has no lines");
    }
  }

  private void takeHeader() throws IOException {
    if (lineLength == 0) {
      takeBody();
    } else if (startsWith(LENGTH)) {
      bodyLength = number(LENGTH.length(), 10);
    } else if (startsWith(CODING)) {
      isChunked = endsWith("chunked");
    } else if (startsWith(CONNECTION)) {
      closes |= endsWith("close");
    }
  }

  private void takeBody() throws IOException {
    if (isChunked) {
      part = Part.CHUNKS;
    } else if (bodyLength < 0) {
      throw new IOException("an answer of status " + status + " that does not tell its length");
    } else {
      left = bodyLength;
      part = left > 0 ? Part.BODY : Part.END;
    }
  }

  private boolean startsWith(String lowerCase) {
    return isAt(0, lowerCase);
  }

  private boolean endsWith(String lowerCase) {
    return isAt(lineLength - lowerCase.length(), lowerCase);
  }

  private boolean isAt(int start, String lowerCase) {
    if (start < 0 || start + lowerCase.length() > lineLength) {
      return false;
    }
    for (int i = 0; i < lowerCase.length(); i++) {
      if (Character.toLowerCase((char) line[start + i]) != lowerCase.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Of the digits after any spaces. */
  private long number(int start, int radix) throws IOException {
    int first = start;
    while (first < lineLength && line[first] == ' ') {
      first++;
    }
    long number = 0;
    int i = first;
    for (; i < lineLength && Character.digit((char) line[i], radix) >= 0; i++) {
      number = number * radix + Character.digit((char) line[i], radix);
    }
    if (i == first) {
      throw new IOException("a number was to be in an answer");
    }
    return number;
  }
}
