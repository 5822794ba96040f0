package io.faultline.notifier.above.watch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.faultline.notifier.Receiver;
import io.faultline.notifier.above.watch.Webhook.Outcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WebhookTest {

  private final Receiver receiver = new Receiver();
  private final Webhook webhook = webhook(true);
  private final String secret = WebhookSecret.generate(new SecureRandom());

  @AfterEach
  void stop() {
    webhook.close();
    receiver.close();
  }

  @Test
  void whoKnowsTheSecretCanVerifyACall() {
    assertThat(call(receiver.url("/hook"))).isEqualTo(new Outcome.Delivered(204));

    Receiver.Call call = receiver.calls().getFirst();
    assertThat(call.headers().firstValue("Content-Type"))
        .hasValue("application/cloudevents+json; charset=UTF-8");
    assertThat(call.headers().firstValue("webhook-id")).hasValue("h1:01A");
    assertThatCode(
            () -> new com.standardwebhooks.Webhook(secret).verify(call.body(), call.headers()))
        .doesNotThrowAnyException();
  }

  @Test
  void onlyA2xxIsSuccess() {
    for (int status : new int[] {200, 201, 299}) {
      receiver.answer(_ -> status);
      assertThat(call(receiver.url("/"))).isEqualTo(new Outcome.Delivered(status));
    }
    for (int status : new int[] {304, 400, 404, 410, 429, 500, 503}) {
      receiver.answer(_ -> status);
      assertThat(call(receiver.url("/"))).isInstanceOf(Outcome.Failed.class);
    }
  }

  @Test
  void aRedirectIsNotFollowed() {
    for (int status : new int[] {301, 302, 303, 307, 308}) {
      receiver.answer(_ -> status);

      assertThat(call(receiver.url("/hook")))
          .isInstanceOfSatisfying(
              Outcome.Failed.class, failed -> assertThat(failed.reason()).contains("redirects"));
    }
    assertThat(receiver.calls()).allMatch(call -> call.path().equals("/hook"));
  }

  @Test
  void anAddressThatMayNotBeCalledIsRefusedWhenItIsConnectedTo() {
    try (Webhook strict = webhook(false)) {
      for (String url :
          new String[] {receiver.url("/"), receiver.url("/").replace("127.0.0.1", "localhost")}) {
        assertThat(strict.call(url, WebhookSecret.parse(secret), "h1:01A", Instant.now(), body()))
            .isInstanceOfSatisfying(
                Outcome.Failed.class,
                failed -> assertThat(failed.reason()).contains("webhooks do not call"));
      }
    }
    assertThat(receiver.calls()).isEmpty();
  }

  @Test
  void aReceiverThatAnswersByteByByteIsLeft() throws IOException {
    try (ServerSocket slow = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> drip(slow));

      assertThat(call("http://127.0.0.1:" + slow.getLocalPort() + "/"))
          .isInstanceOfSatisfying(
              Outcome.Failed.class,
              failed -> assertThat(failed.reason()).contains("no answer within"));
    }
  }

  private static void drip(ServerSocket slow) {
    try (Socket client = slow.accept()) {
      client.getOutputStream().write("HTTP/1.1 200 OK\r\n".getBytes(UTF_8));
      while (true) {
        client.getOutputStream().write("X-Header: x\r\n".getBytes(UTF_8));
        Thread.sleep(Duration.ofMillis(100));
      }
    } catch (IOException | InterruptedException e) {
      // It was left.
    }
  }

  @Test
  void nobodyThereIsAFailureWithAReason() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }

    assertThat(call("http://127.0.0.1:" + port + "/"))
        .isInstanceOfSatisfying(
            Outcome.Failed.class, failed -> assertThat(failed.reason()).contains("refused"));
    assertThat(call("http://no-such-name.invalid/")).isInstanceOf(Outcome.Failed.class);
  }

  @Test
  void aSecretIsNotShownByWhatHoldsIt() {
    Watcher watcher =
        new Watcher(
            "w", "id", 1, Instant.EPOCH, java.util.Map.of(), "http://x/", secret, "c", false);

    assertThat(watcher.toString()).doesNotContain(secret);
    assertThat(secret).startsWith("whsec_").hasSizeGreaterThan(38);
  }

  private Outcome call(String url) {
    return webhook.call(url, WebhookSecret.parse(secret), "h1:01A", Instant.now(), body());
  }

  private static byte[] body() {
    return "{\"id\":\"h1:01A\",\"text\":\"Größe\"}".getBytes(UTF_8);
  }

  private static Webhook webhook(boolean allowLoopback) {
    var settings = AddressRuleTest.settings(allowLoopback, false);
    return new Webhook(settings, new AddressRule(settings));
  }
}
