package dev.keepgate.sequence;

import dev.keepgate.redis.RedisConnections;
import io.lettuce.core.ReadFrom;
import java.io.IOException;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.springframework.data.redis.connection.RedisStaticMasterReplicaConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/** A replica of a Redis that does not follow it any more: what it answers is past. */
public final class LaggingReplica implements AutoCloseable {

  /** Nobody listens there. */
  private static final int NOBODY = 1;

  private final RedisProcess primary;
  private final RedisProcess process;

  private LaggingReplica(RedisProcess primary, RedisProcess process) {
    this.primary = primary;
    this.process = process;
  }

  /**
   * Starts one, which has what the primary has now.
   *
   * @param folder of its own, empty
   */
  public static LaggingReplica of(RedisProcess primary, Path folder) throws IOException {
    LaggingReplica replica = new LaggingReplica(primary, RedisProcess.start(folder));
    replica.follow(primary.port());
    Awaitility.await("the replica has what the primary has")
        .until(() -> replica.replication().contains("master_link_status:up"));
    replica.follow(NOBODY);
    Awaitility.await("the replica follows no more")
        .until(() -> replica.replication().contains("master_link_status:down"));
    return replica;
  }

  private void follow(int port) {
    process.command("REPLICAOF 127.0.0.1 " + port);
  }

  private String replication() {
    return process.command("INFO replication");
  }

  /** Connections to both whose reads go to the replica; to be destroyed by the caller. */
  public LettuceConnectionFactory readingFromIt() {
    RedisStaticMasterReplicaConfiguration both =
        new RedisStaticMasterReplicaConfiguration(primary.host(), primary.port());
    both.addNode(process.host(), process.port());
    return RedisConnections.open(
        both, LettuceClientConfiguration.builder().readFrom(ReadFrom.REPLICA));
  }

  @Override
  public void close() {
    process.close();
  }
}
