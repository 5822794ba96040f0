package io.faultline.notifier.above.watch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.faultline.notifier.NotifierProperties;
import io.faultline.notifier.Receiver;
import io.faultline.notifier.core.delivery.TryEnd;
import io.faultline.notifier.core.delivery.TryEnd.Outcome;
import io.faultline.runtime.testing.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WebhookTest {

  private static final NotifierProperties.Secrets OWN_KEY =
      new NotifierProperties.Secrets("", null);

  @TempDir private Path folder;

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
    assertThat(call(receiver.url("/hook")).outcome()).isEqualTo(Outcome.TAKEN);

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
      TryEnd end = call(receiver.url("/"));
      assertThat(end.outcome()).isEqualTo(Outcome.TAKEN);
      assertThat(end.status()).isEqualTo(status);
    }
    for (int status : new int[] {304, 400, 404, 429, 500, 503}) {
      receiver.answer(_ -> status);
      assertThat(call(receiver.url("/")).outcome()).isEqualTo(Outcome.FAILED);
    }
    receiver.answer(_ -> 410);
    assertThat(call(receiver.url("/")).outcome()).isEqualTo(Outcome.UNWANTED);
  }

  @Test
  void aRedirectIsNotFollowed() {
    for (int status : new int[] {301, 302, 303, 307, 308}) {
      receiver.answer(_ -> status);

      assertThat(call(receiver.url("/hook")).error()).contains("redirects");
    }
    assertThat(receiver.calls()).allMatch(call -> call.path().equals("/hook"));
  }

  @Test
  void anAddressThatMayNotBeCalledIsRefusedWhenItIsConnectedTo() {
    try (Webhook strict = webhook(false)) {
      for (String url :
          new String[] {receiver.url("/"), receiver.url("/").replace("127.0.0.1", "localhost")}) {
        assertThat(call(strict, url).error()).contains("webhooks do not call");
      }
    }
    assertThat(receiver.calls()).isEmpty();
  }

  @Test
  void aReceiverThatAnswersByteByByteIsLeft() throws IOException {
    try (ServerSocket slow = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> drip(slow));

      assertThat(call("http://127.0.0.1:" + slow.getLocalPort() + "/").error())
          .contains("no answer within");
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
  void nobodyThereIsAFailureWithAReason() {
    int port = FreePort.next();

    assertThat(call("http://127.0.0.1:" + port + "/").error()).contains("refused");
    assertThat(call("http://no-such-name.invalid/").outcome()).isEqualTo(Outcome.FAILED);
  }

  @Test
  void aSecretIsSealedWhereItIsKeptAndOpensForItsWatcherOnly() {
    SecretBox box = SecretBox.open(OWN_KEY, folder.resolve("keys/key"));
    String sealed = box.seal(secret, "w-1");

    assertThat(secret).startsWith("whsec_").hasSizeGreaterThan(38);
    assertThat(sealed).doesNotContain(secret.substring(6, 20));
    assertThat(SecretBox.open(OWN_KEY, folder.resolve("keys/key")).open(sealed, "w-1"))
        .isEqualTo(secret);
    assertThatThrownBy(() -> box.open(sealed, "w-2"))
        .isInstanceOf(SecretBox.UnreadableException.class);
    SecretBox other = SecretBox.open(OWN_KEY, folder.resolve("other"));
    assertThatThrownBy(() -> other.open(sealed, "w-1"))
        .isInstanceOf(SecretBox.UnreadableException.class)
        .hasMessageContaining("faultline.notifier.secrets.key");
  }

  @Test
  void instancesWithTheSameKeyFileOpenWhatTheOthersSealed() throws IOException {
    Path file = folder.resolve("webhooks-key");
    NotifierProperties.Secrets shared = new NotifierProperties.Secrets("", file);
    assertThatThrownBy(() -> SecretBox.open(shared, folder.resolve("own")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("faultline.notifier.secrets.key-file")
        .hasMessageContaining(file.toString());
    assertThat(folder.resolve("own")).doesNotExist();

    Files.writeString(file, Base64.getEncoder().encodeToString(new byte[16]));
    assertThatThrownBy(() -> SecretBox.open(shared, folder.resolve("own")))
        .hasMessageContaining("32 bytes");

    Files.writeString(file, Base64.getEncoder().encodeToString(new byte[32]) + "\n");
    String sealed = SecretBox.open(shared, folder.resolve("a/own")).seal(secret, "w-1");
    assertThat(SecretBox.open(shared, folder.resolve("b/own")).open(sealed, "w-1"))
        .isEqualTo(secret);
    assertThat(folder.resolve("a")).doesNotExist();
  }

  @Test
  void duringARotationEitherSecretVerifies() {
    String other = WebhookSecret.generate(new SecureRandom());
    Instant now = Instant.now();
    List<WebhookSecret> both = List.of(WebhookSecret.parse(other), WebhookSecret.parse(secret));
    webhook.call(
        new Webhook.Request(
            receiver.url("/"),
            body(),
            Webhook.CLOUD_EVENT,
            Webhook.signed(both, "h1:01A", now, body()),
            Duration.ofSeconds(2),
            null),
        now);

    Receiver.Call call = receiver.calls().getFirst();
    for (String known : List.of(secret, other)) {
      assertThatCode(
              () -> new com.standardwebhooks.Webhook(known).verify(call.body(), call.headers()))
          .doesNotThrowAnyException();
    }
  }

  @Test
  void aCallGoesOnTheTraceOfItsEventAndIsOfNoneWithoutOne() {
    String trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    call(receiver.url("/"));
    webhook.call(
        new Webhook.Request(
            receiver.url("/"), body(), Webhook.CLOUD_EVENT, Map.of(), Duration.ofSeconds(2), trace),
        Instant.now());

    assertThat(receiver.calls())
        .extracting(call -> call.headers().allValues("traceparent"))
        .containsExactly(List.of(), List.of(trace));
  }

  private TryEnd call(String url) {
    return call(webhook, url);
  }

  private TryEnd call(Webhook by, String url) {
    Instant now = Instant.now();
    return by.call(
        new Webhook.Request(
            url,
            body(),
            Webhook.CLOUD_EVENT,
            Webhook.signed(List.of(WebhookSecret.parse(secret)), "h1:01A", now, body()),
            Duration.ofSeconds(2),
            null),
        now);
  }

  private static byte[] body() {
    return "{\"id\":\"h1:01A\",\"text\":\"Größe\"}".getBytes(UTF_8);
  }

  private static Webhook webhook(boolean allowLoopback) {
    var settings = AddressRuleTest.settings(allowLoopback, false);
    return new Webhook(settings, new AddressRule(settings));
  }
}
