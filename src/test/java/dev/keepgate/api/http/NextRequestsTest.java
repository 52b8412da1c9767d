package dev.keepgate.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.TestPropertySource;

/** A pool of 16 threads, of which two may wait for their connections' next requests. */
@TestPropertySource(
    properties = {"spring.threads.virtual.enabled=false", "server.tomcat.threads.max=16"})
@Import(NextRequestsTest.Threads.class)
class NextRequestsTest extends ConnectionsTest {

  private static final int REQUESTS = 200;

  @Autowired private List<Thread> served;

  @TestConfiguration
  static class Threads {

    @Bean
    List<Thread> served() {
      return new CopyOnWriteArrayList<>();
    }

    /** Notes whose thread it is. */
    @Bean
    HttpFilter noter(List<Thread> served) {
      return new HttpFilter() {
        @Override
        protected void doFilter(
            HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
          served.add(Thread.currentThread());
          chain.doFilter(request, response);
        }
      };
    }
  }

  @BeforeEach
  void forget() {
    served.clear();
  }

  /** The threads of a pool take turns where each request comes through the poller. */
  @Test
  void requestsInARowAreServedByOneThread() throws IOException {
    try (RawClient client = new RawClient(port)) {
      for (int i = 0; i < REQUESTS; i++) {
        assertThat(client.ask(RawClient.STEP).status()).isEqualTo(200);
      }
    }
    int changes = 0;
    for (int i = 1; i < served.size(); i++) {
      changes += served.get(i) == served.get(i - 1) ? 0 : 1;
    }
    assertThat(served).hasSize(REQUESTS);
    assertThat(changes).isLessThan(REQUESTS / 2);
  }

  @Test
  void moreClientsThanThreadsAreAllServed() throws IOException {
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 40; i++) {
        clients.add(new RawClient(port));
      }
      for (int round = 0; round < 20; round++) {
        for (RawClient client : clients) {
          client.send(RawClient.STEP);
        }
        for (RawClient client : clients) {
          assertThat(client.read().status()).isEqualTo(200);
        }
      }
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
  }

  @Test
  void aPlaceIsForOneAndIsGivenBack() throws IOException {
    try (Pair one = Pair.open();
        Pair other = Pair.open();
        NextRequests next = new NextRequests(1)) {
      try (NextRequests.Place place = Objects.requireNonNull(next.take(one.server()))) {
        assertThat(next.take(other.server())).isNull();
        one.client().write(ByteBuffer.wrap(new byte[1]));
        place.await();
        assertThat(one.server().read(ByteBuffer.allocate(2))).isEqualTo(1);
        // Nothing comes: it ends all the same.
        place.await();
        assertThat(one.server().read(ByteBuffer.allocate(2))).isZero();
      }
      assertThat(one.server().isRegistered()).isFalse();
      try (NextRequests.Place again = next.take(other.server())) {
        assertThat(again).isNotNull();
      }
    }
  }

  @Test
  void aConnectionMayCloseWhileItIsWaitedFor() throws IOException {
    try (Pair one = Pair.open();
        Pair other = Pair.open();
        NextRequests next = new NextRequests(1)) {
      try (NextRequests.Place place = Objects.requireNonNull(next.take(one.server()))) {
        one.server().close();
        place.await();
      }
      // Nor is the place lost to one that has closed before.
      assertThatThrownBy(() -> next.take(one.server())).isInstanceOf(ClosedChannelException.class);
      try (NextRequests.Place again = next.take(other.server())) {
        assertThat(again).isNotNull();
      }
    }
  }

  @Test
  void whatIsInUseAtTheEndIsClosedByItsThread() throws IOException {
    try (Pair one = Pair.open()) {
      NextRequests next = new NextRequests(1);
      NextRequests.Place place = Objects.requireNonNull(next.take(one.server()));
      next.close();
      place.await();
      place.close();
      assertThat(next.take(one.server())).isNull();
    }
  }

  /** Both ends of a connection. */
  private record Pair(SocketChannel client, SocketChannel server) implements AutoCloseable {

    static Pair open() throws IOException {
      try (ServerSocketChannel listener = ServerSocketChannel.open()) {
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        SocketChannel client = SocketChannel.open(listener.getLocalAddress());
        SocketChannel server = listener.accept();
        server.configureBlocking(false);
        return new Pair(client, server);
      }
    }

    @Override
    public void close() throws IOException {
      client.close();
      server.close();
    }
  }
}
