package dev.keepgate.api.rest.csv;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** The characters of a file of UTF-8, without its mark; other bytes are an error. */
final class Utf8Reader extends Reader {

  private static final char MARK = '\uFEFF';

  private final Reader characters;
  private boolean begun;
  private char last;

  Utf8Reader(InputStream in) {
    this.characters =
        new InputStreamReader(
            in,
            StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT));
  }

  @Override
  public int read(char[] to, int offset, int length) throws IOException {
    int count = characters.read(to, offset, length);
    if (count > 0 && !begun) {
      begun = true;
      if (to[offset] == MARK) {
        System.arraycopy(to, offset + 1, to, offset, count - 1);
        return count == 1 ? read(to, offset, length) : count(to, offset, count - 1);
      }
    }
    return count(to, offset, count);
  }

  private int count(char[] to, int offset, int count) {
    for (int i = offset + count - 1; i >= offset; i--) {
      if (to[i] != '\n' && to[i] != '\r') {
        last = to[i];
        break;
      }
    }
    return count;
  }

  /** The last character that ends no line. */
  char last() {
    return last;
  }

  @Override
  public void close() throws IOException {
    characters.close();
  }
}
