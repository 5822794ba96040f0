package io.faultline.standalone.testing;

import io.faultline.runtime.testing.FreePort;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.util.DigestUtils;
import org.springframework.util.FileSystemUtils;

/**
 * The packaged jar as the script {@code run} unpacks it, with a cache of what the JVM loads and
 * links at a start (JEP 514), as the images have one. A start takes half the work with it, and the
 * tests start many.
 *
 * <p>It is made beside the jar by the first process that wants it, which starts Faultline once for
 * that, and again when the jar is another one.
 */
final class UnpackedJar {

  /** Of the one jar that is tested. */
  private static @Nullable List<String> options;

  private final Path jar;
  private final Path unpacked;
  private final Path cache;
  private final Path madeOf;

  private UnpackedJar(Path jar) {
    this.jar = jar;
    this.unpacked = jar.resolveSibling("unpacked-for-tests");
    this.cache = unpacked.resolve("faultline.aot");
    this.madeOf = unpacked.resolve("made-of");
  }

  /**
   * What java has to be told to run it, after the other options.
   *
   * @param java the beginning of a command line: the JVM, and those options that a cache depends on
   */
  static synchronized List<String> options(Path jar, List<String> java) {
    List<String> known = options;
    if (known == null) {
      try {
        known = new UnpackedJar(jar).made(java);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted", e);
      }
      options = known;
    }
    return known;
  }

  private List<String> made(List<String> java) throws IOException, InterruptedException {
    // Not by its time: that is the same for every jar, so that builds can be repeated.
    String digest = digest(jar);
    if (!Files.exists(madeOf) || !Files.readString(madeOf).equals(digest)) {
      FileSystemUtils.deleteRecursively(unpacked);
      make(java);
      Files.writeString(madeOf, digest);
    }
    // JDK 25 may tell of code that it cannot link, and does without it.
    return List.of("-XX:AOTCache=" + cache, "-Xlog:aot*=error", "-jar", main().toString());
  }

  private static String digest(Path jar) throws IOException {
    try (InputStream in = Files.newInputStream(jar)) {
      return DigestUtils.md5DigestAsHex(in);
    }
  }

  private Path main() {
    return unpacked.resolve(jar.getFileName());
  }

  private void make(List<String> java) throws IOException, InterruptedException {
    String command = java.getFirst();
    String printed =
        run(
            List.of(
                command,
                "-Djarmode=tools",
                "-jar",
                jar.toString(),
                "extract",
                "--force",
                "--destination",
                unpacked.toString()));
    Path data = Files.createTempDirectory("faultline-first-start-");
    printed +=
        run(
            java,
            List.of(
                "-XX:AOTCacheOutput=" + cache,
                "-jar",
                main().toString(),
                "--port=" + FreePort.next(),
                "--data=" + data));
    FileSystemUtils.deleteRecursively(data);
    if (!Files.exists(cache)) {
      throw new AssertionError("no " + cache + " was made:\n" + printed);
    }
  }

  /** Runs it until it ends, or to the line that says that it is ready. */
  @SafeVarargs
  private static String run(Collection<String>... parts) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    for (Collection<String> part : parts) {
      command.addAll(part);
    }
    StringBuilder printed = new StringBuilder();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        printed.append(line).append('\n');
        if (line.contains("ready in")) {
          // Process.destroy would close what is still to be read.
          process.toHandle().destroy();
        }
      }
    } finally {
      process.destroy();
    }
    process.waitFor();
    return printed.toString();
  }
}
