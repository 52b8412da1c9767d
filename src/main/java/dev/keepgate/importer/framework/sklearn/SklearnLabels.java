package dev.keepgate.importer.framework.sklearn;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.pickle.PythonObject;
import java.util.List;

/** Reads the names of classes from the encoders of scikit-learn. */
public final class SklearnLabels {

  private SklearnLabels() {}

  /**
   * The classes of a LabelEncoder or LabelBinarizer, or the categories of a OneHotEncoder.
   *
   * @return strings, numbers or truth values, that of class 0 first
   * @throws ImportException if it is no encoder of one target, by its name
   */
  public static List<?> read(PythonObject object) throws ImportException {
    Estimator encoder = new Estimator(object);
    return switch (encoder.name()) {
      case "LabelEncoder", "LabelBinarizer", "MultiLabelBinarizer" ->
          encoder.list("classes_", encoder.fitted("classes_"));
      case "OneHotEncoder" -> categories(encoder);
      default ->
          throw encoder.unsupported(
              "names no classes; what is read are LabelEncoder, LabelBinarizer and OneHotEncoder."
                  + " Send the labels as a JSON list, that of class 0 first");
    };
  }

  private static List<?> categories(Estimator encoder) throws ImportException {
    List<?> features = encoder.list("categories_", encoder.fitted("categories_"));
    if (features.size() != 1) {
      throw encoder.unsupported(
          "has categories of %d columns; labels are those of one", features.size());
    }
    boolean drops =
        encoder.object().get("drop_idx_") != null || encoder.object().get("drop") != null;
    if (drops || encoder.flag("_infrequent_enabled", false)) {
      throw encoder.unsupported(
          "drops or joins categories, so that its columns are not its categories; send the labels"
              + " as a JSON list, that of class 0 first");
    }
    return encoder.list("categories_", features.get(0));
  }
}
