package dev.keepgate.api.oip.grpc;

import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.ModelInferResponse;
import dev.keepgate.api.oip.proto.ModelStreamInferResponse;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * The protocol's methods as they are served: infer requests come as {@link InferMessage}, all else
 * as the protocol's own description says.
 */
final class GrpcMethods {

  private GrpcMethods() {}

  static ServerServiceDefinition bind(
      GRPCInferenceServiceGrpc.AsyncService service,
      ServerCallHandler<InferMessage, ModelInferResponse> infer,
      ServerCallHandler<InferMessage, ModelStreamInferResponse> stream) {
    List<ServerMethodDefinition<?, ?>> methods = new ArrayList<>();
    methods.add(taking(GRPCInferenceServiceGrpc.getModelInferMethod(), infer));
    methods.add(taking(GRPCInferenceServiceGrpc.getModelStreamInferMethod(), stream));
    ServerServiceDefinition generated = GRPCInferenceServiceGrpc.bindService(service);
    for (ServerMethodDefinition<?, ?> method : generated.getMethods()) {
      String name = method.getMethodDescriptor().getFullMethodName();
      if (methods.stream()
          .noneMatch(each -> each.getMethodDescriptor().getFullMethodName().equals(name))) {
        methods.add(strict(method));
      }
    }
    ServiceDescriptor.Builder description =
        ServiceDescriptor.newBuilder(GRPCInferenceServiceGrpc.SERVICE_NAME)
            .setSchemaDescriptor(generated.getServiceDescriptor().getSchemaDescriptor());
    methods.forEach(method -> description.addMethod(method.getMethodDescriptor()));
    ServerServiceDefinition.Builder bound = ServerServiceDefinition.builder(description.build());
    methods.forEach(bound::addMethod);
    return bound.build();
  }

  private static <Q, R> ServerMethodDefinition<InferMessage, R> taking(
      MethodDescriptor<Q, R> method, ServerCallHandler<InferMessage, R> handler) {
    return ServerMethodDefinition.create(
        method.toBuilder(InferMessage.MARSHALLER, method.getResponseMarshaller()).build(), handler);
  }

  /** Refuses a message that cannot be read, of which gRPC would make a fault of the server. */
  private static <Q, R> ServerMethodDefinition<Q, R> strict(ServerMethodDefinition<Q, R> given) {
    MethodDescriptor<Q, R> method = given.getMethodDescriptor();
    if (!(method.getRequestMarshaller() instanceof MethodDescriptor.PrototypeMarshaller<Q> reader)
        || reader.getMessagePrototype() == null) {
      return given;
    }
    Q none = reader.getMessagePrototype();
    MethodDescriptor.Marshaller<Q> strict =
        new MethodDescriptor.Marshaller<>() {
          @Override
          public InputStream stream(Q value) {
            return reader.stream(value);
          }

          @Override
          public Q parse(InputStream stream) {
            try {
              return reader.parse(stream);
            } catch (StatusRuntimeException e) {
              // Whatever is answered to this is not heard any more.
              GrpcCall.CURRENT.get().refuseMalformed();
              return none;
            }
          }
        };
    return ServerMethodDefinition.create(
        method.toBuilder(strict, method.getResponseMarshaller()).build(),
        given.getServerCallHandler());
  }
}
