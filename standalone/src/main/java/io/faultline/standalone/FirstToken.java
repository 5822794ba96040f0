package io.faultline.standalone;

import io.faultline.runtime.access.TokensFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertyResolver;

/** The first administrator's token, made at the first start that asks callers who they are. */
final class FirstToken {

  private static final String TOKENS_FILE = "faultline.access.tokens-file";

  private FirstToken() {}

  /** Whether callers are asked who they are. */
  static boolean isNeeded(PropertyResolver settings) {
    return settings.getProperty("faultline.access.required", Boolean.class, false)
        || !settings.getProperty("faultline.access.jwt.issuer", "").isEmpty();
  }

  /**
   * Sees to it that there is a file of tokens.
   *
   * @return where the token is that was made, if one was; never the token
   */
  static Optional<String> prepare(ConfigurableEnvironment settings, DataFolder folder) {
    if (!isNeeded(settings) || settings.containsProperty(TOKENS_FILE)) {
      return Optional.empty();
    }
    Path tokens = tokens(folder.path());
    settings
        .getPropertySources()
        .addFirst(new MapPropertySource("first token", Map.of(TOKENS_FILE, tokens.toString())));
    if (Files.exists(tokens)) {
      return Optional.empty();
    }
    Path secret = folder.access().resolve("admin-token");
    try {
      TokensFile.create(tokens, secret, "admin", "first-admin", null);
    } catch (IOException e) {
      throw new StartFailure("cannot make the first token in " + secret + ": " + e, e);
    }
    return Optional.of("the first administrator's token is in " + secret);
  }

  /** Where standalone keeps the hashes of the tokens that are made before anything runs. */
  static Path tokens(Path data) {
    return data.resolve("access").resolve("tokens");
  }
}
