package dev.keepgate.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.ApplicationContext;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.handler.AbstractUrlHandlerMapping;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.RequestMappingInfoHandlerMapping;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Every route and every method there is, asked with no key, a wrong one and one of each role. A
 * route that is not in the table fails the test: whoever adds one says who may use it.
 */
@TestPropertySource(
    properties = {
      "management.endpoints.web.exposure.include=*",
      "keepgate.security.failures-per-second=1000000"
    })
class RoleScanTest extends KeyedServerTest {

  private static final String EVERYBODY = "everybody";
  private static final String ANY = "any";
  private static final String MODEL = "/v1/models/{model}";
  private static final String OIP = "inference.GRPCInferenceService/";

  /** Who may, by method and path; models' paths stand for their versions' and labels' too. */
  private static final Map<String, String> TABLE = new TreeMap<>();

  static {
    put(EVERYBODY, "GET /", "GET /page/*", "GET /page/uplot/*", "GET /docs", "GET /docs/docs.js");
    put(EVERYBODY, "GET /docs/swagger-ui*", "GET /docs/favicon*", "GET /openapi/{protocol:v[12]}");
    put(EVERYBODY, "GET /v1/openapi", "GET /v2/openapi");
    put(EVERYBODY, "GET /v2/health/live", "GET /v2/health/ready");
    put(EVERYBODY, "GET /actuator/health", "GET /actuator/health/**");
    put(ANY, "GET /v1/models", "GET " + MODEL, "GET /v2", "GET /v2/", "GET /v2/models/{model}");
    put(ANY, "GET " + MODEL + "/labels");
    put(ANY, "GET /v2/models/{model}/ready", "GET /v2/models/{model}/config");
    put(ANY, "POST /v2/repository/index");
    for (String use : "step unroll forecast detect generate sequences".split(" ")) {
      put("infer", "POST " + MODEL + "/" + use);
    }
    put("infer", "POST /v1/timeseries/forecast", "POST /v2/models/{model}/infer");
    put("infer", "GET /v1/sequences", "GET /v1/sequences/{id}", "DELETE /v1/sequences/{id}");
    for (String use : "step unroll forecast fork".split(" ")) {
      put("infer", "POST /v1/sequences/{id}/" + use);
    }
    put("manage", "POST /v1/models:inspect", "POST " + MODEL + "/versions");
    // Of the path of a version, whose {version} is not part of the names below.
    put(
        "manage",
        "PUT " + MODEL,
        "POST " + MODEL,
        "DELETE " + MODEL,
        "POST " + MODEL + "/threshold");
    put("manage", "POST /v2/repository/models/{model}/load");
    put("manage", "POST /v2/repository/models/{model}/unload");
    put("observe", "GET /v1/statistics", "GET /v2/models/stats", "GET /v2/models/{model}/stats");
    put("observe", "GET /error", "GET /actuator");
    put("manage", "POST /error", "PUT /error", "DELETE /error", "PATCH /error");

    put(EVERYBODY, OIP + "ServerLive", OIP + "ServerReady");
    put(EVERYBODY, "grpc.health.v1.Health/Check", "grpc.health.v1.Health/Watch");
    put(EVERYBODY, "grpc.health.v1.Health/List");
    put(ANY, OIP + "ServerMetadata", OIP + "ModelReady", OIP + "ModelMetadata");
    put(ANY, OIP + "ModelConfig", OIP + "RepositoryIndex");
    put(ANY, "grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
    put("observe", OIP + "ModelStatistics");
    put("infer", OIP + "ModelInfer", OIP + "ModelStreamInfer");
    put("manage", OIP + "RepositoryModelLoad", OIP + "RepositoryModelUnload");
  }

  @Autowired private ApplicationContext context;
  @Autowired private GrpcServerLifecycle grpc;

  private static void put(String who, String... routes) {
    Arrays.stream(routes).forEach(route -> TABLE.put(route, who));
  }

  @DynamicPropertySource
  static void keys(DynamicPropertyRegistry properties) throws IOException {
    TestKeys.use(properties);
  }

  /** Of the actuator the health is everybody's, all else its own role's, what changes managers'. */
  private static String expected(String route) {
    String who =
        TABLE.getOrDefault(route.replaceAll("/versions/\\{version}|/labels/\\{label}", ""), "");
    if (who.isEmpty() && route.contains(" /actuator/")) {
      return route.startsWith("GET ") ? "observe" : "manage";
    }
    assertThat(who).as("who may '%s'? It is not in the table", route).isNotEmpty();
    return who;
  }

  private static boolean isGranted(String who, @Nullable Role role) {
    return who.equals(EVERYBODY) || (role != null && (who.equals(ANY) || who.equals(role.label())));
  }

  private Set<String> routes() throws Exception {
    Set<String> routes = new TreeSet<>();
    for (HandlerMapping mapping : context.getBeansOfType(HandlerMapping.class).values()) {
      if (mapping instanceof RequestMappingInfoHandlerMapping methods) {
        methods.getHandlerMethods().keySet().forEach(info -> routes.addAll(routes(info)));
      } else if (mapping instanceof AbstractUrlHandlerMapping urls) {
        // Resources are got, and all else of this kind is posted.
        urls.getHandlerMap()
            .keySet()
            .forEach(path -> routes.add((path.startsWith("/v1") ? "POST " : "GET ") + path));
      }
    }
    for (String protocol : List.of("v1", "v2")) {
      String document = send("GET", "/" + protocol + "/openapi", null, null).body();
      Map<String, Object> root = new Yaml().load(document);
      JsonNode paths = JsonMapper.shared().<JsonNode>valueToTree(root).path("paths");
      for (Map.Entry<String, JsonNode> path : paths.properties()) {
        for (String method : List.of("get", "put", "post", "delete", "patch")) {
          if (path.getValue().has(method)) {
            routes.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey());
          }
        }
      }
    }
    return routes;
  }

  private static List<String> routes(RequestMappingInfo info) {
    Set<RequestMethod> methods = info.getMethodsCondition().getMethods();
    List<RequestMethod> all =
        methods.isEmpty()
            ? List.of(
                RequestMethod.GET,
                RequestMethod.POST,
                RequestMethod.PUT,
                RequestMethod.DELETE,
                RequestMethod.PATCH)
            : List.copyOf(methods);
    return info.getPatternValues().stream()
        .flatMap(path -> all.stream().map(method -> method + " " + path))
        .toList();
  }

  private static String path(String pattern) {
    return pattern
        .replace("{model}", "nothing")
        .replace("{version}", "1")
        .replace("{id}", "nobody")
        .replace("{protocol:v[12]}", "v1")
        .replaceAll("/\\*\\*|\\{\\*[^}]*}", "/liveness")
        .replace("{path}", "nothing")
        .replaceAll("\\{[^}]*}", "nothing")
        .replace("*", "nothing");
  }

  @Test
  void everyRouteAsksForItsRole() throws Exception {
    Set<String> routes = routes();
    assertThat(routes).contains("GET /actuator/prometheus", "POST /v2/models/{model}/infer");
    List<String> wrong = new ArrayList<>();
    for (String route : routes) {
      String method = route.substring(0, route.indexOf(' '));
      String path = path(route.substring(method.length() + 1));
      String who = expected(route);
      check(
          wrong, route + " with no key", send(method, path, null, null), isGranted(who, null), 401);
      check(
          wrong,
          route + " with a wrong key",
          send(method, path, "kg_wrong", null),
          isGranted(who, null),
          401);
      for (Role role : Role.values()) {
        if (path.endsWith("/heapdump") && role == Role.OBSERVE) {
          // A gigabyte of an answer.
          continue;
        }
        HttpResponse<String> answer = send(method, path, TestKeys.text(role), null);
        check(wrong, route + " as " + role.label(), answer, isGranted(who, role), 403);
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static void check(
      List<String> wrong, String what, HttpResponse<String> answer, boolean granted, int refusal) {
    int status = answer.statusCode();
    boolean refused = status == 401 || status == 403;
    if (granted ? refused : status != refusal) {
      wrong.add("%s: %d %s".formatted(what, status, answer.body()));
    }
  }

  @Test
  void everyMethodAsksForItsRole() throws Exception {
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("localhost", grpc.getPort()).usePlaintext().build();
    List<String> wrong = new ArrayList<>();
    try {
      List<MethodDescriptor<?, ?>> methods =
          context.getBeansOfType(BindableService.class).values().stream()
              .<MethodDescriptor<?, ?>>flatMap(
                  service -> service.bindService().getServiceDescriptor().getMethods().stream())
              .toList();
      assertThat(methods).hasSizeGreaterThan(13);
      for (MethodDescriptor<?, ?> method : methods) {
        String who = expected(method.getFullMethodName());
        Status.Code refused = Status.Code.UNAUTHENTICATED;
        check(wrong, method, call(channel, method, null), isGranted(who, null), refused);
        check(wrong, method, call(channel, method, "kg_wrong"), isGranted(who, null), refused);
        for (Role role : Role.values()) {
          Status status = call(channel, method, TestKeys.text(role));
          check(wrong, method, status, isGranted(who, role), Status.Code.PERMISSION_DENIED);
        }
      }
    } finally {
      channel.shutdownNow();
    }
    assertThat(wrong).isEmpty();
  }

  private static void check(
      List<String> wrong,
      MethodDescriptor<?, ?> method,
      Status status,
      boolean granted,
      Status.Code refusal) {
    boolean refused =
        status.getCode() == Status.Code.UNAUTHENTICATED
            || status.getCode() == Status.Code.PERMISSION_DENIED;
    if (granted ? refused : status.getCode() != refusal) {
      wrong.add("%s: %s".formatted(method.getFullMethodName(), status));
    }
  }

  private enum Bytes implements MethodDescriptor.Marshaller<byte[]> {
    MARSHALLER;

    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Sends an empty message; ends with the status, or with the first answer. */
  private static Status call(
      ManagedChannel channel, MethodDescriptor<?, ?> method, @Nullable String key)
      throws Exception {
    Metadata headers = new Metadata();
    if (key != null) {
      headers.put(
          Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + key);
    }
    CompletableFuture<Status> end = new CompletableFuture<>();
    ClientCall<byte[], byte[]> call =
        channel.newCall(
            method.toBuilder(Bytes.MARSHALLER, Bytes.MARSHALLER).build(), CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(byte[] message) {
            end.complete(Status.OK);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            end.complete(status);
          }
        },
        headers);
    call.request(1);
    call.sendMessage(new byte[0]);
    call.halfClose();
    Status status = end.get(20, TimeUnit.SECONDS);
    call.cancel("heard", null);
    return status;
  }
}
