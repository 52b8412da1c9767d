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

  private static ImageFromDockerfile build() {
    Path jar = Path.of(Objects.requireNonNull(System.getProperty("keepgate.jar")));
    return new ImageFromDockerfile(NAME, false)
        .withFileFromPath("Dockerfile", Path.of("Dockerfile"))
        .withFileFromPath("src/main/docker", Path.of("src/main/docker"))
        .withFileFromPath("target/" + jar.getFileName(), jar)
        .withBuildArg("REVISION", REVISION);
  }
}
