package dev.keepgate.api.rest;

import dev.keepgate.api.http.Body;
import dev.keepgate.api.http.BodyExchange;
import dev.keepgate.api.http.BodyReader;
import dev.keepgate.api.http.ModelVersionHeader;
import dev.keepgate.api.http.security.HttpCaller;
import dev.keepgate.api.rest.TimeSeriesRequest.Series;
import dev.keepgate.inference.AnswerEncoder;
import dev.keepgate.inference.Client;
import dev.keepgate.inference.ForecastRequest;
import dev.keepgate.inference.ForecastResult;
import dev.keepgate.inference.Inference;
import dev.keepgate.inference.InferenceCall;
import dev.keepgate.inference.InferenceException.FieldError;
import dev.keepgate.inference.InferenceException.InvalidInput;
import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.inference.Operation;
import dev.keepgate.memory.RequestMemory;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.tensor.Tensor;
import dev.keepgate.tensor.TensorFormatException;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Forecasts in the form of KServe's time series forecast. */
@RestController
class TimeSeriesController {

  private final Inference inference;
  private final BodyReader bodies;

  TimeSeriesController(Inference inference, BodyReader bodies) {
    this.inference = inference;
    this.bodies = bodies;
  }

  @PostMapping(
      path = "/v1/timeseries/forecast",
      consumes = MediaType.APPLICATION_JSON_VALUE,
      produces = MediaType.APPLICATION_JSON_VALUE)
  void forecast(HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    BodyReader.requireKnownCoding(request);
    RequestOptions options = RequestOptions.ofReadings(request);
    Client client = HttpCaller.client(request);
    bodies.read(request, response, new Exchange(inference, options, client, response));
  }

  /** One request: series of the same length and width are rows of one batch. */
  private static final class Exchange
      implements BodyExchange, AnswerEncoder<ForecastResult, ForecastResult> {

    private final Inference inference;
    private final RequestOptions options;
    private final Client client;
    private final HttpServletResponse response;
    private final RequestMemory memory;

    /** That of all series: the one that was asked first. */
    private @Nullable ModelId version;

    Exchange(
        Inference inference, RequestOptions options, Client client, HttpServletResponse response) {
      this.inference = inference;
      this.options = options;
      this.client = client;
      this.response = response;
      this.memory = inference.openMemory();
    }

    @Override
    public RequestMemory memory() {
      return memory;
    }

    @Override
    public void answer(Body body) throws IOException {
      TimeSeriesRequest request = TimeSeriesReader.read(body, memory::change);
      request.inputs().forEach(Exchange::requireCalendar);
      Map<List<Integer>, List<Series>> alike = new LinkedHashMap<>();
      for (Series series : request.inputs()) {
        List<Integer> shape = List.of(series.time(), series.width());
        alike.computeIfAbsent(shape, unused -> new ArrayList<>()).add(series);
      }
      TimeSeriesWriter writer =
          new TimeSeriesWriter(request.model(), rows(request, alike.values()), Clock.systemUTC());
      ModelVersionHeader.set(response, Objects.requireNonNull(version));
      memory.take(BodyFormat.encodedBytes(writer.numbers(), false));
      BodyFormat.send(writer.numbers(), writer::write, response);
    }

    private static void requireCalendar(Series series) {
      TimeSeriesRequest.Calendar calendar = series.calendar();
      try {
        if (calendar.start() != null) {
          calendar.frequency().after(calendar.start(), series.time());
        }
      } catch (DateTimeException e) {
        throw new TensorFormatException(
            "/inputs/%d/start_timestamp".formatted(series.index()),
            "no calendar goes so far as this series");
      }
    }

    private List<TimeSeriesWriter.Row> rows(
        TimeSeriesRequest request, Collection<List<Series>> alike) throws IOException {
      List<TimeSeriesWriter.Row> rows = new ArrayList<>();
      for (List<Series> batch : alike) {
        ForecastResult result = forecast(request, batch);
        // Until all are there.
        memory.take(result.numbers() * Double.BYTES);
        for (int row = 0; row < batch.size(); row++) {
          Series series = batch.get(row);
          if (series.isUnivariate() && result.shape().targets() > 1) {
            throw new TensorFormatException(
                "/inputs/%d/type".formatted(series.index()),
                "the model forecasts %d numbers a step".formatted(result.shape().targets()));
          }
          rows.add(new TimeSeriesWriter.Row(series, result, row));
        }
      }
      rows.sort(Comparator.comparingInt(row -> row.series().index()));
      return rows;
    }

    private ForecastResult forecast(TimeSeriesRequest request, List<Series> batch)
        throws IOException {
      try (InferenceCall call =
          inference.open(
              version == null
                  ? ModelPath.request(request.model(), null)
                  : new ModelRequest.Specific(version),
              Operation.FORECAST,
              options.deadline(),
              client)) {
        version = call.model();
        return call.forecast(
            (signature, taken) -> {
              taken.take((long) Double.BYTES * numbers(batch));
              return new ForecastRequest(
                  history(batch), request.horizon(), null, request.sampling());
            },
            this);
      } catch (InvalidInput e) {
        throw new InvalidInput(e.errors().stream().map(Exchange::amongOptions).toList());
      }
    }

    private static FieldError amongOptions(FieldError error) {
      return error.field().startsWith("/inputs")
          ? error
          : new FieldError("/options" + error.field(), error.detail());
    }

    private static int numbers(List<Series> batch) {
      return batch.size() * batch.get(0).values().values().length;
    }

    private InferenceRequest history(List<Series> batch) {
      double[] joined = new double[numbers(batch)];
      int to = 0;
      for (Series series : batch) {
        double[] own = series.values().values();
        System.arraycopy(own, 0, joined, to, own.length);
        to += own.length;
      }
      Series first = batch.get(0);
      String field = batch.size() == 1 ? "/inputs/%d/series".formatted(first.index()) : "/inputs";
      return new InferenceRequest(
          Operation.UNROLL,
          List.of(
              new Tensor.Doubles(new int[] {batch.size(), first.time(), first.width()}, joined)),
          null,
          null,
          new InferenceRequest.Options(false, false, OptionalLong.empty(), options.units()),
          new InferenceRequest.Fields(name -> field, slot -> "/" + slot, "/lengths"));
    }

    /** It is written with those of the others. */
    @Override
    public long encodedBytes(long numbers) {
      return 0;
    }

    @Override
    public ForecastResult encode(ForecastResult result) {
      return result;
    }

    @Override
    public void close() {
      memory.close();
    }
  }
}
