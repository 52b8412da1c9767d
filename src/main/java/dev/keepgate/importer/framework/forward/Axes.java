package dev.keepgate.importer.framework.forward;

import dev.keepgate.importer.ImportException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which axis the framework's own code has the features on. Here they are always the last one; in
 * PyTorch, convolutions, pools and norms of channels read [batch, features, steps], so that code
 * transposes around them. A recipe writes all those transposes, or none.
 */
final class Axes {

  private static final Set<List<String>> BATCH_AND_STEPS =
      Set.of(List.of("0", "1"), List.of("1", "0"), List.of("1", "0", "2"));
  private static final Set<List<String>> STEPS_AND_FEATURES =
      Set.of(
          List.of(),
          List.of("1", "2"),
          List.of("2", "1"),
          List.of("-1", "-2"),
          List.of("-2", "-1"),
          List.of("1", "-1"),
          List.of("-1", "1"),
          List.of("0", "2", "1"));

  private final boolean channelsFirst;
  private final boolean isWritten;

  /** The transpose that no other has undone; null where there is none. */
  private @Nullable Stage transposed;

  /** A stage behind which the axes are either way, since no transposes are written. */
  private @Nullable Stage unsaid;

  private boolean isBatchSecond;

  /**
   * @param framework whose convolutions they are
   */
  Axes(List<Stage> recipe, String framework) {
    this.channelsFirst = framework.equals("pytorch");
    this.isWritten = recipe.stream().anyMatch(Axes::exchangesFeatures);
  }

  private static boolean exchangesFeatures(Stage stage) {
    return Functions.TRANSPOSES.contains(stage.name()) && !BATCH_AND_STEPS.contains(stage.values());
  }

  void transpose(Stage stage, Flow flow) throws ImportException {
    stage.allow(3, Set.of());
    if (BATCH_AND_STEPS.contains(stage.values())) {
      isBatchSecond = true;
      return;
    }
    if (!STEPS_AND_FEATURES.contains(stage.values())) {
      throw stage.refused("only steps and features are exchanged: transpose(1, 2)");
    }
    if (!flow.isEmpty() && !flow.isSequence()) {
      throw stage.refused("there are no steps left to exchange with the features");
    }
    transposed = transposed == null ? stage : null;
  }

  /** A stage that works on the last axis. */
  void requireFeaturesLast(Stage stage) throws ImportException {
    if (transposed != null) {
      throw stage.refused("works on the last axis, which a transpose before it made another");
    }
    unsaid = null;
  }

  /**
   * A stage whose features are on the axis behind the batch.
   *
   * @param isSequence whether it takes more than a vector
   */
  void requireChannels(Stage stage, boolean isSequence) throws ImportException {
    if (!isSequence) {
      return;
    }
    if (!channelsFirst) {
      requireFeaturesLast(stage);
    } else if (isWritten && transposed == null) {
      throw stage.refused(
          "reads [batch, features, steps] in PyTorch, and no transpose stands before it; write all"
              + " transposes of the code, or none");
    } else if (!isWritten) {
      unsaid = stage;
    }
  }

  /** Whether flattening has the features of all steps one after the other. */
  boolean areFeaturesFirst(Stage stage) throws ImportException {
    if (unsaid != null) {
      throw stage.refused(
          "whether steps or features come first behind %s is not said: write the code's transposes"
                  .formatted(unsaid)
              + ", such as [\"transpose\", \"%s\", \"transpose\", \"flatten\"]".formatted(unsaid));
    }
    if (isBatchSecond) {
      throw stage.refused("the batch must come first: leave out the transpose of batch and steps");
    }
    return transposed != null;
  }

  /**
   * A function over all steps, whose axis is theirs where a recipe says it.
   *
   * @param dim null where it is not said
   */
  void requireSteps(Stage stage, @Nullable Float dim) throws ImportException {
    if (dim == null) {
      return;
    }
    int own = areFeaturesFirst(stage) ? 2 : 1;
    if (dim != own && dim != own - 3) {
      throw stage.refused("only over the steps, which are axis %d here".formatted(own));
    }
  }

  /** No steps are left, so their axis is no question any more. */
  void forget() {
    transposed = null;
    unsaid = null;
  }

  void requireNoneOpen() throws ImportException {
    if (transposed != null) {
      throw transposed.refused(
          "no other transpose undoes it; here x is [batch, time, features], and so is what a"
              + " recurrent layer reads");
    }
  }
}
