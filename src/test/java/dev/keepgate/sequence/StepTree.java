package dev.keepgate.sequence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.SequenceInfo;
import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What clients were answered, and whether sequences that take each step once would have answered
 * so. Inputs are random, so a state names the steps that led to it.
 */
final class StepTree {

  /** A number of steps and the state after them, whose bits compare it. */
  private record Place(long step, List<Float> bits, RecurrentState state) {
    static Place of(long step, RecurrentState state) {
      List<Float> bits = new ArrayList<>();
      for (float[] slot : state.values()) {
        IntStream.range(0, slot.length).forEach(i -> bits.add(slot[i]));
      }
      return new Place(step, bits, state);
    }

    /** Steps of a chunk may be rounded otherwise than those that come one by one. */
    boolean isNear(Place other) {
      return IntStream.range(0, bits.size())
          .allMatch(i -> Math.abs(bits.get(i) - other.bits.get(i)) < 1e-6);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Place that && step == that.step && bits.equals(that.bits);
    }

    @Override
    public int hashCode() {
      return bits.hashCode();
    }
  }

  private record Taken(Place place, float[] x, List<Float> output) {}

  private final ConcurrentLinkedQueue<Place> beginnings = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Place> seen = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Taken> taken = new ConcurrentLinkedQueue<>();
  private final AtomicLong refused = new AtomicLong();
  private long steps;
  private long repeated;

  /** A sequence was opened, or forked off. */
  void begin(SequenceInfo info) {
    beginnings.add(Place.of(info.step(), info.state()));
  }

  /** A sequence was read. */
  void seen(SequenceInfo info) {
    seen.add(Place.of(info.step(), info.state()));
  }

  /** A step was answered. */
  void taken(float[] x, InferenceResult answer) {
    NetworkOutput output = answer.output();
    List<Float> numbers = new ArrayList<>();
    IntStream.range(0, output.output().length).forEach(i -> numbers.add(output.output()[i]));
    taken.add(new Taken(Place.of(answer.step(), output.state()), x, numbers));
  }

  void refuse() {
    refused.incrementAndGet();
  }

  /** All steps that were taken, whatever was answered twice. */
  long steps() {
    return steps;
  }

  long repeated() {
    return repeated;
  }

  long refused() {
    return refused.get();
  }

  void check(CompiledModel model, LstmKernel kernel) {
    Map<Place, List<Taken>> answers = new HashMap<>();
    for (Taken step : taken) {
      answers.computeIfAbsent(step.place(), place -> new ArrayList<>()).add(step);
    }
    Map<Place, Integer> lives = new HashMap<>();
    beginnings.forEach(place -> lives.merge(place, 1, Integer::sum));
    answers.keySet().forEach(place -> lives.merge(place, 1, Integer::sum));
    Map<Long, List<Place>> byStep =
        lives.keySet().stream().collect(Collectors.groupingBy(Place::step));
    Map<Place, Integer> followers = new HashMap<>();
    try (LstmKernel.Scratch scratch = kernel.newScratch()) {
      for (List<Taken> same : answers.values()) {
        repeated += same.size() - 1;
        assertThat(same.stream().map(Taken::output).distinct()).as("its answers").hasSize(1);
        followers.merge(before(same, byStep, model, scratch), 1, Integer::sum);
      }
    }
    // On a place stand who stepped there and whoever was forked off there; each goes on once.
    followers.forEach(
        (place, count) ->
            assertThat(count)
                .as("steps from one state at step %d", place.step())
                .isLessThanOrEqualTo(lives.getOrDefault(place, 0)));
    assertThat(lives.keySet()).as("what was read").containsAll(seen);
  }

  /**
   * The place from where a step leads to where it was answered to lead. Of several that were given
   * the same answer one took the step; the others asked for its number again.
   */
  private Place before(
      List<Taken> same,
      Map<Long, List<Place>> places,
      CompiledModel model,
      LstmKernel.Scratch scratch) {
    for (Taken step : same) {
      int time = step.x().length / model.signature().inputSize();
      for (Place before : places.getOrDefault(step.place().step() - time, List.of())) {
        NetworkInput input = new NetworkInput(1, time, step.x(), null, null, before.state());
        RecurrentState after = model.unroll(input, true, false, scratch).state();
        if (Place.of(step.place().step(), after).isNear(step.place())) {
          steps += time;
          return before;
        }
      }
    }
    throw new AssertionError(
        "step %d follows nothing that was answered".formatted(same.get(0).place().step()));
  }
}
