package dev.keepgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.testcontainers.DockerClientFactory;

/** Whether tests on containers can run. */
public final class DockerEngine {

  private static final String REQUIRED = "KEEPGATE_REQUIRE_DOCKER";

  private DockerEngine() {}

  /**
   * Skips the calling test where there is no engine; fails it where the environment says that there
   * has to be one, so that no build passes for want of its tests.
   */
  public static void require() {
    boolean available = DockerClientFactory.instance().isDockerAvailable();
    if (Boolean.parseBoolean(System.getenv(REQUIRED))) {
      assertThat(available).as("a Docker engine answers, as %s=true asks", REQUIRED).isTrue();
    }
    assumeTrue(available, "No Docker engine answers: the image is not tested");
  }
}
