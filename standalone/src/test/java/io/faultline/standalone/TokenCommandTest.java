package io.faultline.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenCommandTest {

  @TempDir Path data;

  @Test
  void aTokenIsInAFileAndNotInWhatIsPrinted() throws IOException {
    String printed =
        TokenCommand.run(
            List.of("create", "--role=operator", "--name=ci", "--data=" + data, "--expires=P90D"));

    Path secret = data.resolve("access/ci-token");
    String token = Files.readString(secret).strip();
    assertThat(token).startsWith("flt_");
    assertThat(printed).contains(secret.toString()).doesNotContain(token);
    assertThat(Files.readString(data.resolve("access/tokens")))
        .contains(" operator ", " ci\n")
        .doesNotContain(token);
    assertThatThrownBy(
            () ->
                TokenCommand.run(List.of("create", "--role=admin", "--name=ci", "--data=" + data)))
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining("is there already");
  }

  /** A token may be made before the first start. */
  @Test
  void theFolderCanStillBeUsedForData() {
    TokenCommand.run(List.of("create", "--role=admin", "--data=" + data));
    DataFolder.open(data).close();
    assertThat(data.resolve("VERSION")).exists();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "list",
        "create",
        "create --role=root",
        "create --rolle=admin",
        "create --role=admin --expires=soon",
        "create --role=admin --name=a/b"
      })
  void whatIsWrongIsNamed(String arguments) {
    List<String> all =
        arguments.isEmpty() ? List.of() : List.of((arguments + " --data=" + data).split(" "));
    assertThatThrownBy(() -> TokenCommand.run(all)).isInstanceOf(StartFailure.class);
  }
}
