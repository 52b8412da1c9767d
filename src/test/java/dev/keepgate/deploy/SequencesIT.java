package dev.keepgate.deploy;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepgate.sequence.RedisProcess;
import dev.keepgate.sequence.RedisServer;
import java.io.IOException;
import java.nio.file.Path;

/** Over a {@code redis-server} of this machine. */
class SequencesIT extends SequenceChaos {

  @Override
  RedisServer redis(Path data) throws IOException {
    assumeTrue(RedisProcess.program().isPresent(), "There is no redis-server on the PATH");
    return RedisProcess.start(data);
  }
}
