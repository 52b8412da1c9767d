package dev.keepgate.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a team writes in a day instead: a consumer that runs ONNX Runtime a record at a time, keeps
 * the states in a map, and commits now and then. A process that ends loses its states, and what it
 * had answered since its last commit is answered twice.
 */
final class StreamPeer {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final boolean isJson;
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;
  private final int hidden;
  private final Map<String, State> states = new HashMap<>();

  private record State(float[] h, float[] c) {}

  private record Reading(float[] x) {}

  private record Answer(float[] output) {}

  private StreamPeer(boolean isJson, Problem problem) {
    this.isJson = isJson;
    this.hidden = problem.hidden();
    this.session = OnnxRuntimePeer.session(problem);
  }

  /** Arguments: broker, what its topics are called, json or float32. */
  public static void main(String[] args) throws OrtException {
    new StreamPeer(args[2].equals("json"), StreamBenchmark.problem())
        .run(args[0], args[1] + "-in", args[1] + "-out");
  }

  private void run(String broker, String in, String out) throws OrtException {
    try (KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(
                Map.of(
                    "bootstrap.servers", broker,
                    "group.id", out,
                    "auto.offset.reset", "earliest",
                    "enable.auto.commit", false),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(
                // As Kafka Streams has it, so that both write batches of one size.
                Map.of("bootstrap.servers", broker, "linger.ms", 100),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
      consumer.subscribe(List.of(in));
      while (!Thread.interrupted()) {
        for (ConsumerRecord<byte[], byte[]> each : consumer.poll(Duration.ofMillis(100))) {
          var unused = producer.send(new ProducerRecord<>(out, each.key(), step(each)));
        }
        consumer.commitAsync();
      }
    }
  }

  private byte[] step(ConsumerRecord<byte[], byte[]> record) throws OrtException {
    float[] x = isJson ? JSON.readValue(record.value(), Reading.class).x() : floats(record.value());
    String key = new String(record.key(), StandardCharsets.UTF_8);
    State before = states.getOrDefault(key, new State(new float[hidden], new float[hidden]));
    State after;
    try (OnnxTensor input = tensor(x, 1, 1, x.length);
        OnnxTensor h = tensor(before.h(), 1, 1, hidden);
        OnnxTensor c = tensor(before.c(), 1, 1, hidden);
        OrtSession.Result result =
            session.run(Map.of("x", input, "h0", h, "c0", c), Set.of("h", "c"))) {
      after = new State(value(result, "h"), value(result, "c"));
    }
    states.put(key, after);
    return isJson ? JSON.writeValueAsBytes(new Answer(after.h())) : bytes(after.h());
  }

  private OnnxTensor tensor(float[] values, long... shape) throws OrtException {
    return OnnxTensor.createTensor(environment, FloatBuffer.wrap(values), shape);
  }

  private static float[] value(OrtSession.Result result, String name) throws OrtException {
    return ((float[][][]) result.get(name).orElseThrow().getValue())[0][0];
  }

  private static float[] floats(byte[] value) {
    float[] floats = new float[value.length / Float.BYTES];
    ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
    return floats;
  }

  private static byte[] bytes(float[] floats) {
    ByteBuffer bytes =
        ByteBuffer.allocate(floats.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(floats);
    return bytes.array();
  }
}
