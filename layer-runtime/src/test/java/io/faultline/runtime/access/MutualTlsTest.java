package io.faultline.runtime.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.faultline.runtime.testing.EmbeddedBroker;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A service over TLS that takes only callers with a certificate, from configuration alone. */
class MutualTlsTest {

  private static final String PASSWORD = "changeit";

  @TempDir Path folder;

  @Test
  void onlyWhoHasACertificateConnectsAndServicesDo() throws Exception {
    Path store = selfSigned();
    String bundle = "spring.ssl.bundle.jks.faultline.";
    try (GuardedService service =
        GuardedService.start(
            EmbeddedBroker.shared().bootstrapServers(),
            Map.of(
                bundle + "keystore.location",
                "file:" + store,
                bundle + "keystore.password",
                PASSWORD,
                bundle + "truststore.location",
                "file:" + store,
                bundle + "truststore.password",
                PASSWORD,
                "server.ssl.bundle",
                "faultline",
                "server.ssl.client-auth",
                "need",
                "faultline.tls.client-bundle",
                "faultline",
                "faultline.requests.body-grace",
                "PT1S"))) {
      // The client of the services shows the certificate.
      HttpResponse<String> answer = service.send(service.request("/v1/things/a"));
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.uri().getScheme()).isEqualTo("https");

      try (HttpClient without = HttpClient.newBuilder().sslContext(trusting(store)).build()) {
        assertThatThrownBy(
                () ->
                    without.send(
                        service.request("/v1/things/a").build(),
                        HttpResponse.BodyHandlers.ofString()))
            .isInstanceOf(IOException.class);
      }
      try (Socket plain = new Socket("127.0.0.1", service.port())) {
        plain
            .getOutputStream()
            .write(
                "GET /v1/things/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
        byte[] said = plain.getInputStream().readAllBytes();
        assertThat(new String(said, StandardCharsets.UTF_8)).doesNotContain("thing");
      }
      drips(service);
    }
  }

  /** A body that comes a byte at a time is ended under TLS too. */
  private static void drips(GuardedService service) throws IOException {
    SSLContext shown = service.calls().client(GuardedService.PATIENCE).sslContext();
    String answer =
        Drip.of(
            shown.getSocketFactory().createSocket("127.0.0.1", service.port()),
            "POST /v1/things/a/faults HTTP/1.1\r\nHost: localhost\r\n"
                + "Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n",
            " ");
    assertThat(answer).startsWith("HTTP/1.1 408");
    assertThat(service.changes()).isZero();
  }

  /** Trusts the service, and has nothing to show. */
  private static SSLContext trusting(Path store) throws GeneralSecurityException, IOException {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      trusted.load(in, PASSWORD.toCharArray());
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  /** Java has no interface for making a certificate, but a tool. */
  private Path selfSigned() throws IOException, InterruptedException {
    Path store = folder.resolve("store.p12");
    Path certificate = folder.resolve("own.crt");
    keytool(
        store,
        "-genkeypair",
        "-alias",
        "own",
        "-keyalg",
        "EC",
        "-dname",
        "CN=faultline",
        "-ext",
        "SAN=ip:127.0.0.1,dns:localhost");
    keytool(store, "-exportcert", "-alias", "own", "-file", certificate.toString());
    keytool(
        store, "-importcert", "-noprompt", "-alias", "trusted", "-file", certificate.toString());
    return store;
  }

  private void keytool(Path store, String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
    command.addAll(List.of(arguments));
    command.addAll(
        List.of("-keystore", store.toString(), "-storetype", "PKCS12", "-storepass", PASSWORD));
    Process tool =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("keytool.log").toFile())
            .start();
    assertThat(tool.waitFor()).as(Files.readString(folder.resolve("keytool.log"))).isZero();
  }
}
