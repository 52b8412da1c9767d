package dev.keepgate.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Clients of HTTP/1.1 that each send one request after the other, by {@code wrk}. */
final class Wrk {

  private static final Pattern RESULT =
      Pattern.compile("RESULT (\\d+) (\\d+) ([\\d.]+) ([\\d.]+) (\\d+) (\\d+) (\\d+)");

  /** The requests go round, whichever client is next. */
  private static final String SCRIPT =
      """
      local threads, requests, last = {}, {}, 0
      refused = 0

      function setup(thread)
        threads[#threads + 1] = thread
      end

      function init()
        local bodies = assert(io.open("%s", "rb"))
        local function add(path, headers, length)
          requests[#requests + 1] = wrk.format("POST", path, headers, bodies:read(length))
        end
      %s
      end

      function request()
        last = last %% #requests + 1
        return requests[last]
      end

      function done(summary, latency)
        local failed = summary.errors
        io.write(string.format("RESULT %%d %%d %%f %%f %%d %%d %%d\\n",
          summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
          failed.status, failed.connect + failed.read + failed.write + failed.timeout,
          threads[1]:get("refused")))
      end
      """;

  /** What costs {@code wrk} a look at each answer. */
  private static final String COUNT_REFUSED =
      """

function response(status)
  if status == 429 then refused = refused + 1 end
end
""";

  private Wrk() {}

  /** Measures requests, none of which may fail. */
  static LoadResult run(int port, List<LoadRequest> requests, int clients, int seconds)
      throws IOException, InterruptedException {
    return run(port, requests, "", clients, seconds).requireServed();
  }

  /** Measures requests of which some may be refused or fail. */
  static LoadResult overload(int port, List<LoadRequest> requests, int clients, int seconds)
      throws IOException, InterruptedException {
    return run(port, requests, COUNT_REFUSED, clients, seconds);
  }

  private static LoadResult run(
      int port, List<LoadRequest> requests, String hook, int clients, int seconds)
      throws IOException, InterruptedException {
    Path bodies = Files.createTempFile("keepgate-bench-", ".bodies");
    Path script = Files.createTempFile("keepgate-bench-", ".lua");
    try {
      try (var out = Files.newOutputStream(bodies)) {
        for (LoadRequest request : requests) {
          out.write(request.body());
        }
      }
      Files.writeString(script, script(bodies, requests) + hook);
      return result(
          LoadTool.WRK.run(
              seconds,
              List.of(
                  "-t1",
                  "-c" + clients,
                  "-d" + seconds + "s",
                  "--timeout",
                  "60s",
                  "-s",
                  script.toString(),
                  "http://127.0.0.1:" + port)));
    } finally {
      Files.delete(bodies);
      Files.delete(script);
    }
  }

  private static String script(Path bodies, List<LoadRequest> requests) {
    StringJoiner calls = new StringJoiner("\n");
    for (LoadRequest request : requests) {
      StringJoiner headers = new StringJoiner(", ", "{", "}");
      request
          .headers()
          .forEach((name, value) -> headers.add("[\"%s\"]=\"%s\"".formatted(name, value)));
      calls.add("  add(\"%s\", %s, %d)".formatted(request.path(), headers, request.body().length));
    }
    return SCRIPT.formatted(bodies, calls);
  }

  private static LoadResult result(String output) throws IOException {
    Matcher found = RESULT.matcher(output);
    if (!found.find()) {
      throw new IOException("wrk reported nothing: " + output);
    }
    long answers = Long.parseLong(found.group(1));
    double seconds = Long.parseLong(found.group(2)) / 1e6;
    long refused = Long.parseLong(found.group(7));
    long badStatus = Long.parseLong(found.group(5));
    long unanswered = Long.parseLong(found.group(6));
    return new LoadResult(
        (answers - badStatus) / seconds,
        Double.parseDouble(found.group(3)),
        Double.parseDouble(found.group(4)),
        refused,
        badStatus - refused + unanswered);
  }
}
