package dev.keepgate.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepgate.model.ModelId;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Slot;
import dev.keepgate.model.StateLayout;
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
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes outlive the build that wrote them. */
class SequenceCodecTest {

  private static final String DIGEST =
      "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

  private static final RecurrentState STATE =
      TestStates.lstm(
          2,
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

  private static Sequence sequence(
      String id, @Nullable String digest, long step, @Nullable StepResult last) {
    return new Sequence(
        new SequenceId(id),
        new ModelContent(new ModelId("notebook-cell", 3), digest),
        2,
        new Sequence.Lifetime(
            Duration.ofMinutes(15),
            Instant.parse("2026-03-01T10:00:00.123Z"),
            Instant.parse("2026-03-01T10:20:00.456Z")),
        new Sequence.Progress(step, STATE, last),
        0x123456789abcdefL);
  }

  private static Sequence expected(String name, @Nullable String digest) {
    return switch (name) {
      case "opened" -> sequence("chat-7", digest, 0, null);
      case "stepped" ->
          sequence(
              "chat-7",
              digest,
              41,
              new StepResult(false, 1, false, true, new float[] {0.5f, -1.5f}));
      default ->
          sequence(
              "a:b_c.D",
              digest,
              (1L << 53) - 1,
              new StepResult(true, 3, true, true, new float[] {1, 2, 3, 4, 5, 6}));
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"opened", "stepped", "unrolled"})
  void whatABuildWithoutDigestsWroteIsRead(String name) throws IOException {
    assertThat(SequenceCodec.decode(frozen("format-1.txt", name)))
        .usingRecursiveComparison()
        .isEqualTo(expected(name, null));
  }

  @Test
  void headOfTheLongestNamesIsWhole() {
    Sequence sequence =
        Sequence.open(
            new SequenceId("i".repeat(128)),
            new ModelContent(new ModelId("m".repeat(128), 999_999_999_999_999_999L), null),
            1,
            Duration.ofHours(1),
            Instant.ofEpochMilli(1_234_567_890_123L),
            new Sequence.Progress(
                41, TestStates.lstm(1, new float[][] {{1}}, new float[][] {{2}}), null));
    byte[] head = Arrays.copyOf(SequenceCodec.encode(sequence), SequenceCodec.HEAD_BYTES);
    assertThat(SequenceCodec.decodeHead(head, sequence.bytes()))
        .isEqualTo(SequenceSummary.of(sequence));
    assertThatThrownBy(() -> SequenceCodec.decodeHead(Arrays.copyOf(head, 200), 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void rowsThatEndedBeforeAreKnownAgain() {
    StepResult padded =
        new StepResult(
            new StepResult.Steps(true, 3, true), true, true, new float[] {1, 2, 0, 4, 5, 6}, null);
    Sequence read = SequenceCodec.decode(SequenceCodec.encode(sequence("chat-7", null, 3, padded)));
    assertThat(read.last()).usingRecursiveComparison().isEqualTo(padded);
    assertThat(read.lastStep()).isNull();
  }

  @Test
  void errorsThatWereAskedForAreKept() {
    for (String digest : new String[] {null, DIGEST}) {
      StepResult held =
          new StepResult(
              new StepResult.Steps(true, 2, false),
              true,
              true,
              new float[] {1, 2, 3, 4},
              new double[] {Double.NaN, 1e50});
      Sequence read =
          SequenceCodec.decode(SequenceCodec.encode(sequence("chat-7", digest, 3, held)));
      StepResult last = Objects.requireNonNull(read.last());
      assertThat(last.steps()).isEqualTo(held.steps());
      assertThat(last.output()).isEqualTo(held.output());
      assertThat(last.errors()).containsExactly(Double.NaN, 1e50);
      assertThat(read.content().digest()).isEqualTo(digest);
    }
  }

  @Test
  void lastStepIsOfEachRow() {
    assertThat(expected("opened", null).lastStep()).isNull();
    assertThat(expected("stepped", null).lastStep()).containsExactly(0.5f, -1.5f);
    assertThat(expected("unrolled", null).lastStep()).containsExactly(3, 6);
    StepResult wide = new StepResult(true, 2, true, true, new float[] {1, 2, 3, 4, 5, 6, 7, 8});
    assertThat(sequence("chat-7", null, 2, wide).lastStep()).containsExactly(3, 4, 7, 8);
  }

  /** Once released, these bytes may be read for as long as a format 1 is: never write them anew. */
  @ParameterizedTest
  @ValueSource(strings = {"opened", "stepped", "unrolled"})
  void bytesAreThoseThatWereFrozen(String name) throws IOException {
    byte[] frozen = frozen("format-1-digest.txt", name);
    assertThat(SequenceCodec.encode(expected(name, DIGEST))).isEqualTo(frozen);
    assertThat(SequenceCodec.decode(frozen))
        .usingRecursiveComparison()
        .isEqualTo(expected(name, DIGEST));
  }

  /** Servers of both builds share a store while one takes the other's place. */
  @ParameterizedTest
  @ValueSource(strings = {"opened", "stepped", "unrolled"})
  void digestFollowsAllThatAnEarlierBuildReads(String name) throws IOException {
    byte[] earlier = frozen("format-1.txt", name);
    byte[] now = SequenceCodec.encode(expected(name, DIGEST));
    int read = earlier.length - 13;
    assertThat(Arrays.copyOf(now, read)).isEqualTo(Arrays.copyOf(earlier, read));
  }

  @Test
  void whatFollowsTheEndIsRefused() {
    byte[] whole = SequenceCodec.encode(expected("opened", DIGEST));
    byte[] longer = Arrays.copyOf(whole, whole.length + 1);
    longer[whole.length] = 1;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SequenceCodec.decode(longer))
        .withMessageContaining("more follows");
  }

  @Test
  void whatEndsEarlyIsRefusedWhereverItEnds() {
    byte[] whole = SequenceCodec.encode(expected("stepped", DIGEST));
    assertThat(SequenceCodec.decode(whole))
        .usingRecursiveComparison()
        .isEqualTo(expected("stepped", DIGEST));
    // Without the digest it is as an earlier build wrote it.
    int withoutDigest = whole.length - DIGEST.length() - Integer.BYTES;
    for (int length = 0; length < whole.length; length++) {
      if (length >= withoutDigest && length < withoutDigest + Integer.BYTES) {
        continue;
      }
      byte[] part = Arrays.copyOf(whole, length);
      assertThatIllegalArgumentException().isThrownBy(() -> SequenceCodec.decode(part));
    }
  }

  /** States of other cells than an LSTM's, and of layers that keep what came before. */
  @Test
  void anySlotsAreReadAsTheyWereWritten() {
    StateLayout layout =
        new StateLayout(
            List.of(
                List.of(new Slot("h", 2), new Slot("c", 1)),
                List.of(new Slot("h", 3)),
                List.of(new Slot("window", 1))));
    float[][] values = {{1, 2, 3, 4}, {-0f, 1e30f}, {1, 2, 3, 4, 5, 6}, {Float.MIN_VALUE, 8}};
    Sequence opened = expected("stepped", DIGEST);
    Sequence other =
        new Sequence(
            opened.id(),
            opened.content(),
            2,
            opened.lifetime(),
            new Sequence.Progress(41, new RecurrentState(layout, values), opened.last()),
            7);
    byte[] bytes = SequenceCodec.encode(other);
    assertThat(bytes[0]).isEqualTo((byte) 2);
    assertThat(SequenceCodec.decode(bytes)).usingRecursiveComparison().isEqualTo(other);
    int withoutDigest = bytes.length - DIGEST.length() - Integer.BYTES;
    for (int length = 0; length < withoutDigest; length++) {
      byte[] part = Arrays.copyOf(bytes, length);
      assertThatIllegalArgumentException().isThrownBy(() -> SequenceCodec.decode(part));
    }
  }

  /** As they were first written, in format 2. */
  @Test
  void slotsOfOtherCellsAreWrittenByName() {
    StateLayout layout = new StateLayout(List.of(List.of(new Slot("h", 1))));
    Sequence opened = expected("opened", DIGEST);
    Sequence other =
        new Sequence(
            opened.id(),
            opened.content(),
            2,
            opened.lifetime(),
            new Sequence.Progress(
                0, new RecurrentState(layout, new float[][] {{1, -2.5f}}), opened.last()),
            opened.revision());
    String state =
        "00000001" // owners
            + "00000001" // its slots
            + "00000001" // letters of the name
            + "68"
            + "00000002" // numbers
            + "3f800000"
            + "c0200000";
    assertThat(HexFormat.of().formatHex(SequenceCodec.encode(other))).contains(state);
  }

  @Test
  void stateOfOtherRowsIsRefused() {
    byte[] bytes = SequenceCodec.encode(expected("opened", DIGEST));
    int batch = 1 + 4 + "chat-7".length() + 4 + "notebook-cell".length() + 8 + 3;
    bytes[batch] = 3;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SequenceCodec.decode(bytes))
        .withMessageContaining("numbers in its h, for 3 rows");
  }

  @Test
  void formatToComeIsRefused() {
    byte[] bytes = SequenceCodec.encode(expected("opened", DIGEST));
    bytes[0] = 3;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SequenceCodec.decode(bytes))
        .withMessageContaining("format 3");
  }
}
