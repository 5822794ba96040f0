package io.faultline.deployment.docker;

import io.faultline.deployment.Project;
import io.faultline.runtime.testing.FreePort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The Compose file as a project of its own, with volumes that go with it. */
final class Compose implements AutoCloseable {

  private static final String PROJECT = "faultline-test";

  private final int port = FreePort.next();
  private final int prometheusPort = FreePort.next();
  private final List<String> compose;

  Compose() {
    // Version 2 where it is there, or what Debian has.
    this.compose =
        succeeds("docker", "compose", "version")
            ? List.of("docker", "compose")
            : List.of("docker-compose");
    close();
  }

  /** Whether there is an engine that answers. */
  static boolean hasEngine() {
    return succeeds("docker", "version");
  }

  /** Where the front door is. */
  String url() {
    return "http://127.0.0.1:" + port;
  }

  /** Where Prometheus is, with the profile {@code monitoring}. */
  String prometheusUrl() {
    return "http://127.0.0.1:" + prometheusPort;
  }

  /**
   * @return what it printed
   */
  String run(String... arguments) {
    List<String> command = new ArrayList<>(compose);
    command.addAll(List.of("--env-file", environmentFile(), "-p", PROJECT));
    command.addAll(Arrays.asList(arguments));
    return output(
        command,
        Map.of(
            "FAULTLINE_PORT", Integer.toString(port),
            "FAULTLINE_PROMETHEUS_PORT", Integer.toString(prometheusPort)));
  }

  /** Ends the first container of a service with SIGKILL. */
  void kill(String service) {
    String container = run("ps", "-q", service).lines().findFirst().orElseThrow();
    docker("kill", container);
  }

  String docker(String... arguments) {
    List<String> command = new ArrayList<>(List.of("docker"));
    command.addAll(Arrays.asList(arguments));
    return finished(command);
  }

  /** The base images that need no registry. */
  static void makeLocalImages() {
    finished(List.of(Project.file("deploy/local/images").toString()));
  }

  @Override
  public void close() {
    run("down", "--volumes", "--remove-orphans", "--timeout", "5");
  }

  private static String environmentFile() {
    return Project.file(System.getProperty("faultline.docker.env-file", "deploy/local/local.env"))
        .toString();
  }

  private static String finished(List<String> command) {
    return output(command, Map.of());
  }

  private static String output(List<String> command, Map<String, String> more) {
    try {
      ProcessBuilder builder = new ProcessBuilder(command).directory(Project.file("").toFile());
      builder.environment().putAll(more);
      Process process = builder.redirectErrorStream(true).start();
      process.getOutputStream().close();
      String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int code = process.waitFor();
      if (code != 0) {
        throw new AssertionError(command + " ended with " + code + ":\n" + printed);
      }
      return printed;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private static boolean succeeds(String... command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor() == 0;
    } catch (IOException notThere) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
