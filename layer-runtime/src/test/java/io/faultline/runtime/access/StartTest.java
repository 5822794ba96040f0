package io.faultline.runtime.access;

import static io.faultline.runtime.testing.Awaiting.awaitAsserted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.mock.env.MockEnvironment;

/** What keeps a service from starting, and the tokens that are made before one does. */
class StartTest {

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::", "192.0.2.7", ""})
  void nobodyFromOutsideGetsInUnasked(String address) {
    assertThatThrownBy(() -> check(Map.of("server.address", address)))
        .isInstanceOf(StartRefusedException.class)
        .hasMessageContaining("would let other machines in")
        .satisfies(
            refused ->
                assertThat(((StartRefusedException) refused).remedy())
                    .contains("faultline.access.required=true", "tokens-file"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1", "127.9.9.9", "localhost"})
  void thisMachineAloneMay(String address) {
    assertThatCode(() -> check(Map.of("server.address", address))).doesNotThrowAnyException();
  }

  @Test
  void askingNeedsSomebodyWhoCanAnswer() {
    String outside = "0.0.0.0";
    assertThatThrownBy(
            () -> check(Map.of("server.address", outside, "faultline.access.required", "true")))
        .hasMessageContaining("nobody could ever get in");
    Map<String, String> settings = new HashMap<>();
    settings.put("server.address", outside);
    settings.put("faultline.access.required", "true");
    settings.put("faultline.access.tokens-file", "/tokens");
    assertThatThrownBy(() -> check(settings)).hasMessageContaining("nothing to show to the others");
    settings.put("faultline.access.service-token-file", "/token");
    assertThatCode(() -> check(settings)).doesNotThrowAnyException();
    settings.put("management.server.port", "9000");
    assertThatThrownBy(() -> check(settings)).hasMessageContaining("management.server.port=9000");
    settings.put("management.server.address", "127.0.0.1");
    assertThatCode(() -> check(settings)).doesNotThrowAnyException();
  }

  private static void check(Map<String, String> settings) {
    MockEnvironment environment = new MockEnvironment();
    settings.forEach(environment::setProperty);
    AccessProperties access =
        Binder.get(environment).bindOrCreate("faultline.access", AccessProperties.class);
    ListenRule.check(environment, access);
  }

  @ParameterizedTest
  @ValueSource(strings = {"HS256", "none", "RS255", ""})
  void onlyAsymmetricSignaturesCanBeConfigured(String algorithm) {
    MockEnvironment environment =
        new MockEnvironment()
            .withProperty("jwt.issuer", "https://id.example")
            .withProperty("jwt.audiences", "faultline")
            .withProperty("jwt.jwk-set-uri", "https://id.example/keys")
            .withProperty("jwt.algorithms[0]", algorithm);
    AccessProperties.Jwt settings =
        Binder.get(environment).bindOrCreate("jwt", AccessProperties.Jwt.class);
    assertThatThrownBy(() -> new JwtCallers(settings, null))
        .isInstanceOf(StartRefusedException.class)
        .hasMessageContaining("no asymmetric signature");
  }

  @Test
  void aTokenOfAFileIsPrivateAndLetsInUntilItsLineIsGone() throws IOException {
    Path tokens = folder.resolve("access/tokens");
    Path secret = folder.resolve("access/mine");
    TokensFile.create(tokens, secret, "operator", "ada", null);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(secret)))
        .isEqualTo("rw-------");
    ApiToken token = ApiToken.parse(Files.readString(secret).strip());
    assertThat(token).isNotNull();
    assertThat(Files.readString(tokens)).contains(token.hash()).doesNotContain(token.secret());
    assertThat(token.toString()).doesNotContain(token.secret());
    assertThatThrownBy(() -> TokensFile.create(tokens, secret, "viewer", "bob", null))
        .isInstanceOf(FileAlreadyExistsException.class);

    TokenDirectory directory =
        new TokenDirectory(new TokensFile(tokens), null, InstantSource.system(), (id, when) -> {});
    assertThat(directory.show(token))
        .isInstanceOfSatisfying(
            TokenDirectory.Shown.Good.class,
            good -> {
              assertThat(good.caller().role()).isEqualTo(Role.OPERATOR);
              assertThat(good.caller().name()).isEqualTo("ada");
            });
    Files.writeString(tokens, "# nobody\n");
    Files.setLastModifiedTime(tokens, FileTime.from(Instant.now().plusSeconds(9)));
    directory.settle();
    awaitAsserted(
        () -> assertThat(directory.show(token)).isInstanceOf(TokenDirectory.Shown.Bad.class));
  }

  @Test
  void aLineThatIsWrongIsNamed() throws IOException {
    Path tokens = Files.writeString(folder.resolve("tokens"), "# mine\n\nnonsense\n");
    assertThatThrownBy(() -> new TokensFile(tokens))
        .isInstanceOf(StartRefusedException.class)
        .hasMessageContaining("line 3");
    assertThatThrownBy(() -> new TokensFile(folder.resolve("none")))
        .isInstanceOf(StartRefusedException.class)
        .hasMessageContaining("cannot be read");
    assertThatThrownBy(() -> TokensFile.create(tokens, folder.resolve("s"), "root", "ada", null))
        .hasMessageContaining("\"root\"");
    assertThatThrownBy(() -> TokensFile.create(tokens, folder.resolve("s"), "admin", "a b", null))
        .hasMessageContaining("\"a b\"");
  }

  @Test
  void untilTheTopicIsReadAnUnknownTokenMayBeGood() {
    TokenDirectory directory =
        new TokenDirectory(null, null, InstantSource.system(), (id, when) -> {});
    ApiToken token = ApiToken.random(new SecureRandom());
    assertThat(directory.show(token)).isInstanceOf(TokenDirectory.Shown.NotYet.class);
    directory.settle();
    assertThat(directory.show(token)).isInstanceOf(TokenDirectory.Shown.Bad.class);
  }
}
