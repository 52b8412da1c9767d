package dev.keepgate.deploy;

import java.nio.file.Path;
import java.util.Objects;
import org.testcontainers.images.builder.ImageFromDockerfile;
import org.testcontainers.utility.DockerImageName;

/**
 * The image of the jar under test. One JVM after another builds it: the engine keeps the layers.
 */
final class ServerImage {

  static final String REVISION = "0123456789abcdef";

  /** Also compose's name of it. */
  private static final String NAME = "keepgate:latest";

  private static final ImageFromDockerfile BUILT = build();

  private ServerImage() {}

  static DockerImageName built() {
    return DockerImageName.parse(BUILT.get());
  }

  /** The image with Kafka, of a jar with Kafka. */
  static DockerImageName streams(Path jar) {
    return DockerImageName.parse(
        build("keepgate:streams", jar).withBuildArg("JAR", "target/" + jar.getFileName()).get());
  }

  private static ImageFromDockerfile build() {
    return build(NAME, Path.of(Objects.requireNonNull(System.getProperty("keepgate.jar"))));
  }

  private static ImageFromDockerfile build(String name, Path jar) {
    return new ImageFromDockerfile(name, false)
        .withFileFromPath("Dockerfile", Path.of("Dockerfile"))
        .withFileFromPath("src/main/docker", Path.of("src/main/docker"))
        .withFileFromPath("target/" + jar.getFileName(), jar)
        .withBuildArg("REVISION", REVISION);
  }
}
