package io.faultline.deployment.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.faultline.runtime.rights.KafkaRights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretsTest {

  @TempDir Path folder;

  @Test
  void everySecretIsMadeAndNoTwoAreTheSame() throws IOException {
    Secrets.make(folder);

    Map<String, String> made = files();
    assertThat(made.keySet())
        .contains("kafka/broker-password", "grafana/admin-password", "kafka-users/dm-service");
    for (String user : KafkaRights.all().keySet()) {
      assertThat(made.get("kafka-users/" + user)).matches("[0-9a-f]{64}");
      assertThat(made.get(user + "/kafka-password")).isEqualTo(made.get("kafka-users/" + user));
      assertThat(made.get(user + "/service-token")).startsWith("flt_");
      assertThat(made.get(user + "/tokens"))
          .isEqualTo(made.get("tokens/tokens"))
          .contains(" service ", " admin ", " viewer ")
          .doesNotContain("flt_");
    }
    assertThat(Base64.getDecoder().decode(made.get("notifier-service/webhooks-key"))).hasSize(32);
    assertThat(Secrets.adminToken(folder)).isEqualTo(made.get("admin/token").strip());
    assertThat(
            made.entrySet().stream()
                .filter(file -> !file.getKey().endsWith("/tokens"))
                .filter(file -> !file.getKey().endsWith("/kafka-password"))
                .map(Map.Entry::getValue))
        .doesNotHaveDuplicates();
  }

  @Test
  void whatIsThereStays() throws IOException {
    Secrets.make(folder);
    Map<String, String> first = files();

    Secrets.make(folder);

    assertThat(files()).isEqualTo(first);
  }

  @Test
  void aServiceThatLostItsVolumeGetsTheSecretThatKafkaKnows() throws IOException {
    Secrets.make(folder);
    Map<String, String> first = files();
    Files.delete(folder.resolve("fs-service").resolve("kafka-password"));

    Secrets.make(folder);

    assertThat(files()).isEqualTo(first);
  }

  @Test
  void whatCannotBeWrittenIsSaid() throws IOException {
    Path file = Files.writeString(folder.resolve("taken"), "");

    assertThatThrownBy(() -> Secrets.make(file))
        .isInstanceOf(SetupException.class)
        .hasMessageContaining("taken");
  }

  private Map<String, String> files() throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        contents.put(folder.relativize(file).toString(), Files.readString(file));
      }
    }
    return contents;
  }
}
