package dev.keepgate.api.oip.grpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;

/** A call that may be closed beside whoever answers it, who is not heard any more after that. */
final class RefusableCall<Q, R> extends SimpleForwardingServerCall<Q, R> {

  private final GrpcCall call;
  private boolean named;
  private boolean closed;

  RefusableCall(ServerCall<Q, R> delegate, GrpcCall call) {
    super(delegate);
    this.call = call;
  }

  /** Says the request's id in what goes out first. */
  private void name(Metadata metadata) {
    if (!named) {
      named = true;
      metadata.put(GrpcCalls.REQUEST_ID, call.requestId());
    }
  }

  synchronized void refuse(Status status) {
    close(status, new Metadata());
  }

  @Override
  public synchronized void sendHeaders(Metadata headers) {
    if (!closed) {
      name(headers);
      super.sendHeaders(headers);
    }
  }

  @Override
  public synchronized void sendMessage(R message) {
    if (!closed) {
      super.sendMessage(message);
    }
  }

  @Override
  public synchronized void close(Status status, Metadata trailers) {
    if (!closed) {
      closed = true;
      call.closing();
      name(trailers);
      super.close(status, trailers);
    }
  }
}
