package dev.keepgate.api.kafka;

import dev.keepgate.inference.SequenceInfo;
import dev.keepgate.inference.SequencesElsewhere;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyQueryMetadata;
import org.apache.kafka.streams.StreamsMetadata;
import org.apache.kafka.streams.state.HostInfo;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;

/**
 * Finds the state of a stream's key by the id {@code <binding>:<key>}, here or on the server that
 * has its partition.
 */
final class StreamSequences implements SequencesElsewhere {

  private static final Logger log = LoggerFactory.getLogger(StreamSequences.class);

  /** Says that a server asks, which is not to ask others. */
  private static final String RELAYED = "Keepgate-Relayed";

  private static final List<String> PASSED_ON = List.of("Authorization", "X-API-Key", "Accept");
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final int MOST_PEERS = 16;

  /** More than a state has in text. */
  private static final int MOST_BYTES = 64 << 20;

  private final StreamsApplication application;
  private final @Nullable String peerUrl;
  private final HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();

  /**
   * @param peerUrl this server's own, as the others reach it
   */
  StreamSequences(StreamsApplication application, @Nullable String peerUrl) {
    this.application = application;
    this.peerUrl = peerUrl;
  }

  private @Nullable StreamBinding binding(String id) {
    int colon = id.indexOf(':');
    return application.all().stream()
        .filter(each -> colon > 0 && each.name().equals(id.substring(0, colon)))
        .findAny()
        .orElse(null);
  }

  private static byte[] key(String id) {
    return id.substring(id.indexOf(':') + 1).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public @Nullable SequenceInfo find(String id) {
    StreamBinding binding = binding(id);
    ReadOnlyKeyValueStore<byte[], byte[]> store =
        binding == null ? null : application.store(binding);
    if (store == null) {
      return null;
    }
    byte[] state = store.get(key(id));
    return state == null ? null : StreamState.decode(state).sequence().info(id);
  }

  @Override
  public @Nullable Answer ask(String id, UnaryOperator<@Nullable String> headers) {
    StreamBinding binding = binding(id);
    if (binding == null || peerUrl == null || headers.apply(RELAYED) != null) {
      return null;
    }
    for (HostInfo peer : peers(binding, key(id))) {
      Answer answer = ask(id, peer, headers);
      if (answer != null) {
        return answer;
      }
    }
    return null;
  }

  /** Whoever has the key, if its producer divides keys as Kafka does; and then the others. */
  private Set<HostInfo> peers(StreamBinding binding, byte[] key) {
    Set<HostInfo> peers = new LinkedHashSet<>();
    KafkaStreams streams = application.streams();
    if (streams == null) {
      return peers;
    }
    try {
      KeyQueryMetadata likely =
          streams.queryMetadataForKey(binding.states(), key, new ByteArraySerializer());
      if (likely != null && !likely.equals(KeyQueryMetadata.NOT_AVAILABLE)) {
        peers.add(likely.activeHost());
      }
      streams.streamsMetadataForStore(binding.states()).stream()
          .map(StreamsMetadata::hostInfo)
          .limit(MOST_PEERS)
          .forEach(peers::add);
    } catch (RuntimeException e) {
      log.debug("Nobody knows now who has what", e);
    }
    peers.remove(StreamsClient.host(peerUrl));
    peers.removeIf(each -> each.port() <= 0);
    return peers;
  }

  private @Nullable Answer ask(String id, HostInfo peer, UnaryOperator<@Nullable String> headers) {
    String scheme = URI.create(String.valueOf(peerUrl)).getScheme();
    URI uri =
        URI.create(
            "%s://%s:%d/v1/sequences/%s"
                .formatted(
                    scheme,
                    peer.host(),
                    peer.port(),
                    URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20")));
    HttpRequest.Builder asked = HttpRequest.newBuilder(uri).timeout(PATIENCE).header(RELAYED, "1");
    for (String name : PASSED_ON) {
      String value = headers.apply(name);
      if (value != null) {
        asked.header(name, value);
      }
    }
    try {
      HttpResponse<InputStream> answer =
          client.send(asked.GET().build(), BodyHandlers.ofInputStream());
      try (InputStream body = answer.body()) {
        byte[] bytes = body.readNBytes(MOST_BYTES + 1);
        return answer.statusCode() == HttpStatus.OK.value() && bytes.length <= MOST_BYTES
            ? new Answer(answer.headers().firstValue("Content-Type").orElse(""), bytes)
            : null;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    } catch (IOException e) {
      log.warn("The server {}:{} does not say what it keeps", peer.host(), peer.port(), e);
      return null;
    }
  }
}
