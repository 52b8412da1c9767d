package dev.keepgate.api.oip.grpc;

import dev.keepgate.security.Access;
import java.util.Map;

/** What every method asks of its caller; of one that is not named here, {@code manage}. */
final class GrpcAccess {

  private static final String OIP = "inference.GRPCInferenceService/";
  private static final String HEALTH = "grpc.health.v1.Health/";
  private static final String REFLECTION = "grpc.reflection.";

  private static final Map<String, Access> METHODS =
      Map.ofEntries(
          Map.entry("ServerLive", Access.EVERYBODY),
          Map.entry("ServerReady", Access.EVERYBODY),
          Map.entry("ServerMetadata", Access.ANY_ROLE),
          Map.entry("ModelReady", Access.ANY_ROLE),
          Map.entry("ModelMetadata", Access.ANY_ROLE),
          Map.entry("ModelConfig", Access.ANY_ROLE),
          Map.entry("RepositoryIndex", Access.ANY_ROLE),
          Map.entry("ModelStatistics", Access.OBSERVE),
          Map.entry("ModelInfer", Access.INFER),
          Map.entry("ModelStreamInfer", Access.INFER),
          Map.entry("RepositoryModelLoad", Access.MANAGE),
          Map.entry("RepositoryModelUnload", Access.MANAGE));

  private GrpcAccess() {}

  /**
   * @param method its full name
   */
  static Access of(String method) {
    if (method.startsWith(OIP)) {
      return METHODS.getOrDefault(method.substring(OIP.length()), Access.MANAGE);
    }
    if (method.startsWith(HEALTH)) {
      return Access.EVERYBODY;
    }
    return method.startsWith(REFLECTION) ? Access.ANY_ROLE : Access.MANAGE;
  }
}
