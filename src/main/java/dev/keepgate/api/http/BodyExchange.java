package dev.keepgate.api.http;

import dev.keepgate.memory.RequestMemory;
import jakarta.servlet.ServletException;
import java.io.IOException;

/** A request whose body is read into memory before it is answered. */
public interface BodyExchange extends AutoCloseable {

  /** Of which the body's bytes are taken as they come. */
  RequestMemory memory();

  /**
   * Answers. Called at most once, on a thread that may wait.
   *
   * @param body all of it
   */
  void answer(Body body) throws IOException, ServletException;

  /** The request is over, answered or not. Called once. */
  @Override
  void close();
}
