package dev.keepgate.api.oip.http;

import dev.keepgate.api.http.BodyReader;
import dev.keepgate.api.http.Encoding;
import dev.keepgate.api.http.HttpProperties;
import dev.keepgate.api.http.UnsupportedCodingException;
import dev.keepgate.api.http.security.HttpCaller;
import dev.keepgate.inference.Inference;
import dev.keepgate.inference.InferenceCall;
import dev.keepgate.inference.Operation;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.tensor.TensorFormatException;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Requests to infer over HTTP. */
@Component
final class InferHandler {

  static final String JSON_LENGTH = "Inference-Header-Content-Length";

  private final Inference inference;
  private final BodyReader bodies;
  private final HttpProperties properties;

  InferHandler(Inference inference, BodyReader bodies, HttpProperties properties) {
    this.inference = inference;
    this.bodies = bodies;
    this.properties = properties;
  }

  void infer(ModelRequest model, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    InferHttpExchange.Form form =
        new InferHttpExchange.Form(
            jsonLength(request.getHeader(JSON_LENGTH)),
            packed(request),
            Encoding.of(request.getHeader("Accept-Encoding")),
            properties.maxBody().toBytes());
    InferenceCall call = inference.open(model, Operation.UNROLL, null, HttpCaller.client(request));
    bodies.read(request, response, new InferHttpExchange(call, form, response));
  }

  private static @Nullable Encoding packed(HttpServletRequest request)
      throws UnsupportedCodingException {
    String coding = request.getHeader("Content-Encoding");
    Encoding encoding = Encoding.of(coding);
    if (encoding == null && coding != null && !coding.equalsIgnoreCase("identity")) {
      throw new UnsupportedCodingException(coding, "gzip, deflate, identity");
    }
    return encoding;
  }

  private static int jsonLength(@Nullable String header) {
    if (header == null) {
      return -1;
    }
    int length = header.length() > 9 ? -1 : digits(header);
    if (length < 0) {
      throw new TensorFormatException("", JSON_LENGTH + " must be a number of bytes");
    }
    return length;
  }

  /** The number that a text of digits is; -1 for any other. */
  private static int digits(String text) {
    int number = text.isEmpty() ? -1 : 0;
    for (int i = 0; i < text.length(); i++) {
      char digit = text.charAt(i);
      if (digit < '0' || digit > '9') {
        return -1;
      }
      number = 10 * number + digit - '0';
    }
    return number;
  }
}
