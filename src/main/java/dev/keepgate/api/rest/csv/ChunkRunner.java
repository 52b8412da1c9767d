package dev.keepgate.api.rest.csv;

import dev.keepgate.inference.AnswerEncoder;
import dev.keepgate.inference.DetectionRequest;
import dev.keepgate.inference.DetectionResult;
import dev.keepgate.inference.ForecastRequest;
import dev.keepgate.inference.ForecastResult;
import dev.keepgate.inference.ForecastSampling;
import dev.keepgate.inference.InferenceCall;
import dev.keepgate.inference.InferenceException;
import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.InferenceStream;
import dev.keepgate.inference.Operation;
import dev.keepgate.inference.ResultEncoder;
import dev.keepgate.memory.MemoryFullException;
import dev.keepgate.tensor.Tensor;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Has chunks of a file computed, each as a request of its own. The first is refused where there is
 * no room for it, as any request; those after it wait for a while, as their client did no wrong.
 */
final class ChunkRunner {

  private static final ResultEncoder<InferenceResult> RESULT =
      new ResultEncoder<>() {
        @Override
        public long encodedBytes(long numbers) {
          return 0;
        }

        @Override
        public InferenceResult encode(InferenceResult result) {
          return result;
        }
      };

  /** Hands a result on as it is. */
  private static <A> AnswerEncoder<A, A> asItIs() {
    return new AnswerEncoder<>() {
      @Override
      public long encodedBytes(long numbers) {
        return 0;
      }

      @Override
      public A encode(A result) {
        return result;
      }
    };
  }

  private final InferenceStream stream;
  private final Duration patience;
  private final InferenceRequest.Units units;
  private boolean begun;

  ChunkRunner(InferenceStream stream, Duration patience, InferenceRequest.Units units) {
    this.stream = stream;
    this.patience = patience;
    this.units = units;
  }

  InferenceStream stream() {
    return stream;
  }

  /** One request of a chunk. */
  private interface Part<R> {
    R run(InferenceCall call) throws IOException;
  }

  /**
   * Rows of a chunk.
   *
   * @param x [rows, steps, readings], or without the last dimension for identifiers
   * @param state null where it is zero, or the server's
   * @param lengths null where all rows are of one length
   * @param step the number that a sequence's last step is to have
   * @param first the first line of it
   * @param last the last line of it
   */
  record Rows(
      Tensor x,
      InferenceRequest.@Nullable State state,
      Tensor.@Nullable Ints lengths,
      OptionalLong step,
      long first,
      long last) {

    InferenceRequest request(boolean sequences, InferenceRequest.Units units) {
      String lines = "lines %d to %d".formatted(first, last);
      return new InferenceRequest(
          Operation.UNROLL,
          List.of(x),
          state,
          lengths,
          new InferenceRequest.Options(sequences, false, step, units),
          new InferenceRequest.Fields(name -> lines, slot -> lines, lines));
    }

    /** Bytes that decoding it takes. */
    long bytes() {
      long bytes = Double.BYTES * Tensor.count(x.shape());
      if (state != null) {
        for (List<Tensor> slot : state.slots().values()) {
          bytes += Float.BYTES * slot.stream().mapToLong(t -> Tensor.count(t.shape())).sum();
        }
      }
      return bytes;
    }
  }

  /**
   * Unrolls.
   *
   * @param sequences whether to answer every step
   */
  InferenceResult unroll(Rows rows, boolean sequences) throws IOException {
    InferenceRequest request = rows.request(sequences, units);
    return run(
        rows,
        call ->
            call.infer(
                (signature, memory) -> {
                  memory.take(rows.bytes());
                  return request;
                },
                RESULT));
  }

  /**
   * Goes on from a history.
   *
   * @param future [rows, horizon, columns] that are known ahead; null where none are
   */
  ForecastResult forecast(
      Rows history, int horizon, @Nullable Tensor future, ForecastSampling sampling)
      throws IOException {
    ForecastRequest request =
        new ForecastRequest(history.request(false, units), horizon, future, sampling);
    return run(
        history,
        call ->
            call.forecast(
                (signature, memory) -> {
                  memory.take(history.bytes());
                  return request;
                },
                asItIs()));
  }

  /** Tells how far answers are off. */
  DetectionResult detect(Rows rows) throws IOException {
    DetectionRequest request = new DetectionRequest(rows.request(true, units), null, null, null);
    return run(
        rows,
        call ->
            call.detect(
                (signature, memory) -> {
                  memory.take(rows.bytes());
                  return request;
                },
                asItIs()));
  }

  private <R> R run(Rows rows, Part<R> part) throws IOException {
    long began = System.nanoTime();
    while (true) {
      try (InferenceCall call = stream.next()) {
        R result = part.run(call);
        begun = true;
        return result;
      } catch (InferenceException.Overloaded | MemoryFullException e) {
        // It waited for a while before it was refused, so this loop does not spin.
        if (!begun || System.nanoTime() - began > patience.toNanos()) {
          throw e;
        }
      } catch (InferenceException.NotFinite e) {
        throw new InferenceException.NotFinite(
            "lines %d to %d: %s".formatted(rows.first(), rows.last(), e.getMessage()));
      }
    }
  }
}
