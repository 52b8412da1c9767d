package dev.keepgate.importer.file.torch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Pickles that torch.save did not write, told by the modules that they name. */
final class OtherPickles {

  private static final int SAMPLE = 1 << 16;

  private static final Map<String, String> MODULES = new LinkedHashMap<>();

  static {
    MODULES.put("joblib", "a file of joblib.dump: a pickled estimator or pipeline");
    MODULES.put("xgboost", "a pickled model of XGBoost: trees, and no network");
    MODULES.put("lightgbm", "a pickled model of LightGBM: trees, and no network");
    MODULES.put("sklearn", "a pickled estimator of scikit-learn");
    MODULES.put(
        "torch",
        "tensors in a pickle of pickle.dump; write them by torch.save(model.state_dict(),"
            + " \"model.pt\")");
    MODULES.put("keras", "a pickled Keras model; write it by model.save(\"model.keras\")");
    MODULES.put("pandas", "a pickled table: data, and no model");
    MODULES.put(
        "numpy",
        "arrays in a pickle of pickle.dump; write them by numpy.savez(\"model.npz\", **arrays)");
  }

  private OtherPickles() {}

  /** What a pickle is, and what to do. */
  static String describe(InputStream in) throws IOException {
    String text = new String(in.readNBytes(SAMPLE), StandardCharsets.ISO_8859_1);
    for (Map.Entry<String, String> module : MODULES.entrySet()) {
      if (text.contains(module.getKey())) {
        return "was not written by torch.save: it is " + module.getValue();
      }
    }
    return "was not written by torch.save, and pickles are never run; send the network's weights"
        + " as torch.save(model.state_dict(), \"model.pt\") writes them";
  }
}
