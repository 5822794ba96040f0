package io.faultline.cli;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** Where Faultline is and who is calling: options of every command, with the environment below. */
final class Connection {

  static final String DEFAULT_URL = "http://127.0.0.1:8080";

  @Option(
      names = "--url",
      scope = ScopeType.INHERIT,
      paramLabel = "URL",
      description = "where Faultline is (FAULTLINE_URL; default " + DEFAULT_URL + ")")
  @Nullable String url;

  @Option(
      names = "--host",
      scope = ScopeType.INHERIT,
      paramLabel = "HOST",
      description = "whose devices are meant (FAULTLINE_HOST; default local)")
  @Nullable String host;

  @Option(
      names = "--token-file",
      scope = ScopeType.INHERIT,
      paramLabel = "FILE",
      description =
          "holds the token, - for standard input (FAULTLINE_TOKEN_FILE, or the token itself in"
              + " FAULTLINE_TOKEN; default ~/.config/faultline/token where that exists)")
  @Nullable String tokenFile;

  @Option(
      names = "--ca-file",
      scope = ScopeType.INHERIT,
      paramLabel = "FILE",
      description = "PEM certificates to trust instead of the system's (FAULTLINE_CA_FILE)")
  @Nullable Path caFile;

  @Option(
      names = "--timeout",
      scope = ScopeType.INHERIT,
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "how long an answer may take (default ${DEFAULT-VALUE})")
  int timeoutSeconds;

  @Option(
      names = "--allow-plain-http",
      scope = ScopeType.INHERIT,
      description = "send a token to another machine without TLS: everybody on the way can take it")
  boolean allowPlainHttp;

  String host(Map<String, String> environment) {
    return chosen(host, environment.get("FAULTLINE_HOST"), "local");
  }

  Duration timeout() {
    return Duration.ofSeconds(Math.max(1, timeoutSeconds));
  }

  @Nullable Path caFile(Map<String, String> environment) {
    String named = environment.get("FAULTLINE_CA_FILE");
    return caFile != null || named == null || named.isBlank() ? caFile : Path.of(named);
  }

  /** Without a slash at its end. */
  URI url(Map<String, String> environment) {
    String text = chosen(url, environment.get("FAULTLINE_URL"), DEFAULT_URL);
    try {
      URI uri = new URI(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
      boolean isWeb = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (isWeb && uri.getHost() != null && uri.getUserInfo() == null && uri.getQuery() == null) {
        return uri;
      }
    } catch (java.net.URISyntaxException e) {
      // Told below, with all the others that are none.
    }
    throw Failure.of(
        ExitCode.USAGE,
        "a URL is http://HOST:PORT or https://HOST:PORT, but this is '" + text + "'");
  }

  private static String chosen(
      @Nullable String option, @Nullable String environment, String otherwise) {
    if (option != null) {
      return option;
    }
    return environment == null || environment.isBlank() ? otherwise : environment;
  }
}
