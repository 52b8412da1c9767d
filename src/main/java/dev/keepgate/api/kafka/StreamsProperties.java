package dev.keepgate.api.kafka;

import dev.keepgate.inference.Operation;
import jakarta.validation.Valid;
import jakarta.validation.constraints.AssertTrue;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Pattern;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Topics of Kafka whose records are steps of sequences.
 *
 * @param bootstrapServers brokers to find the others by, host:port, comma-separated
 * @param applicationId the consumer group, which all servers that share the topics have; also the
 *     prefix of the topics in which their states are kept
 * @param properties more of Kafka's own settings for all its clients, such as security.protocol and
 *     sasl.jaas.config
 * @param threads that read and write records; partitions are divided among those of all servers
 * @param commitInterval how often answers, states and offsets are made visible, all at once
 * @param stateDir where states lie beside their topics, so that a restart need not read all of them
 * @param storeMemory that the stores of states of all partitions take together, off the heap
 * @param standbyReplicas how many other servers follow each state, to take over without reading it
 * @param peerUrl where other servers reach this one's HTTP, such as http://10.0.0.7:8080; none
 *     where they need not, and GET of a sequence finds only this server's
 * @param bindings topics in, models, and topics out
 */
@Validated
@ConfigurationProperties("keepgate.streams")
record StreamsProperties(
    @DefaultValue("localhost:9092") @NotBlank String bootstrapServers,
    @DefaultValue("keepgate") @Pattern(regexp = "[A-Za-z0-9._-]{1,100}") String applicationId,
    @DefaultValue Map<String, String> properties,
    @DefaultValue("2") @Min(1) @Max(64) int threads,
    @DefaultValue("100ms") Duration commitInterval,
    @Nullable Path stateDir,
    @DefaultValue("128MB") DataSize storeMemory,
    @DefaultValue("0") @Min(0) @Max(5) int standbyReplicas,
    @Nullable String peerUrl,
    @DefaultValue List<@Valid Binding> bindings) {

  private static final long LEAST_STORE_MEMORY = 8L << 20;

  StreamsProperties {
    properties = Map.copyOf(properties);
    bindings = List.copyOf(bindings);
  }

  /** What is done with a record that does not come in its turn. */
  enum Irregular {
    /** It is a step like any other. */
    STEP,
    /** It is left out. */
    SKIP,
    /** It goes to the dead-letter topic. */
    DEAD_LETTER
  }

  /** What a key's sequence begins with. */
  enum FirstState {
    ZERO,
    /** The state of a sequence of the server's store. */
    SEQUENCE
  }

  /** What becomes of a key's state when another version of the model serves. */
  enum VersionChange {
    /** It stays with its version until the sequence ends. */
    PIN,
    /** Its last records are computed again by the new version, which goes on from there. */
    REPLAY
  }

  /**
   * A topic in, a model, and a topic out.
   *
   * @param name of the binding, also in meters, in ids of sequences and in the names of the topics
   *     that keep its states
   * @param model its name
   * @param version of the model; none for the one that serves where a request names none
   * @param label whose version computes; none for the one that serves where a request names none
   * @param operation step: the sequence takes a step, and the output is answered; detect: how far
   *     the step is off what was said of it as well; forecast: what is forecast from there instead
   * @param horizon steps to forecast
   * @param input the topic that is read
   * @param output the topic that answers are written to
   * @param deadLetter the topic for records that cannot be computed; none for the input's name with
   *     .dead-letter
   * @param valueFormat of the records that are read
   * @param outputFormat of the answers
   * @param ttl how long a sequence outlives its last record, by the records' own timestamps
   * @param firstState what a key begins with: zeros, or the state of the server's sequence whose id
   *     the key is, where there is one
   * @param sequenceOwner the name of the key of security whose sequences these are; none for
   *     sequences of a server without keys
   * @param late what is done with a record that is older than its key's last
   * @param repeated what is done with a record of the same timestamp as its key's last
   * @param versions what becomes of states when another version serves
   * @param replaySteps how many of a key's last records are kept, to be computed again
   * @param inFlight records of a partition that are computed at once
   * @param maxRecordBytes of a record's key and value; larger ones go to the dead-letter topic
   * @param maxClockAhead how far a record's timestamp may be ahead of this server's clock
   */
  record Binding(
      @NotBlank @Pattern(regexp = "[a-z0-9][a-z0-9.-]{0,62}") String name,
      @NotBlank String model,
      @Nullable Long version,
      @Nullable String label,
      @DefaultValue("step") Operation operation,
      @DefaultValue("0") @Min(0) int horizon,
      @NotBlank String input,
      @NotBlank String output,
      @Nullable String deadLetter,
      @DefaultValue("json") ValueFormat valueFormat,
      @DefaultValue("json") ValueFormat outputFormat,
      @DefaultValue("1d") Duration ttl,
      @DefaultValue("zero") FirstState firstState,
      @DefaultValue("") String sequenceOwner,
      @DefaultValue("dead-letter") Irregular late,
      @DefaultValue("step") Irregular repeated,
      @DefaultValue("pin") VersionChange versions,
      @DefaultValue("0") @Min(0) @Max(10000) int replaySteps,
      @DefaultValue("64") @Min(1) @Max(4096) int inFlight,
      @DefaultValue("64KB") DataSize maxRecordBytes,
      @DefaultValue("1h") Duration maxClockAhead) {

    String deadLetterTopic() {
      return deadLetter == null ? input + ".dead-letter" : deadLetter;
    }

    @AssertTrue(message = "a binding names a version or a label, not both")
    boolean isOneVersion() {
      return version == null || label == null;
    }

    @AssertTrue(message = "operation has to be step, detect or forecast")
    boolean isOperationKnown() {
      return operation == Operation.STEP
          || operation == Operation.DETECT
          || operation == Operation.FORECAST;
    }

    @AssertTrue(message = "operation forecast needs a horizon of 1 or more, and no other has one")
    boolean isHorizonRight() {
      return operation == Operation.FORECAST ? horizon > 0 : horizon == 0;
    }

    @AssertTrue(message = "versions: replay needs replay-steps of 1 or more")
    boolean isReplayRight() {
      return versions != VersionChange.REPLAY || replaySteps > 0;
    }

    @AssertTrue(
        message =
            "first-state: sequence needs versions: pin, as its records are not kept to replay")
    boolean isFirstStateKept() {
      return firstState == FirstState.ZERO || versions == VersionChange.PIN;
    }

    @AssertTrue(message = "input, output and dead-letter have to be three topics")
    boolean isOfThreeTopics() {
      String dead = deadLetterTopic();
      return !input.equals(output) && !input.equals(dead) && !output.equals(dead);
    }
  }

  @AssertTrue(message = "store-memory has to be 8MB or more")
  boolean isStoreMemoryEnough() {
    return storeMemory.toBytes() >= LEAST_STORE_MEMORY;
  }

  @AssertTrue(message = "two bindings cannot read one topic: use two application-ids, or one model")
  boolean isReadOnce() {
    return bindings.stream().map(Binding::input).distinct().count() == bindings.size();
  }

  @AssertTrue(message = "every binding needs a name of its own")
  boolean isNamedOnce() {
    return bindings.stream().map(Binding::name).distinct().count() == bindings.size();
  }
}
