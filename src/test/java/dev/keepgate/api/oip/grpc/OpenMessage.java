package dev.keepgate.api.oip.grpc;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A call of ModelInfer whose one message is begun and not ended, on a connection of its own. */
final class OpenMessage implements AutoCloseable {

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int SETTINGS = 4;
  private static final int END_HEADERS = 4;
  private static final int FRAME = 16_384;

  private final Socket socket;
  private final DataOutputStream out;

  /**
   * @param announced bytes of the message
   * @param sent how many of them are sent; with its prefix not more than a window, 65,535
   */
  OpenMessage(int port, int announced, int sent) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    out = new DataOutputStream(socket.getOutputStream());
    out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    frame(SETTINGS, 0, 0, new byte[0]);
    frame(HEADERS, END_HEADERS, 1, headers());
    ByteArrayOutputStream prefix = new ByteArrayOutputStream();
    DataOutputStream message = new DataOutputStream(prefix);
    message.writeByte(0);
    message.writeInt(announced);
    frame(DATA, 0, 1, prefix.toByteArray());
    for (int left = sent; left > 0; left -= FRAME) {
      frame(DATA, 0, 1, new byte[Math.min(left, FRAME)]);
    }
    out.flush();
  }

  private void frame(int type, int flags, int stream, byte[] payload) throws IOException {
    out.writeByte(payload.length >> 16);
    out.writeShort(payload.length);
    out.writeByte(type);
    out.writeByte(flags);
    out.writeInt(stream);
    out.write(payload);
  }

  /** As HPACK's literals that are not indexed. */
  private static byte[] headers() throws IOException {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    String[] headers = {
      ":method", "POST",
      ":scheme", "http",
      ":path", "/inference.GRPCInferenceService/ModelInfer",
      ":authority", "localhost",
      "content-type", "application/grpc",
      "te", "trailers"
    };
    for (int i = 0; i < headers.length; i += 2) {
      block.write(0);
      for (String text : new String[] {headers[i], headers[i + 1]}) {
        block.write(text.length());
        block.write(text.getBytes(StandardCharsets.US_ASCII));
      }
    }
    return block.toByteArray();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
