package io.faultline.standalone.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.springframework.util.FileSystemUtils;

/**
 * One running Faultline, open and with its default settings, for every test class that only needs
 * one: a start costs more than most of what is tested on it. It is started by the first that asks,
 * given as a parameter of type {@link StandaloneProcess}, and stopped when all tests have ended.
 *
 * <p>Each class uses hosts of its own, and looks at events, faults and watchers of those only.
 * Nobody stops or kills it: who has to, or wants settings of its own, starts its own.
 *
 * <p>It must be silent on standard error: looked at after each class, so that it is known which
 * ones ran when it spoke, and once more after it has stopped.
 */
public final class SharedStandalone implements ParameterResolver, AfterAllCallback {

  private static final Namespace NAMESPACE = Namespace.create(SharedStandalone.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == StandaloneProcess.class;
  }

  @Override
  public StandaloneProcess resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getRoot()
        .getStore(NAMESPACE)
        .computeIfAbsent(Running.class, key -> Running.start(), Running.class)
        .faultline;
  }

  @Override
  public void afterAll(ExtensionContext context) {
    Running running = context.getRoot().getStore(NAMESPACE).get(Running.class, Running.class);
    if (running != null) {
      running.assertSilent();
    }
  }

  /** Closed by JUnit, after the last class; what fails then fails the run. */
  private static final class Running implements AutoCloseable {

    private final Path folder;
    final StandaloneProcess faultline;
    private long linesLookedAt;

    private Running(Path folder, StandaloneProcess faultline) {
      this.folder = folder;
      this.faultline = faultline;
    }

    static Running start() {
      try {
        Path folder = Files.createTempDirectory("faultline-shared-");
        return new Running(folder, StandaloneProcess.on(folder.resolve("data")).startReady());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** Since the last time. */
    synchronized void assertSilent() {
      List<String> lines = faultline.err().lines().skip(linesLookedAt).toList();
      linesLookedAt += lines.size();
      assertThat(lines).as("standard error of the shared Faultline").isEmpty();
    }

    @Override
    public void close() throws IOException {
      try (faultline) {
        assertThat(faultline.stop()).isEqualTo(StandaloneProcess.STOPPED);
        assertSilent();
      } finally {
        FileSystemUtils.deleteRecursively(folder);
      }
    }
  }
}
