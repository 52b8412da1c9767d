package dev.keepgate.importer.framework;

import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What training keeps beside a model: an optimizer's slots, its powers and steps, the totals of
 * metrics, seeds, the count of batches of a batch norm. It has no part in inference.
 */
final class TrainingState {

  /** A part of a name that only an optimizer's or a metric's tensors have. */
  private static final Pattern SCOPE =
      Pattern.compile(
          "(?i)(.*[./])?(_?optimi[sz]ers?(_states?)?(_dict)?|opt_states?|optim"
              + "|(adam|adamw|sgd|rmsprop|nadam|adamax|adagrad|adadelta|adafactor|ftrl|lion|lamb)"
              + "(_\\d+)?|keras_api/metrics|metrics|_metrics|compile_metrics|loss_tracker"
              + "|seed_generators?(_\\d+)?|\\.OPTIMIZER_SLOT)([./].*)");

  /** The last part of a slot's name, behind that of the variable that it is of. */
  private static final Pattern SLOT =
      Pattern.compile(
          "(.+)/(Adam|AdamW|Momentum|RMSProp|Adagrad|Adadelta|Ftrl|LAMB|Lion)(_\\d+)?(:0)?");

  private static final Pattern COUNTER =
      Pattern.compile(
          "(.*[./])?(beta_?[12]_power(_\\d+)?|global_step|save_counter|num_batches_tracked"
              + "|iterations|_?(current_)?learning_rate|seed_generator_state)(:0)?");

  private TrainingState() {}

  /**
   * Whether a tensor is of the training and not of the model.
   *
   * @param names of all tensors
   */
  static boolean holds(String name, Set<String> names) {
    Matcher slot = SLOT.matcher(name);
    return SCOPE.matcher(name).matches()
        || COUNTER.matcher(name).matches()
        || (slot.matches()
            && (names.contains(slot.group(1)) || names.contains(slot.group(1) + ":0")));
  }
}
