package dev.keepgate.api.oip.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepgate.api.http.Body;
import dev.keepgate.api.oip.InferCall;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.JsonTensorScanner.NotScannedException;
import dev.keepgate.tensor.TensorFormatException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;

/** What the scanner reads, the full reader reads likewise, and the other way round. */
class InferBodyScannerTest {

  private static final int MUTATIONS = 20_000;

  /** As Triton's and KServe's clients and curl's users write them. */
  private static final List<String> BODIES =
      List.of(
          "{\"id\":\"a-1\",\"inputs\":[{\"name\":\"x\",\"shape\":[1,2,2],\"datatype\":\"FP32\","
              + "\"data\":[1,-2.5e-3,0.25,4]},{\"name\":\"lengths\",\"shape\":[1],"
              + "\"datatype\":\"INT32\",\"data\":[2]}],\"outputs\":[{\"name\":\"output\"},"
              + "{\"name\":\"h\",\"parameters\":{\"binary_data\":false,\"classification\":2}}]}",
          "{\"inputs\": [ {\"name\": \"x\", \"datatype\": \"FP16\", \"shape\": [1, 2, 2],\n"
              + " \"data\": [[[1, 2], [3, 4]]]} ], \"parameters\": {\"sequence_id\": \"s\","
              + " \"sequence_start\": true, \"timeout\": 100, \"priority\": -1}}",
          "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,1,2],\"datatype\":\"FP32\",\"parameters\":"
              + "{\"binary_data_size\":8}},{\"name\":\"h0\",\"shape\":[1,1,1],\"datatype\":\"FP32\","
              + "\"parameters\":{\"binary_data_size\":4}}],"
              + "\"parameters\":{\"binary_data_output\":true}}\0\0\0\0abcdefgh");

  private static final String PIECES = "{}[],:\"0123456789.-eE \\tfnulras_/\0\n";

  private static int jsonLength(String body) {
    int end = body.indexOf("}\0");
    return end < 0 ? body.length() : end + 1;
  }

  private static Body body(String text) {
    byte[] bytes = text.getBytes(ISO_8859_1);
    return new Body(bytes, bytes.length);
  }

  /** What is read, or what is said to be wrong. */
  private static Object outcome(String text, int jsonLength) {
    try {
      return InferBodyReader.read(body(text), jsonLength, ArrayMemory.UNBOUNDED);
    } catch (TensorFormatException e) {
      return e.pointer() + ": " + e.detail();
    } catch (JacksonException e) {
      return "no JSON";
    }
  }

  /** The same JSON, which the scanner leaves to the full reader. */
  private static String escaped(String text) {
    return text.replaceFirst("\"inputs\"", "\"\\\\u0069nputs\"");
  }

  @Test
  void usualBodiesAreScanned() {
    for (String body : BODIES) {
      assertThatCode(
              () -> InferBodyScanner.read(body(body), jsonLength(body), ArrayMemory.UNBOUNDED))
          .as(body)
          .doesNotThrowAnyException();
      assertAlike(body, jsonLength(body));
      assertThatThrownBy(
              () ->
                  InferBodyScanner.read(
                      body(escaped(body)), jsonLength(body) + 5, ArrayMemory.UNBOUNDED))
          .isInstanceOf(NotScannedException.class);
    }
  }

  /** What was scanned for nothing is not held beside what is read. */
  @Test
  void aBodyThatIsReadTwiceHoldsItsTensorsOnce() {
    String usual = BODIES.get(0);
    // One field more than the scanner knows, at the very end.
    String rare = usual.substring(0, usual.length() - 1) + ",\"parameters\":null}";
    assertThat(held(rare)).isPositive().isEqualTo(held(escaped(usual)));
  }

  private static long held(String body) {
    AtomicLong held = new AtomicLong();
    var unused = InferBodyReader.read(body(body), body.length(), held::addAndGet);
    return held.get();
  }

  @Test
  void whateverIsChangedBothReadAlike() {
    long seed = System.nanoTime();
    System.out.println("InferBodyScannerTest changes bodies with seed " + seed);
    Random random = new Random(seed);
    int read = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      String whole = BODIES.get(random.nextInt(BODIES.size()));
      int length = jsonLength(whole);
      StringBuilder changed = new StringBuilder(whole);
      for (int change = random.nextInt(3); change >= 0; change--) {
        int at = random.nextInt(length);
        char piece = PIECES.charAt(random.nextInt(PIECES.length()));
        switch (random.nextInt(3)) {
          case 0 -> changed.setCharAt(at, piece);
          case 1 -> {
            changed.insert(at, piece);
            length++;
          }
          default -> {
            changed.deleteCharAt(at);
            length--;
          }
        }
      }
      if (changed.indexOf("\"inputs\"") >= 0 && changed.indexOf("\"inputs\"") < length) {
        read += assertAlike(changed.toString(), length) ? 1 : 0;
      }
    }
    // Else nothing but refusals was compared.
    assertThat(read).isGreaterThan(MUTATIONS / 100);
  }

  /** Whether it can be read. */
  private static boolean assertAlike(String text, int jsonLength) {
    Object scanned = outcome(text, jsonLength);
    Object full = outcome(escaped(text), jsonLength + 5);
    assertThat(scanned)
        .as("%s, %d bytes of JSON", text, jsonLength)
        .usingRecursiveComparison()
        .isEqualTo(full);
    return scanned instanceof InferCall;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP64\",\"shape\":[1],\"data\":[0.1]}]}",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"data\":[0.1],\"datatype\":\"FP32\"}]}",
        "{\"id\":null,\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1],\"data\":[1]}]}",
        "{\"parameters\":{\"sequence_id\":18446744073709551615},\"inputs\":[{\"name\":\"x\","
            + "\"datatype\":\"FP32\",\"shape\":[1],\"data\":[1]}]}",
      })
  void rareBodiesAreReadAllTheSame(String body) {
    assertThatThrownBy(
            () -> InferBodyScanner.read(body(body), jsonLength(body), ArrayMemory.UNBOUNDED))
        .isInstanceOf(NotScannedException.class);
    assertThat(assertAlike(body, jsonLength(body))).isTrue();
  }
}
