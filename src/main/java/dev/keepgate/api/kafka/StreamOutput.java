package dev.keepgate.api.kafka;

import dev.keepgate.inference.StreamListener.Outcome;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/** Writes what records come to, and tells the meters. */
final class StreamOutput {

  private final StreamBinding binding;
  private final ProcessorContext<byte[], byte[]> context;

  StreamOutput(StreamBinding binding, ProcessorContext<byte[], byte[]> context) {
    this.binding = binding;
    this.context = context;
  }

  /** A step, or why it cannot be kept or answered: then it is as if it had not been taken. */
  StreamOutcome checked(PendingRecord record, StreamOutcome.Stepped stepped) {
    RecordLimits limits = binding.surroundings().limits();
    int key = record.key().length;
    if (!limits.fits(binding.statesTopic(), key + stepped.state().length)) {
      return tooLarge("state", stepped.state().length, binding.statesTopic());
    }
    String output = binding.settings().output();
    return limits.fits(output, key + stepped.answer().length)
        ? stepped
        : tooLarge("answer", stepped.answer().length, output);
  }

  private StreamOutcome.Dead tooLarge(String what, int bytes, String topic) {
    return new StreamOutcome.Dead(
        "too-large",
        "its %s has %d bytes, and topic %s takes records of %d"
            .formatted(what, bytes, topic, binding.surroundings().limits().of(topic)));
  }

  void answer(PendingRecord record, StreamOutcome.Stepped stepped, StreamTraces.Trace trace) {
    Headers headers = new RecordHeaders();
    put(headers, "keepgate.model", stepped.model());
    put(headers, "keepgate.step", Long.toString(stepped.step()));
    binding.traces().inject(trace, record, headers);
    context.forward(
        new Record<>(record.key(), stepped.answer(), record.timestamp(), headers),
        binding.answers());
    tell(Outcome.STEPPED);
  }

  void ended() {
    tell(Outcome.ENDED);
  }

  void skipped(StreamOutcome.Skipped skipped) {
    tell(skipped.isLate() ? Outcome.LATE : Outcome.REPEATED);
  }

  private void tell(Outcome outcome) {
    binding.surroundings().listeners().tell(each -> each.record(binding.name(), outcome));
  }

  void dead(PendingRecord record, StreamOutcome.Dead why) {
    Headers headers = new RecordHeaders();
    record.trace().forEach((name, value) -> put(headers, name, value));
    dead(record.place(), record.key(), record.value(), record.timestamp(), headers, why);
  }

  void dead(PendingRecord.Place place, Record<byte[], StreamValue> record, StreamOutcome.Dead why) {
    Headers headers = new RecordHeaders();
    StreamTraces.context(record.headers()).forEach((name, value) -> put(headers, name, value));
    for (String cut : List.of(LargeRecords.KEY_BYTES, LargeRecords.VALUE_BYTES)) {
      Header header = record.headers().lastHeader(cut);
      if (header != null) {
        headers.add(header);
      }
    }
    long timestamp = record.value().timestamp();
    dead(place, record.key(), record.value().bytes(), timestamp, headers, why);
  }

  private void dead(
      PendingRecord.Place place,
      byte @Nullable [] key,
      byte @Nullable [] value,
      long timestamp,
      Headers headers,
      StreamOutcome.Dead why) {
    put(headers, "keepgate.reason", why.reason());
    put(headers, "keepgate.detail", cut(why.detail()));
    put(headers, "keepgate.topic", place.topic());
    put(headers, "keepgate.partition", Integer.toString(place.partition()));
    put(headers, "keepgate.offset", Long.toString(place.offset()));
    put(headers, "keepgate.timestamp", Long.toString(timestamp));
    String topic = binding.settings().deadLetterTopic();
    int room =
        (int)
            Math.min(
                binding.settings().maxRecordBytes().toBytes(),
                binding.surroundings().limits().of(topic) - 2 * RecordLimits.OVERHEAD);
    byte[] shownKey = LargeRecords.fitted(key, room / 2, LargeRecords.KEY_BYTES, headers);
    int left = Math.max(0, room - (shownKey == null ? 0 : shownKey.length));
    byte[] shown = LargeRecords.fitted(value, left, LargeRecords.VALUE_BYTES, headers);
    // The time of now: its own may be one that no topic takes.
    context.forward(
        new Record<>(shownKey, shown, context.currentSystemTimeMs(), headers),
        binding.deadLetters());
    binding.surroundings().listeners().tell(each -> each.deadLetter(binding.name(), why.reason()));
  }

  private static String cut(String text) {
    return text.length() <= 200 ? text : text.substring(0, 200);
  }

  private static void put(Headers headers, String name, String value) {
    headers.add(name, value.getBytes(StandardCharsets.UTF_8));
  }
}
