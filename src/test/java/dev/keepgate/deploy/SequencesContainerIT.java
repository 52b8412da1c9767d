package dev.keepgate.deploy;

import dev.keepgate.sequence.RedisContainer;
import dev.keepgate.sequence.RedisServer;
import java.io.IOException;
import java.nio.file.Path;

/** Over a Redis in a container. */
class SequencesContainerIT extends SequenceChaos {

  @Override
  RedisServer redis(Path data) throws IOException {
    return RedisContainer.start();
  }
}
