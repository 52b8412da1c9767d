package dev.keepgate.api.oip;

import dev.keepgate.model.ModelId;
import dev.keepgate.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * What a request is answered.
 *
 * @param model the version that computed it
 * @param id the request's own
 * @param parameters what the sequence has become; empty where there is none
 * @param outputs by name, in the order that was asked for
 */
public record InferResponse(
    ModelId model, String id, Map<String, Object> parameters, List<Output> outputs) {

  /** A tensor by its name. */
  public sealed interface Output {

    String name();

    int[] shape();

    String datatype();
  }

  /** A tensor of FP32. */
  public record Numbers(String name, Tensor.Floats tensor) implements Output {

    @Override
    public int[] shape() {
      return tensor.shape();
    }

    @Override
    public String datatype() {
      return Datatype.FP32.name();
    }
  }

  /**
   * A tensor of BYTES: classes in words.
   *
   * @param shape [batch, classes]
   * @param classes row-major
   */
  public record Classes(String name, int[] shape, List<String> classes) implements Output {

    @Override
    public String datatype() {
      return "BYTES";
    }

    /** Each with its length in four bytes before it, little-endian. */
    public byte[] raw() {
      List<byte[]> texts =
          classes.stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
      int size = texts.stream().mapToInt(text -> Integer.BYTES + text.length).sum();
      ByteBuffer raw = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
      texts.forEach(text -> raw.putInt(text.length).put(text));
      return raw.array();
    }
  }
}
