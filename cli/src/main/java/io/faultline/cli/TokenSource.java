package io.faultline.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the token of the caller. There is no option that takes it: what stands on a command line is
 * shown to everybody on the machine, and kept by shells.
 */
final class TokenSource {

  private static final int MAX_TOKEN_BYTES = 16 * 1024;

  private static final Set<PosixFilePermission> OF_OTHERS =
      Set.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

  private TokenSource() {}

  /**
   * @param option the value of {@code --token-file}
   * @return null if there is none: then nothing is sent
   */
  static @Nullable String find(
      @Nullable String option, Map<String, String> environment, InputStream standardInput) {
    if (option != null) {
      return fromFile(option, standardInput);
    }
    String token = environment.get("FAULTLINE_TOKEN");
    if (token != null && !token.isBlank()) {
      return checked(token, "FAULTLINE_TOKEN");
    }
    String file = environment.get("FAULTLINE_TOKEN_FILE");
    if (file != null && !file.isBlank()) {
      return fromFile(file, standardInput);
    }
    Path usual = usualFile(environment);
    return usual != null && Files.exists(usual) ? fromFile(usual.toString(), standardInput) : null;
  }

  private static @Nullable Path usualFile(Map<String, String> environment) {
    String config = environment.get("XDG_CONFIG_HOME");
    String home = environment.get("HOME");
    if (config != null && !config.isBlank()) {
      return Path.of(config, "faultline", "token");
    }
    return home == null || home.isBlank() ? null : Path.of(home, ".config", "faultline", "token");
  }

  private static String fromFile(String name, InputStream standardInput) {
    try {
      if (name.equals("-")) {
        return checked(text(standardInput), "standard input");
      }
      Path file = Path.of(name);
      refuseOpenToOthers(file);
      try (InputStream in = Files.newInputStream(file)) {
        return checked(text(in), name);
      }
    } catch (NoSuchFileException e) {
      throw Failure.of(ExitCode.USAGE, "there is no token file " + name);
    } catch (IOException e) {
      throw Failure.of(ExitCode.USAGE, "cannot read the token file " + name + ": " + e);
    }
  }

  private static void refuseOpenToOthers(Path file) throws IOException {
    if (!file.getFileSystem().supportedFileAttributeViews().contains("posix")
        || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      // Kubernetes mounts secrets as links into folders that only the pod sees.
      return;
    }
    if (Files.getPosixFilePermissions(file).stream().anyMatch(OF_OTHERS::contains)) {
      throw Failure.of(
          ExitCode.USAGE,
          "the token file " + file + " can be read by others; it is not used",
          "chmod 600 " + file);
    }
  }

  private static String text(InputStream in) throws IOException {
    return new String(in.readNBytes(MAX_TOKEN_BYTES), StandardCharsets.UTF_8);
  }

  private static String checked(String text, String where) {
    String token = text.strip();
    if (token.isEmpty() || token.chars().anyMatch(c -> c <= ' ' || c >= 0x7F)) {
      throw Failure.of(
          ExitCode.USAGE, "a token is one line of printable characters; " + where + " has none");
    }
    return token;
  }
}
