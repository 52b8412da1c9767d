package dev.keepgate.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.keepgate.model.LstmState;
import dev.keepgate.model.ModelId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bytes outlive the build that wrote them. */
class SequenceCodecTest {

  private static final LstmState STATE =
      new LstmState(
          new float[][] {{1, -2.5f, 0.25f, 3}, {0, 7}},
          new float[][] {{Float.MIN_VALUE, -0f, 1e30f, 4}, {5, 6}});

  /** The lines of a frozen file, less its comments. */
  static List<String> frozen(String file) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(SequenceCodecTest.class.getResourceAsStream("/sequence/" + file))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .toList();
    }
  }

  private static byte[] frozen(String file, String name) throws IOException {
    String line =
        frozen(file).stream().filter(each -> each.startsWith(name + " ")).findFirst().orElseThrow();
    return HexFormat.of().parseHex(line.substring(name.length() + 1));
  }

  private static Sequence sequence(String id, long step, @Nullable StepAnswer last) {
    return new Sequence(
        new SequenceId(id),
        new ModelId("notebook-cell", 3),
        2,
        Duration.ofMinutes(15),
        Instant.parse("2026-03-01T10:00:00.123Z"),
        Instant.parse("2026-03-01T10:20:00.456Z"),
        step,
        0x123456789abcdefL,
        STATE,
        last);
  }

  private static Sequence expected(String name) {
    return switch (name) {
      case "opened" -> sequence("chat-7", 0, null);
      case "stepped" ->
          sequence("chat-7", 41, new StepAnswer(false, 1, false, true, new float[] {0.5f, -1.5f}));
      default ->
          sequence(
              "a:b_c.D",
              (1L << 53) - 1,
              new StepAnswer(true, 3, true, true, new float[] {1, 2, 3, 4, 5, 6}));
    };
  }

  @ParameterizedTest
  @CsvSource({"format-1.txt, opened", "format-1.txt, stepped", "format-1.txt, unrolled"})
  void whatAnEarlierBuildWroteIsRead(String file, String name) throws IOException {
    assertThat(SequenceCodec.decode(frozen(file, name)))
        .usingRecursiveComparison()
        .isEqualTo(expected(name));
  }

  @Test
  void whatEndsEarlyIsRefusedWhereverItEnds() {
    byte[] whole = SequenceCodec.encode(expected("stepped"));
    assertThat(SequenceCodec.decode(whole))
        .usingRecursiveComparison()
        .isEqualTo(expected("stepped"));
    for (int length = 0; length < whole.length - 20; length++) {
      byte[] part = Arrays.copyOf(whole, length);
      assertThatIllegalArgumentException().isThrownBy(() -> SequenceCodec.decode(part));
    }
  }

  @Test
  void formatToComeIsRefused() {
    byte[] bytes = SequenceCodec.encode(expected("opened"));
    bytes[0]++;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SequenceCodec.decode(bytes))
        .withMessageContaining("format 2");
  }
}
