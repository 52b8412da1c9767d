package dev.keepgate.api.oip.http;

import dev.keepgate.api.http.Body;
import dev.keepgate.api.http.BodyExchange;
import dev.keepgate.api.http.BodyTooLargeException;
import dev.keepgate.api.http.Encoding;
import dev.keepgate.api.oip.InferCall;
import dev.keepgate.api.oip.InferExchange;
import dev.keepgate.inference.InferenceCall;
import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.ResultEncoder;
import dev.keepgate.memory.RequestMemory;
import dev.keepgate.tensor.TensorFormatException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** A request of the protocol over HTTP. */
final class InferHttpExchange extends InferExchange
    implements BodyExchange, ResultEncoder<Boolean> {

  private final InferenceCall inference;
  private final Form form;
  private final HttpServletResponse response;
  private @Nullable Body body;

  /**
   * How a request and its answer are written.
   *
   * @param jsonLength how many bytes of the body are JSON; -1 for all
   * @param packed how the body is packed; null where it is not
   * @param packs how the answer is to be packed; null where it is not
   * @param limit bytes of the body, unpacked
   */
  record Form(int jsonLength, @Nullable Encoding packed, @Nullable Encoding packs, long limit) {}

  InferHttpExchange(InferenceCall inference, Form form, HttpServletResponse response) {
    this.inference = inference;
    this.form = form;
    this.response = response;
  }

  /** It is let in before that costs anything. */
  @Override
  public boolean unpacksItself() {
    return true;
  }

  @Override
  public RequestMemory memory() {
    return inference.memory();
  }

  @Override
  public void answer(Body whole) throws IOException {
    body = whole;
    try {
      var unused = inference.infer(this, this);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public InferCall parse(RequestMemory memory) {
    Body whole = Objects.requireNonNull(body);
    body = null;
    Encoding packed = form.packed();
    if (packed != null) {
      Body plain = unpack(packed, whole, memory);
      memory.giveBack(whole.bytes().length);
      whole = plain;
    }
    InferCall parsed = InferBodyReader.read(whole, form.jsonLength(), memory::change);
    memory.giveBack(whole.bytes().length);
    return parsed;
  }

  private Body unpack(Encoding packed, Body whole, RequestMemory memory) {
    try {
      return packed.decode(whole, form.limit(), memory::change);
    } catch (ZipException | EOFException e) {
      throw new TensorFormatException("", "the body is no " + packed.header());
    } catch (BodyTooLargeException e) {
      throw new UncheckedIOException(e);
    } catch (IOException e) {
      throw new IllegalStateException("bytes are unpacked without any I/O", e);
    }
  }

  @Override
  public long encodedBytes(long numbers) {
    return InferBodyWriter.bytes(call(), numbers) + classesBytes(numbers);
  }

  @Override
  public Boolean encode(InferenceResult result) throws IOException {
    new InferBodyWriter(call(), answer(result)).send(form.packs(), response);
    return true;
  }

  @Override
  public void close() {
    inference.close();
  }
}
