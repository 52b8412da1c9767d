package dev.keepgate.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GrpcCallsTest {

  @ParameterizedTest
  @CsvSource({"identity, false", "gzip, true", "deflate, true"})
  void messagesArePackedIfTheirEncodingPacks(String encoding, boolean isPacked) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("grpc-encoding", Metadata.ASCII_STRING_MARSHALLER), encoding);
    assertThat(GrpcCalls.isPacked(headers)).isEqualTo(isPacked);
  }

  @Test
  void messagesWithoutAnEncodingAreNotPacked() {
    assertThat(GrpcCalls.isPacked(new Metadata())).isFalse();
  }
}
