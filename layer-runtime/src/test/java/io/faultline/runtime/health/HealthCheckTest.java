package io.faultline.runtime.health;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.faultline.runtime.testing.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

class HealthCheckTest {

  @Test
  void aServiceIsAskedWhetherItIsReady() throws IOException {
    assertThat(ready(200)).isTrue();
    assertThat(ready(503)).isFalse();
    assertThat(ready(401)).isFalse();
  }

  @Test
  void aServiceThatIsNotThereIsNotReady() {
    assertThat(HealthCheck.isReady("127.0.0.1", FreePort.next())).isFalse();
  }

  private static boolean ready(int status) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/actuator/health/readiness",
        exchange -> {
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
    try {
      return HealthCheck.isReady("127.0.0.1", server.getAddress().getPort());
    } finally {
      server.stop(0);
    }
  }
}
