package dev.keepgate.api.http;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.http.ProblemDetail;

/** How a protocol of its own words an error; others get the problem document. */
public interface ErrorFormat {

  /** Whether the path is the protocol's. */
  boolean covers(String path);

  /** Answers; nothing has been sent yet. */
  void send(ProblemDetail problem, HttpServletResponse response) throws IOException;
}
