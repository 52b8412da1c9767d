package dev.keepgate.api.oip.grpc;

import io.grpc.Codec;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/** gRPC's coding {@code deflate}: zlib's format (RFC 1950). */
final class DeflateCodec implements Codec {

  @Override
  public String getMessageEncoding() {
    return "deflate";
  }

  @Override
  public InputStream decompress(InputStream packed) {
    return new InflaterInputStream(packed);
  }

  @Override
  public OutputStream compress(OutputStream plain) {
    return new DeflaterOutputStream(plain);
  }
}
