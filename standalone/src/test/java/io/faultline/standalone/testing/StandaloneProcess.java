package io.faultline.standalone.testing;

import io.faultline.runtime.testing.Awaiting;
import io.faultline.runtime.testing.FreePort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Faultline in a process of its own, on a free port, with its data in a given folder. It can be
 * stopped or killed and started again on the same port and data.
 *
 * <p>It runs the packaged jar where the build names one ({@code faultline.standalone.jar}), and
 * otherwise from the class path of the test.
 */
public final class StandaloneProcess implements AutoCloseable {

  /** Exit code after SIGTERM. */
  public static final int STOPPED = 143;

  /** Exit code where it could not start. */
  public static final int REFUSED = 1;

  private static final Pattern KAFKA = Pattern.compile("Kafka on (\\S+);");

  private final HttpClient http = HttpClient.newHttpClient();
  private final Path data;
  private final int port;
  private final Path out;
  private final Path err;
  private boolean fullSpeed;
  private @Nullable Process process;

  private StandaloneProcess(Path data, int port) {
    this.data = data;
    this.port = port;
    this.out = temporaryFile("out");
    this.err = temporaryFile("err");
  }

  /** Not started yet; on a port that is free now. */
  public static StandaloneProcess on(Path data) {
    return on(data, FreePort.next());
  }

  /** Not started yet. */
  public static StandaloneProcess on(Path data, int port) {
    return new StandaloneProcess(data, port);
  }

  /**
   * From its next start on it compiles as it does for its user. Otherwise it saves itself the
   * second compiler, which costs a start more than a third of its work and a test gains nothing
   * from.
   */
  public StandaloneProcess atFullSpeed() {
    fullSpeed = true;
    return this;
  }

  /** Starts the process and does not wait for anything; what it printed before is forgotten. */
  public StandaloneProcess start(String... options) {
    if (process != null && process.isAlive()) {
      throw new IllegalStateException("runs already: process " + process.pid());
    }
    List<String> command = new ArrayList<>(java(fullSpeed));
    command.add("--port=" + port);
    command.add("--data=" + data);
    command.addAll(Arrays.asList(options));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    // What was meant for the JVM of the test would be printed by this one.
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  /** Starts the process and waits until it is ready for work. */
  public StandaloneProcess startReady(String... options) {
    start(options);
    awaitReady();
    return this;
  }

  /** Waits until the whole path works and the process has said so. */
  public void awaitReady() {
    awaitPrinted("it is ready", out -> out.contains("ready in") && isReady());
  }

  /** Waits until it has printed {@code text}. */
  public void awaitOutput(String text) {
    awaitPrinted("it prints " + text, out -> out.contains(text));
  }

  /** Stops it with SIGTERM and waits for its end. */
  public int stop() {
    running().destroy();
    return awaitExit();
  }

  /** Ends it with SIGKILL. */
  public void kill() {
    running().destroyForcibly();
    awaitExit();
  }

  /** Waits until it has ended by itself, and tells its exit code. */
  public int awaitExit() {
    try {
      if (!running().waitFor(Awaiting.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError("it does not end; " + printed());
      }
      return running().exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  public long pid() {
    return running().pid();
  }

  public int port() {
    return port;
  }

  /** {@code http://127.0.0.1:port}. */
  public String url() {
    return "http://127.0.0.1:" + port;
  }

  /**
   * @param path from the root, with its query
   */
  public URI uri(String path) {
    return URI.create(url() + path);
  }

  /** The broker inside of it, from the line that tells that it is ready. */
  public String bootstrapServers() {
    Matcher matcher = KAFKA.matcher(out());
    if (!matcher.find()) {
      throw new IllegalStateException("it has not told where Kafka is; " + printed());
    }
    return matcher.group(1);
  }

  /** Standard output since the start. */
  public String out() {
    return read(out);
  }

  /** Standard error since the start. */
  public String err() {
    return read(err);
  }

  public HttpResponse<String> get(String path) {
    return send(HttpRequest.newBuilder(uri(path)).GET().build());
  }

  public HttpResponse<String> send(HttpRequest request) {
    try {
      return http.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(request + " failed; " + printed(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Ends it if it still runs. */
  @Override
  public void close() {
    if (process != null && process.isAlive()) {
      kill();
    }
    http.close();
    try {
      Files.deleteIfExists(out);
      Files.deleteIfExists(err);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean isReady() {
    HttpRequest request =
        HttpRequest.newBuilder(uri("/actuator/health/readiness"))
            .timeout(Duration.ofSeconds(5))
            .build();
    try {
      return http.send(request, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException notYet) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private void awaitPrinted(String what, Predicate<String> condition) {
    Awaiting.await(
        what,
        () -> {
          if (!running().isAlive()) {
            throw new AssertionError(
                "not " + what + ", it ended with " + running().exitValue() + "; " + printed());
          }
          return out();
        },
        condition);
  }

  private Process running() {
    if (process == null) {
      throw new IllegalStateException("not started");
    }
    return process;
  }

  private String printed() {
    return "it printed:\n" + out() + err();
  }

  /** The beginning of a command line of the client, as the jar has it. */
  public static List<String> client() {
    List<String> command = new ArrayList<>(java(false));
    command.add("cli");
    return command;
  }

  private static List<String> java(boolean fullSpeed) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // As the script run does.
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-Xmx1g",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow"));
    if (!fullSpeed) {
      command.add("-XX:TieredStopAtLevel=1");
    }
    String jar = System.getProperty("faultline.standalone.jar");
    if (jar != null && Files.exists(Path.of(jar))) {
      command.addAll(
          fullSpeed
              ? List.of("-jar", jar)
              : UnpackedJar.options(Path.of(jar), List.copyOf(command)));
    } else {
      // The tests' own logging is on their class path.
      command.add("-Dlogging.config=classpath:logback-spring.xml");
      String main = "io.faultline.standalone.Standalone";
      command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
    }
    return command;
  }

  private static Path temporaryFile(String name) {
    try {
      return Files.createTempFile("faultline-standalone-", "." + name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
