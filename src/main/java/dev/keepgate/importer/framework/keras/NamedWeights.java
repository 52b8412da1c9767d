package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.hdf5.Hdf5File;
import dev.keepgate.importer.framework.NamedTensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Weights as an {@code .h5} file has them: a list of names a layer, in Keras' order. */
final class NamedWeights implements KerasWeights {

  private static final String ROOT = "model_weights";

  private final Hdf5File file;
  private final NamedTensors tensors;

  NamedWeights(Hdf5File file) {
    this.file = file;
    this.tensors = new NamedTensors(file);
  }

  /**
   * The strings of an attribute; one that is too long for HDF5 lies in numbered pieces
   *
   * @return null where there is none
   */
  static @Nullable List<String> names(Hdf5File file, String group, String name)
      throws IOException, ImportException {
    List<String> whole = file.strings(group, name);
    if (whole != null) {
      return whole;
    }
    List<String> joined = new ArrayList<>();
    List<String> piece = file.strings(group, name + "0");
    if (piece == null) {
      return null;
    }
    for (int i = 1; piece != null; i++) {
      joined.addAll(piece);
      piece = file.strings(group, name + i);
    }
    return joined;
  }

  @Override
  public OfLayer of(KerasLayer layer) throws IOException, ImportException {
    int inside = layer.name().indexOf('/');
    String alone = ROOT + "/" + layer.name();
    boolean isAlone = inside < 0 || names(file, alone, "weight_names") != null;
    String group = isAlone ? alone : ROOT + "/" + layer.name().substring(0, inside);
    List<String> all = names(file, group, "weight_names");
    if (all == null) {
      throw layer.unsupported("weight_names", "are missing in the file");
    }
    List<String> names = isAlone ? all : namesOf(layer, all);
    return new OfLayer() {
      private int position;

      @Override
      public int[] nextShape(String part, int index) throws ImportException {
        return tensors.get(name()).shape();
      }

      @Override
      public float[] next(String part, int index, int... shape)
          throws IOException, ImportException {
        float[] values = tensors.read(name(), shape);
        position++;
        return values;
      }

      private String name() throws ImportException {
        if (position >= names.size()) {
          throw layer.unsupported("weight_names", "has only " + names);
        }
        return group + "/" + names.get(position);
      }
    };
  }

  /** Of a model's weights, which its group has together, those of a layer inside it. */
  private static List<String> namesOf(KerasLayer layer, List<String> all) throws ImportException {
    String own = layer.name().substring(layer.name().lastIndexOf('/') + 1);
    Set<List<String>> places = new HashSet<>();
    List<String> names = new ArrayList<>();
    for (String name : all) {
      List<String> parts = List.of(name.split("/"));
      if (parts.contains(own)) {
        names.add(name);
        places.add(parts.subList(0, parts.indexOf(own)));
      }
    }
    if (places.size() > 1) {
      throw layer.unsupported("weight_names", "are those of several layers of this name");
    }
    return names;
  }

  @Override
  public List<String> unused() {
    return tensors.unused();
  }
}
