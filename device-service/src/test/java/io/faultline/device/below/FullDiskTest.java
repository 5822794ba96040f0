package io.faultline.device.below;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk that is really full, in a process of its own: a small tmpfs in a user namespace, and files
 * that may not grow where that is not allowed.
 */
class FullDiskTest {

  private static final int PATIENCE_SECONDS = 120;

  @TempDir private Path folder;

  @Test
  void aFullFilesystemIsAProblemAndNothingIsHalfDone() throws Exception {
    List<String> mounting =
        List.of(
            "unshare",
            "-Urm",
            "sh",
            "-c",
            "mount -t tmpfs -o size=3m none \"$0\" && exec \"$@\"",
            folder.toString());
    String refusal = tried(mounting);
    Assumptions.assumeTrue(
        refusal.isEmpty(), () -> "SKIPPED, no filesystem can be mounted here: " + refusal);
    run(mounting, "filesystem");
  }

  @Test
  void filesThatMayNotGrowAreAProblemAndNothingIsHalfDone() throws Exception {
    List<String> limiting = List.of("sh", "-c", "ulimit -S -f unlimited; exec \"$@\"", "sh");
    String refusal = tried(List.of("prlimit", "--fsize"));
    Assumptions.assumeTrue(
        refusal.isEmpty(), () -> "SKIPPED, the size of files cannot be limited here: " + refusal);
    run(limiting, "limit");
  }

  /** What a command says when it is not possible here; empty if it is. */
  private static String tried(List<String> command) {
    List<String> trial = new ArrayList<>(command);
    trial.add("true");
    try {
      Process process = new ProcessBuilder(trial).redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.waitFor() == 0 ? "" : trial + " answered " + said.strip();
    } catch (IOException | InterruptedException e) {
      return e.toString();
    }
  }

  private void run(List<String> around, String how) throws Exception {
    List<String> command = new ArrayList<>(around);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx128m",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            FullDisk.class.getName(),
            how,
            folder.toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as(said).isTrue();
    assertThat(process.exitValue()).as(said).isZero();
  }
}
