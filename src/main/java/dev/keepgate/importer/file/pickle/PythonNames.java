package dev.keepgate.importer.file.pickle;

import dev.keepgate.importer.ImportException;
import java.util.Set;
import java.util.regex.Pattern;

/** The list of the Python names that a file of a scaler, of labels or of a vocabulary may need. */
final class PythonNames {

  /** A class or a function by its name. */
  record PythonName(String name) {}

  private static final int MAX_NAME = 256;

  private static final Set<String> KNOWN =
      Set.of(
          "copyreg._reconstructor",
          "copyreg.__newobj__",
          "_codecs.encode",
          "collections.OrderedDict",
          "collections.defaultdict",
          "numpy.core.multiarray._reconstruct",
          "numpy.core.multiarray.scalar",
          "numpy.core.numeric._frombuffer",
          "numpy.ndarray",
          "numpy.matrix",
          "numpy.memmap",
          "numpy.core.memmap.memmap",
          "numpy.dtype",
          "joblib.numpy_pickle.NumpyArrayWrapper",
          "pandas.core.indexes.base._new_Index",
          "pandas.core.indexes.base.Index",
          "pandas.core.indexes.range.RangeIndex",
          "pandas.Index",
          "pandas.RangeIndex",
          "pandas.StringDtype",
          "pandas.arrays.StringArray",
          "pandas._libs.arrays.__pyx_unpickle_NDArrayBacked");

  private static final Pattern BUILTINS =
      Pattern.compile(
          "builtins\\.(object|slice|range|bytes|bytearray|set|frozenset|list|tuple|dict|int|float"
              + "|str|bool)");

  private static final Pattern NUMPY_TYPE =
      Pattern.compile("numpy\\.(float|u?int|bool|str|bytes|object)[0-9_]{0,3}");

  private static final Pattern ESTIMATOR =
      Pattern.compile("sklearn(\\.\\w+)*\\.([A-Z]\\w*|make_column_selector|_RemainderColsList)");

  private static final Pattern TOKENIZER =
      Pattern.compile("(keras|tf_keras|keras_preprocessing|tensorflow)(\\.\\w+)*\\.Tokenizer");

  /** What opens a door of Python's to whoever has it called. */
  private static final Pattern DANGEROUS =
      Pattern.compile(
          "(os|posix|nt|sys|subprocess|pty|socket|shutil|runpy|importlib|ctypes|code|imp|pip"
              + "|webbrowser|timeit|pdb|multiprocessing|commands|pickle|_pickle|dill|cloudpickle"
              + "|marshal|types)(\\..*)?"
              + "|builtins\\.(eval|exec|execfile|compile|open|__import__|input|apply|getattr"
              + "|breakpoint)");

  private static final String[][] RENAMED = {
    {"__builtin__.", "builtins."},
    {"copy_reg.", "copyreg."},
    {"numpy._core.", "numpy.core."},
    {"sklearn.externals.joblib.", "joblib."},
  };

  private PythonNames() {}

  /**
   * A name on the list, as the newest Python and the oldest NumPy call it.
   *
   * @throws ImportException that names it
   */
  static PythonName find(String module, String name) throws ImportException {
    if (module.length() + name.length() > MAX_NAME) {
      throw ImportException.malformed(
          "the pickle has a Python name longer than %d".formatted(MAX_NAME));
    }
    String current = current(module + "." + name);
    if (KNOWN.contains(current)
        || BUILTINS.matcher(current).matches()
        || NUMPY_TYPE.matcher(current).matches()
        || ESTIMATOR.matcher(current).matches()
        || TOKENIZER.matcher(current).matches()) {
      return new PythonName(current);
    }
    String shown = module + "." + name;
    if (DANGEROUS.matcher(current).matches()) {
      throw ImportException.unsupported(
          shown,
          "whoever opens this pickle in Python has this called, which neither a scaler nor labels"
              + " need: do not open it; here nothing was run");
    }
    throw ImportException.unsupported(
        shown,
        "the pickle needs this Python name, which is not read; pickles are read as data and never"
            + " run. Send the numbers as JSON: {\"mean\": [...], \"scale\": [...]}, {\"min\": [...],"
            + " \"max\": [...]}, or a list of labels");
  }

  private static String current(String name) {
    String python3 =
        switch (name) {
          case "__builtin__.long" -> "builtins.int";
          case "__builtin__.unicode" -> "builtins.str";
          case "__builtin__.xrange" -> "builtins.range";
          default -> name;
        };
    for (String[] renamed : RENAMED) {
      if (python3.startsWith(renamed[0])) {
        return renamed[1] + python3.substring(renamed[0].length());
      }
    }
    return python3;
  }
}
