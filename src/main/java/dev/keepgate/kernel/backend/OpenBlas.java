package dev.keepgate.kernel.backend;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Loader;

/** What OpenBLAS tells of itself and JavaCPP does not pass on. */
interface OpenBlas extends Library {

  /** dlopen's RTLD_LAZY, which is local. */
  int LAZY = 1;

  String openblas_get_config();

  String openblas_get_corename();

  int openblas_get_num_threads();

  void openblas_set_num_threads(int threads);

  /**
   * The copies of OpenBLAS in this process: ND4J's Java side loads another than its native side,
   * each with threads of its own.
   *
   * <p>Opened as they are, not globally as JNA would: then one copy's calls would end in the
   * other's functions, and memory that one took would be given back to the other.
   */
  static List<OpenBlas> loaded() {
    return Loader.getLoadedLibraries().entrySet().stream()
        .filter(library -> library.getKey().startsWith("openblas"))
        .map(
            library ->
                Native.load(
                    library.getValue(), OpenBlas.class, Map.of(Library.OPTION_OPEN_FLAGS, LAZY)))
        .toList();
  }
}
