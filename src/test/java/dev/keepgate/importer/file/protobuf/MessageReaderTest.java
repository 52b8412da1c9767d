package dev.keepgate.importer.file.protobuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportException.Fault;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Messages are read as protobuf writes them, from memory and from a stream; damaged ones end. */
class MessageReaderTest {

  @Test
  void readsWhatProtobufWrites() throws Exception {
    byte[] inner = message(out -> out.writeInt64(1, -5));
    byte[] whole =
        message(
            out -> {
              out.writeString(1, "läuft");
              out.writeByteArray(2, inner);
              out.writeFloat(3, 1.5f);
              out.writeByteArray(4, new byte[100_000]);
              out.writeFixed64(9, 7);
              out.writeInt32(5, 300);
            });
    for (MessageReader reader :
        List.of(MessageReader.of(ByteBuffer.wrap(whole)), stream(whole, 9))) {
      List<Object> values = new ArrayList<>();
      reader.fields(
          number -> {
            switch (number) {
              case 1 -> values.add(reader.string());
              case 2 -> reader.message(field -> values.add(reader.integer()));
              case 3 -> values.add(Float.intBitsToFloat(reader.fixed32()));
              case 4 -> {
                MessageReader.Span span = reader.span();
                assertThat(span.length()).isEqualTo(100_000);
                assertThat(reader.position()).isEqualTo(span.begin() + span.length());
              }
              case 5 -> values.add(reader.integer());
              default -> reader.skip();
            }
          });
      assertThat(values).containsExactly("läuft", -5L, 1.5f, 300L);
      assertThat(reader.position()).isEqualTo(whole.length);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0a05 61 | 5 bytes are claimed, 1 are left",
        "0801 0affffffff07 | 2147483647 bytes are claimed, 0 are left",
        "0affffffff0f | 4294967295 bytes are claimed, 0 are left",
        "0a03 0a04 61 | 4 bytes are claimed, 1 are left",
        "0b 0c | is a group",
        "0c | is a group",
        "0e | wire type",
        "08 | ended unexpectedly",
        "09 01 | ended unexpectedly",
        "00 | invalid tag",
        "08 ffffffffffffffffffff01 | malformed varint",
        "08 01 0a80 | ended unexpectedly",
      })
  void damagedMessageEnds(String hex, String why) throws IOException, ImportException {
    byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
    for (MessageReader reader :
        List.of(MessageReader.of(ByteBuffer.wrap(bytes)), stream(bytes, 9))) {
      assertThatExceptionOfType(InvalidProtocolBufferException.class)
          .isThrownBy(() -> walk(reader))
          .withMessageContaining(why);
    }
  }

  /** Skips all fields, but enters those of number 1 that are no fixed numbers. */
  private static void walk(MessageReader reader) throws IOException, ImportException {
    reader.fields(
        number -> {
          if (number == 1 && reader.wireType() == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
            reader.message(field -> reader.skip());
          } else {
            reader.skip();
          }
        });
  }

  @Test
  void keepsNoMoreThanIsAllowed() throws Exception {
    byte[] strings = message(out -> out.writeString(1, "12345"));
    MessageReader enough = stream(strings, 5);
    enough.fields(number -> assertThat(enough.string()).isEqualTo("12345"));
    MessageReader tooMuch = stream(strings, 4);
    assertTooLarge(() -> tooMuch.fields(number -> tooMuch.string()));
    byte[] packed = message(out -> out.writeByteArray(1, new byte[1000]));
    MessageReader numbers = stream(packed, 1000);
    assertTooLarge(
        () -> numbers.fields(n -> numbers.each(WireFormat.WIRETYPE_VARINT, numbers::varint)));
  }

  private interface Reading {
    void run() throws Exception;
  }

  private static void assertTooLarge(Reading reading) {
    assertThatExceptionOfType(ImportException.class)
        .isThrownBy(reading::run)
        .satisfies(e -> assertThat(e.fault()).isEqualTo(Fault.TOO_LARGE));
  }

  private interface Writing {
    void to(CodedOutputStream out) throws IOException;
  }

  private static byte[] message(Writing writing) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    writing.to(out);
    out.flush();
    return bytes.toByteArray();
  }

  private static MessageReader stream(byte[] bytes, long allowance) throws IOException {
    return MessageReader.of(new ByteArrayInputStream(bytes), bytes.length, allowance);
  }
}
