package dev.keepgate.api.http;

import dev.keepgate.memory.RequestMemory;
import jakarta.servlet.ServletException;
import java.io.IOException;

/** A request that is answered once its body is read into memory, or as it reads it itself. */
public interface BodyExchange extends AutoCloseable {

  /** Of which the body's bytes are taken as they come. */
  RequestMemory memory();

  /** Whether it reads the request's body itself, as it answers. */
  default boolean readsItself() {
    return false;
  }

  /** Whether a body that is packed comes as it is. */
  default boolean unpacksItself() {
    return false;
  }

  /**
   * Answers. Called at most once, on a thread that may wait.
   *
   * @param body all of it; an empty one where it {@linkplain #readsItself() reads it itself}
   */
  void answer(Body body) throws IOException, ServletException;

  /** The request is over, answered or not. Called once. */
  @Override
  void close();
}
