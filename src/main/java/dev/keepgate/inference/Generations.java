package dev.keepgate.inference;

import dev.keepgate.batch.Feedback;
import dev.keepgate.batch.StepListener;
import dev.keepgate.inference.GenerateRequest.Passage;
import dev.keepgate.inference.InferenceException.InvalidInput;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Vocabulary;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongUnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Texts: a prompt, and then as many tokens as are asked, each drawn from the answer to those before
 * it. A chain of causal layers goes on in the workers' batch, from its state; a model that sees a
 * window is computed anew for each token, over a window that slides onto its own answers.
 */
public final class Generations {

  private final Computation computation;
  private final InferenceProperties properties;

  public Generations(Computation computation, InferenceProperties properties) {
    this.computation = computation;
    this.properties = properties;
  }

  /**
   * Goes on with texts.
   *
   * @param encodedBytes what encoding the result takes, by how many numbers it has
   * @param sink who is told of each token
   * @throws InferenceException if there is no result
   * @throws IOException if the sink does not take a token
   */
  GenerateResult generate(
      InferenceCall call, GenerateRequest request, LongUnaryOperator encodedBytes, TokenSink sink)
      throws IOException {
    if (request.maxSteps() < 1 || request.maxSteps() > properties.maxHorizon()) {
      throw new InvalidInput(
          "/max_steps",
          "expected 1 to %d, got %d".formatted(properties.maxHorizon(), request.maxSteps()));
    }
    GeneratePlan plan = GeneratePlan.of(call.signature());
    PromptEncoder encoder = new PromptEncoder(plan, call.memory());
    List<int[]> prompts = new ArrayList<>();
    for (Passage prompt : request.prompts()) {
      int[] ids = encoder.encode(prompt);
      requireLength(call.signature(), plan, prompt.field(), ids.length);
      prompts.add(ids);
    }
    List<int[]> stop = request.stop().stream().map(encoder::encodeStop).toList();
    computation.reserve(call, memory(call.signature(), plan, request, prompts), encodedBytes);
    GeneratedTokens tokens = new GeneratedTokens(plan, request, stop);
    Progress progress = new Progress(tokens, request.batched(), plan.vocabulary(), sink);
    new Run(call, plan, prompts, tokens, progress).all();
    tokens.requireFinite();
    return result(call, plan, request, tokens);
  }

  private static void requireLength(
      Signature signature, GeneratePlan plan, String field, int length) {
    if (length < plan.window() && !plan.pads()) {
      throw new InvalidInput(
          field,
          "expected at least %d tokens, which the model sees at once, got %d: the vocabulary has none for padding"
              .formatted(plan.window(), length));
    }
    int least = signature.inside().leastSteps();
    if (plan.window() == 0 && length < least) {
      throw new InvalidInput(field, "expected at least %d tokens, got %d".formatted(least, length));
    }
  }

  private static WorkingMemory memory(
      Signature signature, GeneratePlan plan, GenerateRequest request, List<int[]> prompts) {
    long rows = prompts.size();
    long longest = prompts.stream().mapToInt(ids -> ids.length).max().orElse(0);
    boolean isWhole = plan.window() > 0 || !signature.inside().isChain();
    // What goes on in the batch has the room of all its tokens from the beginning on.
    long steps = plan.window() > 0 ? plan.window() : longest + (isWhole ? 0 : request.maxSteps());
    long inputs = rows * steps * (plan.takesIds() ? 1 : plan.ids());
    long beside = isWhole ? rows * signature.inside().numbers().at(steps) : 0;
    // What the model answers, and as it is sorted.
    long outputs = rows * plan.width() * 5L;
    long drawn = rows * request.maxSteps();
    long state = 2 * rows * WorkingMemory.stateWidth(signature);
    long text = plan.vocabulary() == null ? 0 : drawn * plan.vocabulary().longest();
    if (inputs > Integer.MAX_VALUE - 8 || drawn > Integer.MAX_VALUE - 8) {
      // No array holds as many, however much memory there is.
      throw new InferenceException.TooLarge(inputs * Float.BYTES, Integer.MAX_VALUE);
    }
    long bytes = (inputs + beside + outputs + state + 4 * drawn + text) * Float.BYTES;
    return new WorkingMemory(drawn * 2 + text / 2, bytes);
  }

  private static GenerateResult result(
      InferenceCall call, GeneratePlan plan, GenerateRequest request, GeneratedTokens tokens) {
    Vocabulary vocabulary = plan.vocabulary();
    List<GenerateResult.Passage> passages = new ArrayList<>();
    for (int row = 0; row < tokens.rows(); row++) {
      int[] ids = tokens.ids(row);
      passages.add(
          new GenerateResult.Passage(
              ids,
              vocabulary == null ? null : vocabulary.decode(ids),
              tokens.probabilities(row),
              tokens.finish(row)));
    }
    Sampling sampling = request.sampling();
    return new GenerateResult(
        call.model(),
        request.batched(),
        sampling.isGreedy() ? OptionalLong.empty() : OptionalLong.of(sampling.seed()),
        passages);
  }

  /** Hands tokens on as they come, each once. */
  private static final class Progress implements Computation.Follower {

    private final GeneratedTokens tokens;
    private final boolean batched;
    private final @Nullable Vocabulary vocabulary;
    private final TokenSink sink;

    /** [rows]: how many tokens were handed on. */
    private final int[] seen;

    /** [rows]: whether the text has begun. */
    private final boolean[] begun;

    Progress(
        GeneratedTokens tokens, boolean batched, @Nullable Vocabulary vocabulary, TokenSink sink) {
      this.tokens = tokens;
      this.batched = batched;
      this.vocabulary = vocabulary;
      this.sink = sink;
      this.seen = new int[tokens.rows()];
      this.begun = new boolean[tokens.rows()];
    }

    /** Whether anybody takes tokens as they come. */
    boolean isFollowed() {
      return sink != TokenSink.NONE;
    }

    @Override
    public boolean await(long nanos) throws InterruptedException {
      return tokens.awaitMore(seen, nanos);
    }

    @Override
    public void end() {
      tokens.close();
    }

    @Override
    public void handOn() throws IOException {
      boolean any = false;
      for (int row = 0; row < seen.length; row++) {
        for (int count = tokens.count(row); seen[row] < count; seen[row]++) {
          int id = tokens.id(row, seen[row]);
          sink.token(
              new TokenSink.Token(
                  batched ? row : null,
                  seen[row],
                  id,
                  piece(row, id),
                  tokens.probability(row, seen[row])));
          any = true;
        }
      }
      if (any) {
        sink.flush();
      }
    }

    private @Nullable String piece(int row, int id) {
      if (vocabulary == null) {
        return null;
      }
      String piece = vocabulary.piece(id, !begun[row]);
      begun[row] |= vocabulary.isText(id);
      return piece;
    }
  }

  /** One request on its way. */
  private final class Run {

    private final InferenceCall call;
    private final GeneratePlan plan;
    private final List<int[]> prompts;
    private final GeneratedTokens tokens;
    private final Progress progress;

    Run(
        InferenceCall call,
        GeneratePlan plan,
        List<int[]> prompts,
        GeneratedTokens tokens,
        Progress progress) {
      this.call = call;
      this.plan = plan;
      this.prompts = prompts;
      this.tokens = tokens;
      this.progress = progress;
    }

    void all() throws IOException {
      if (plan.window() > 0) {
        slide();
      } else if (call.signature().inside().isChain()) {
        loop();
      } else {
        roll();
      }
      progress.handOn();
    }

    /** All tokens, by the workers themselves. */
    private void loop() throws IOException {
      int[] lengths = prompts.stream().mapToInt(ids -> ids.length).toArray();
      int[] steps = IntStream.of(lengths).map(each -> each + tokens.maxSteps() - 1).toArray();
      TokenFeedback feedback = new TokenFeedback(plan, tokens, lengths);
      call.feed(feedback);
      call.follow(feedback);
      try {
        NetworkInput input = input(prompts, steps, zero(prompts.size()));
        NetworkOutput unused =
            progress.isFollowed()
                ? computation.follow(call, input, progress)
                : computation.run(call, input, false);
      } finally {
        call.feed(Feedback.NONE);
        call.follow(StepListener.NONE);
      }
    }

    /** A token of each row at a time, from the state. */
    private void roll() throws IOException {
      List<Integer> rows = live();
      int[] lengths = prompts.stream().mapToInt(ids -> ids.length).toArray();
      NetworkOutput output =
          computation.run(call, input(prompts, lengths, zero(rows.size())), false);
      for (int step = 0; ; step++) {
        draw(rows, step, output);
        List<Integer> next = live();
        if (next.isEmpty()) {
          return;
        }
        RecurrentState state = zero(next.size());
        List<int[]> last = new ArrayList<>();
        for (int row : next) {
          output.state().copyRow(rows.indexOf(row), state, last.size());
          last.add(new int[] {tokens.id(row, step)});
        }
        int[] ones = new int[next.size()];
        Arrays.fill(ones, 1);
        rows = next;
        Computation.requireWanted(call);
        output = computation.run(call, input(last, ones, state), false);
      }
    }

    /** A window of each row at a time. */
    private void slide() throws IOException {
      List<Integer> rows = live();
      for (int step = 0; !rows.isEmpty(); step++) {
        Computation.requireWanted(call);
        draw(rows, step, computation.run(call, windows(rows, step), false));
        rows = live();
      }
    }

    private List<Integer> live() {
      return IntStream.range(0, prompts.size())
          .filter(row -> !tokens.hasEnded(row))
          .boxed()
          .toList();
    }

    private void draw(List<Integer> rows, int step, NetworkOutput output) throws IOException {
      int size = output.output().length / rows.size();
      for (int i = 0; i < rows.size(); i++) {
        // The last step's numbers, where all are answered.
        tokens.draw(rows.get(i), step, output.output(), (i + 1) * size - plan.width());
      }
      progress.handOn();
    }

    private RecurrentState zero(int rows) {
      return RecurrentState.zero(call.signature().state(), rows);
    }

    /**
     * @param ids of each row, the first of its steps
     * @param steps of each row
     */
    private NetworkInput input(List<int[]> ids, int[] steps, RecurrentState state) {
      int rows = ids.size();
      int time = IntStream.of(steps).max().orElse(0);
      int[] all = new int[plan.takesIds() ? rows * time : 0];
      float[] x = new float[plan.takesIds() ? 0 : rows * time * plan.ids()];
      for (int row = 0; row < rows; row++) {
        for (int i = 0; i < ids.get(row).length; i++) {
          put(ids.get(row)[i], row * time + i, all, x);
        }
      }
      boolean isPadded = IntStream.of(steps).anyMatch(each -> each < time);
      return new NetworkInput(
          rows, time, x, plan.takesIds() ? all : null, isPadded ? steps : null, state);
    }

    private void put(int id, int at, int[] ids, float[] x) {
      if (plan.takesIds()) {
        ids[at] = id;
      } else {
        x[at * plan.ids() + id] = 1;
      }
    }

    /** The last tokens of the prompt and of so many that were drawn, after padding. */
    private NetworkInput windows(List<Integer> rows, int drawn) {
      int window = plan.window();
      int[] ids = new int[plan.takesIds() ? rows.size() * window : 0];
      float[] x = new float[plan.takesIds() ? 0 : rows.size() * window * plan.ids()];
      Arrays.fill(ids, plan.padding());
      for (int i = 0; i < rows.size(); i++) {
        int[] prompt = prompts.get(rows.get(i));
        int first = prompt.length + drawn - window;
        for (int at = Math.max(0, first); at < prompt.length + drawn; at++) {
          int id = at < prompt.length ? prompt[at] : tokens.id(rows.get(i), at - prompt.length);
          put(id, i * window + at - first, ids, x);
        }
      }
      return new NetworkInput(
          rows.size(), window, x, plan.takesIds() ? ids : null, null, zero(rows.size()));
    }
  }
}
