package io.faultline.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.mock.env.MockEnvironment;

class FrontDoorTest {

  @Test
  void portZeroBecomesAFreeOne() {
    FrontDoor door = FrontDoor.of(new MockEnvironment().withProperty("server.port", "0"));

    assertThat(door.port()).isPositive();
    assertThat(door.url()).isEqualTo("http://127.0.0.1:" + door.port());
  }

  @Test
  void aPortThatIsTakenIsNamed() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      String port = Integer.toString(taken.getLocalPort());
      assertThatThrownBy(
              () -> FrontDoor.of(new MockEnvironment().withProperty("server.port", port)))
          .isInstanceOf(StartFailure.class)
          .hasMessage(
              "127.0.0.1 port %s is taken; choose another with --port=N (0 for any free one)",
              port);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "server.address, 0.0.0.0",
    "server.address, ::",
    "server.address, 192.0.2.7",
    "management.server.address, 0.0.0.0"
  })
  void nobodyFromOutsideGetsIn(String property, String address) {
    MockEnvironment settings =
        new MockEnvironment().withProperty("server.port", "0").withProperty(property, address);

    assertThatThrownBy(() -> FrontDoor.of(settings))
        .isInstanceOf(StartFailure.class)
        .hasMessageStartingWith(property + "=" + address + " would let other machines in");
  }

  @ParameterizedTest
  @ValueSource(strings = {"http", "-1", "65536", "99999999999", " "})
  void whatIsNoPortIsNamed(String port) {
    assertThatThrownBy(() -> FrontDoor.of(new MockEnvironment().withProperty("server.port", port)))
        .isInstanceOf(StartFailure.class)
        .hasMessage("the port must be a number from 0 to 65535, not " + port);
  }
}
