package dev.keepgate.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Where benchmarks leave what they found. */
record ResultFolder(Path path) {

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  /** Writes figures, for machines. */
  void json(String name, Object figures) throws IOException {
    text(name + ".json", JSON.writeValueAsString(figures));
  }

  /** Writes a plot, for eyes. */
  void plot(String name, String svg) throws IOException {
    text(name + ".svg", svg);
  }

  /** Writes a table in Markdown, and shows it. */
  void table(String name, String table) throws IOException {
    System.out.print(table);
    text(name + ".md", table);
  }

  private void text(String file, String content) throws IOException {
    Files.createDirectories(path);
    Files.writeString(path.resolve(file), content);
  }
}
