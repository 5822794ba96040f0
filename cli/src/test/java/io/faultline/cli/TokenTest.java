package io.faultline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the token comes from, and where it does not go. */
class TokenTest {

  private final FakeService service = new FakeService().answers(200, "{\"items\":[]}");
  @TempDir Path folder;

  @AfterEach
  void close() {
    service.close();
  }

  private String sent() {
    return service.asked().getFirst().headers().getOrDefault("Authorization", "nothing");
  }

  private Path file(String permissions) throws IOException {
    Path file = folder.resolve("token");
    Files.writeString(file, "flt_1_secret\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    return file;
  }

  @Test
  void aTokenFileOfTheCallerIsRead() throws IOException {
    Path file = file("rw-------");
    Typed typed = Typed.command(Map.of(), "hosts", "--url", service.url(), "--token-file=" + file);
    assertThat(typed.exitCode()).isZero();
    assertThat(sent()).isEqualTo("Bearer flt_1_secret");
  }

  @Test
  void aTokenFileThatOthersCanReadIsNotUsed() throws IOException {
    Path file = file("rw-r--r--");
    Typed typed = Typed.command(Map.of(), "hosts", "--url", service.url(), "--token-file=" + file);
    assertThat(typed.exitCode()).isEqualTo(ExitCode.USAGE.number());
    assertThat(typed.err()).contains("can be read by others", "chmod 600 " + file);
    assertThat(service.asked()).isEmpty();
  }

  @Test
  void standardInputAndTheEnvironmentServeAsWell() {
    Map<String, String> environment =
        Map.of("FAULTLINE_URL", service.url(), "FAULTLINE_TOKEN", "flt_2_b");
    service.answers(200, "{\"items\":[]}");
    Typed.command(environment, "hosts");
    assertThat(sent()).isEqualTo("Bearer flt_2_b");
    Typed.commandReading("flt_3_c\n", environment, "hosts", "--token-file=-");
    assertThat(service.asked().getLast().headers())
        .containsEntry("Authorization", "Bearer flt_3_c");
  }

  @Test
  void theUsualFileIsFoundByItself() throws IOException {
    Path config = Files.createDirectories(folder.resolve("faultline"));
    Files.move(file("rw-------"), config.resolve("token"));
    Typed.command(
        Map.of("FAULTLINE_URL", service.url(), "XDG_CONFIG_HOME", folder.toString()), "hosts");
    assertThat(sent()).isEqualTo("Bearer flt_1_secret");
  }

  @Test
  void aTokenIsNotSentToAnotherMachineWithoutTls() {
    Typed typed =
        Typed.command(
            Map.of("FAULTLINE_URL", "http://192.0.2.1:8080", "FAULTLINE_TOKEN", "flt_4_d"),
            "hosts");
    assertThat(typed.exitCode()).isEqualTo(ExitCode.USAGE.number());
    assertThat(typed.err()).contains("the token is not sent to http://192.0.2.1:8080");
    assertThat(typed.err()).doesNotContain("flt_4_d");
  }

  @Test
  void aTokenThatWouldBreakTheHeaderIsRefused() {
    Typed typed =
        Typed.command(
            Map.of("FAULTLINE_URL", service.url(), "FAULTLINE_TOKEN", "a\r\nX-Role: admin"),
            "hosts");
    assertThat(typed.exitCode()).isEqualTo(ExitCode.USAGE.number());
    assertThat(service.asked()).isEmpty();
  }
}
