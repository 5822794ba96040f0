package io.faultline.standalone;

import io.faultline.runtime.access.TokensFile;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code run token create}: a token while nothing runs, and for what is run elsewhere. */
final class TokenCommand {

  static final String NAME = "token";

  private static final Set<String> OPTIONS =
      Set.of("role", "name", "data", "tokens-file", "token-file", "expires");
  private static final String USAGE =
      "run token create --role=viewer|operator|admin|service [--name=NAME] [--data=DIR]"
          + " [--tokens-file=FILE] [--token-file=FILE] [--expires=P90D]";

  private TokenCommand() {}

  /**
   * @param arguments what was typed after {@code token}
   * @return a line that says where the token is; never the token
   * @throws StartFailure if nothing was made
   */
  static String run(List<String> arguments) {
    if (arguments.isEmpty() || !arguments.getFirst().equals("create")) {
      throw new StartFailure(USAGE);
    }
    Map<String, String> options = options(arguments.subList(1, arguments.size()));
    String role = options.getOrDefault("role", "");
    String name = options.getOrDefault("name", role);
    Path data = Path.of(options.getOrDefault("data", "data")).toAbsolutePath().normalize();
    Path tokens = file(options.get("tokens-file"), FirstToken.tokens(data));
    Path secret = file(options.get("token-file"), data.resolve("access").resolve(name + "-token"));
    try {
      TokensFile.create(tokens, secret, role, name, expires(options.get("expires")));
    } catch (FileAlreadyExistsException e) {
      throw new StartFailure(
          e.getFile() + " is there already; choose another --name or --token-file", e);
    } catch (IOException e) {
      throw new StartFailure("cannot make a token: " + e, e);
    } catch (IllegalArgumentException e) {
      throw new StartFailure(e.getMessage() + "; " + USAGE, e);
    }
    return "the token of " + name + " (" + role + ") is in " + secret + ", its hash in " + tokens;
  }

  private static Path file(@Nullable String chosen, Path otherwise) {
    return chosen == null ? otherwise : Path.of(chosen).toAbsolutePath().normalize();
  }

  private static Map<String, String> options(List<String> arguments) {
    Map<String, String> options = new HashMap<>();
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      String name = equals < 0 || !argument.startsWith("--") ? "" : argument.substring(2, equals);
      if (!OPTIONS.contains(name)) {
        throw new StartFailure("unknown option " + argument + "; " + USAGE);
      }
      options.put(name, argument.substring(equals + 1));
    }
    return options;
  }

  private static @Nullable Instant expires(@Nullable String life) {
    try {
      return life == null
          ? null
          : Instant.now().plus(Duration.parse(life)).truncatedTo(ChronoUnit.SECONDS);
    } catch (DateTimeException e) {
      throw new StartFailure("--expires is a duration such as P90D, not " + life, e);
    }
  }
}
