package dev.keepgate.importer;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.registry.ImporterConfiguration;
import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/** An LSTM of two layers with a dense layer, whose tensors are written into several files. */
final class ShardedModel {

  private static final int INPUT = 3;
  private static final int HIDDEN = 4;
  private static final int TIME = 5;

  private final Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
  private byte[] lastIndex = new byte[0];

  ShardedModel(long seed) {
    Random random = new Random(seed);
    for (int layer = 0; layer < 2; layer++) {
      int input = layer == 0 ? INPUT : HIDDEN;
      put(random, "lstm.weight_ih_l" + layer, 4 * HIDDEN, input);
      put(random, "lstm.weight_hh_l" + layer, 4 * HIDDEN, HIDDEN);
      put(random, "lstm.bias_ih_l" + layer, 4 * HIDDEN);
      put(random, "lstm.bias_hh_l" + layer, 4 * HIDDEN);
    }
    put(random, "fc.weight", 2, HIDDEN);
    put(random, "fc.bias", 2);
  }

  private void put(Random random, String name, int... shape) {
    float[] values = new float[(int) Tensor.count(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    tensors.put(name, Tensor.Floats.of(values, shape));
  }

  /** All tensors in one file. */
  byte[] whole() throws IOException {
    return safetensors(tensors);
  }

  /** Half of the tensors each. */
  Map<String, byte[]> shards(String first, String second) throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put(first, safetensors(part(List.copyOf(tensors.keySet()).subList(0, 5))));
    files.put(second, safetensors(part(List.copyOf(tensors.keySet()).subList(5, 10))));
    return files;
  }

  /** The index of these halves. */
  byte[] index(String first, String second) {
    List<String> entries = new ArrayList<>();
    int i = 0;
    for (String name : tensors.keySet()) {
      entries.add("\"%s\": \"%s\"".formatted(name, i++ < 5 ? first : second));
    }
    Collections.reverse(entries);
    return json(entries);
  }

  /** Tensors in files of these names, at random, none of them empty. */
  Map<String, byte[]> shards(List<String> names, Random random) throws IOException {
    List<String> left = new ArrayList<>(tensors.keySet());
    Collections.shuffle(left, random);
    Map<String, List<String>> parts = new LinkedHashMap<>();
    for (int i = 0; i < left.size(); i++) {
      String file = names.get(i < names.size() ? i : random.nextInt(names.size()));
      parts.computeIfAbsent(file, key -> new ArrayList<>()).add(left.get(i));
    }
    List<String> entries = new ArrayList<>();
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (Map.Entry<String, List<String>> part : parts.entrySet()) {
      files.put(part.getKey(), safetensors(part(part.getValue())));
      for (String name : part.getValue()) {
        entries.add("\"%s\": \"%s\"".formatted(name, part.getKey()));
      }
    }
    lastIndex = json(entries);
    return files;
  }

  /** The index of the files that were written last at random. */
  byte[] lastIndex() {
    return lastIndex;
  }

  private static byte[] json(List<String> entries) {
    return "{\"metadata\": {\"total_size\": 1}, \"weight_map\": {%s}}"
        .formatted(String.join(", ", entries))
        .getBytes(StandardCharsets.UTF_8);
  }

  private Map<String, Tensor.Floats> part(List<String> names) {
    Map<String, Tensor.Floats> part = new LinkedHashMap<>();
    names.forEach(name -> part.put(name, Objects.requireNonNull(tensors.get(name))));
    return part;
  }

  private static byte[] safetensors(Map<String, Tensor.Floats> tensors) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Safetensors.write(out, tensors, Map.of());
    return out.toByteArray();
  }

  /** What the whole file answers. */
  float[] output() throws Exception {
    Path file = Files.createTempFile("whole", ".safetensors");
    try {
      Files.write(file, whole());
      return output(
          ImporterConfiguration.importers(ImportLimits.DEFAULT)
              .read(ModelFiles.of(file), null, ImportConfig.NONE)
              .network());
    } finally {
      Files.delete(file);
    }
  }

  /** What a network answers to the same input. */
  float[] output(Network network) {
    LstmKernel kernel = new ReferenceKernel();
    try (CompiledModel compiled = kernel.compile(network);
        LstmKernel.Scratch scratch = kernel.newScratch()) {
      float[] x = new float[TIME * INPUT];
      for (int i = 0; i < x.length; i++) {
        x[i] = (float) Math.sin(i + 1);
      }
      NetworkInput input =
          new NetworkInput(
              1, TIME, x, null, null, RecurrentState.zero(compiled.signature().state(), 1));
      return compiled.unroll(input, true, false, scratch).output();
    }
  }
}
