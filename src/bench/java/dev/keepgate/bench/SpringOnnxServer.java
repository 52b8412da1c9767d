package dev.keepgate.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/**
 * What a team writes in a day instead: a Spring Boot controller over ONNX Runtime, a run a request,
 * one thread a run. The arguments are ports and such, as Spring Boot takes them.
 */
@SpringBootConfiguration
@EnableAutoConfiguration
@RestController
class SpringOnnxServer {

  private static final String SECURITY = "org.springframework.boot.security.autoconfigure";

  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final Map<Integer, OrtSession> sessions = new ConcurrentHashMap<>();

  record Request(float[][][] x, float @Nullable [][] h, float @Nullable [][] c) {}

  record Answer(float[][] h, float[][] c, float @Nullable [][][] y) {}

  private OrtSession session(int hidden) {
    return sessions.computeIfAbsent(
        hidden, size -> OnnxRuntimePeer.session(Problem.step(size)));
  }

  /**
   * @param work whether the outputs are asked for too ({@code all}), or the state alone
   */
  @PostMapping("/{hidden}/{work}")
  Answer run(@PathVariable int hidden, @PathVariable String work, @RequestBody Request request)
      throws OrtException {
    OrtSession session = session(hidden);
    boolean all = work.equals("all");
    int time = request.x().length;
    try (OnnxTensor x = tensor(flat(request.x(), hidden), time, 1, hidden);
        OnnxTensor h = tensor(state(request.h(), hidden), 1, 1, hidden);
        OnnxTensor c = tensor(state(request.c(), hidden), 1, 1, hidden);
        OrtSession.Result result =
            session.run(
                Map.of("x", x, "h0", h, "c0", c), all ? Set.of("y", "h", "c") : Set.of("h", "c"))) {
      return new Answer(
          ((float[][][]) value(result, "h"))[0],
          ((float[][][]) value(result, "c"))[0],
          all ? steps((float[][][][]) value(result, "y")) : null);
    }
  }

  private static Object value(OrtSession.Result result, String name) throws OrtException {
    Optional<OnnxValue> value = result.get(name);
    return value.orElseThrow().getValue();
  }

  private static float[][][] steps(float[][][][] y) {
    float[][][] steps = new float[y.length][][];
    for (int i = 0; i < y.length; i++) {
      steps[i] = y[i][0];
    }
    return steps;
  }

  private OnnxTensor tensor(float[] values, long... shape) throws OrtException {
    return OnnxTensor.createTensor(environment, FloatBuffer.wrap(values), shape);
  }

  private static float[] state(float @Nullable [][] rows, int hidden) {
    return rows == null ? new float[hidden] : rows[0];
  }

  private static float[] flat(float[][][] x, int width) {
    float[] values = new float[x.length * width];
    for (int t = 0; t < x.length; t++) {
      System.arraycopy(x[t][0], 0, values, t * width, width);
    }
    return values;
  }

  public static void main(String[] args) {
    SpringApplication application = new SpringApplication(SpringOnnxServer.class);
    application.setDefaultProperties(
        Map.of(
            // Our own libraries are on its class path, too, and would ask for a password.
            "spring.autoconfigure.exclude",
            String.join(
                ",",
                SECURITY + ".web.servlet.ServletWebSecurityAutoConfiguration",
                SECURITY + ".web.servlet.SecurityFilterAutoConfiguration",
                SECURITY + ".actuate.web.servlet.ManagementWebSecurityAutoConfiguration"),
            "management.otlp.metrics.export.enabled", "false",
            "spring.threads.virtual.enabled", "true",
            "server.tomcat.max-keep-alive-requests", "-1",
            "logging.level.root", "warn"));
    var unused = application.run(args);
  }
}
