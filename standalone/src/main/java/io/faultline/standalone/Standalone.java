package io.faultline.standalone;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.status.StatusManager;
import io.faultline.cli.Faultline;
import io.faultline.runtime.access.StartRefusedException;
import io.faultline.standalone.kafka.StartingKafka;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.boot.context.logging.LoggingApplicationListener;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Runs Faultline whole, in this one process.
 *
 * <pre>
 *   settings ─ data folder ─ port ─┬─ broker ─────────────┐
 *                                  └─ Spring up to Kafka ─┴─ services ─ ready
 * </pre>
 *
 * It stops in the opposite order, at SIGTERM and SIGINT with the exit codes that are customary for
 * them (143 and 130). What keeps it from starting is told in one line, with exit code 1.
 */
public final class Standalone {

  private static final Logger LOG = LoggerFactory.getLogger(Standalone.class);

  private static final Duration STOP_WITHIN = Duration.ofSeconds(20);
  private static final Duration READY_IS_LATE = Duration.ofSeconds(60);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(50);

  /** Less than what Kafka needs to write anything. */
  private static final long DISK_IS_FULL_BYTES = 1L << 20;

  private volatile boolean stopping;
  private volatile @Nullable DataFolder data;
  private volatile @Nullable FrontDoor door;
  private volatile @Nullable StartingKafka kafka;
  private volatile @Nullable ConfigurableApplicationContext context;

  private Standalone() {}

  public static void main(String[] arguments) {
    if (arguments.length > 0 && arguments[0].equals(CommandLine.CLIENT)) {
      Faultline.main(Arrays.copyOfRange(arguments, 1, arguments.length));
      return;
    }
    Standalone standalone = new Standalone();
    try {
      if (arguments.length > 0 && arguments[0].equals(TokenCommand.NAME)) {
        say(TokenCommand.run(List.of(arguments).subList(1, arguments.length)));
        return;
      }
      CommandLine line = CommandLine.parse(arguments);
      switch (line.wish()) {
        case HELP -> say(CommandLine.USAGE);
        case VERSION -> say("Faultline " + Version.ofThisBuild());
        case RUN -> standalone.run(line);
      }
    } catch (Throwable failed) {
      standalone.fail(failed);
    }
  }

  private void run(CommandLine line) throws InterruptedException {
    Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop"));
    SpringApplication application = new SpringApplication(StandaloneConfiguration.class);
    application.setBannerMode(Banner.Mode.OFF);
    application.setLogStartupInfo(false);
    application.setRegisterShutdownHook(false);
    application.addListeners(
        // The log file is in the data folder, and the broker logs.
        new WithSettings(LoggingApplicationListener.DEFAULT_ORDER - 1, this::openData),
        new WithSettings(LoggingApplicationListener.DEFAULT_ORDER + 1, this::startKafka));
    application.addInitializers(
        starting -> {
          context = starting;
          starting.getBeanFactory().registerSingleton("embeddedKafka", require(kafka));
        });
    ConfigurableApplicationContext running =
        application.run(line.springArguments().toArray(String[]::new));
    awaitReady(running.getBean(HealthEndpoint.class));
  }

  private void openData(ConfigurableEnvironment settings) {
    DataFolder folder = DataFolder.open(Path.of(settings.getProperty("faultline.data", "data")));
    data = folder;
    FrontDoor front = FrontDoor.of(settings);
    door = front;
    settings
        .getPropertySources()
        .addFirst(
            new MapPropertySource(
                "standalone",
                Map.of(
                    "faultline.access.one-process", "true",
                    "server.address", front.address().getHostAddress(),
                    "server.port", front.port(),
                    "faultline.slice-dir", folder.slice().toString(),
                    "faultline.state-dir", folder.state().toString(),
                    "faultline.device-service-url", front.url(),
                    "faultline.dm-service-url", front.url(),
                    "faultline.fs-service-url", front.url(),
                    "management.health.diskspace.path", folder.path().toString(),
                    "logging.file.name", folder.log().resolve("standalone.log").toString())));
    // Whoever says how people reach it is right; otherwise it is reached where it listens.
    settings
        .getPropertySources()
        .addLast(
            new MapPropertySource(
                "standalone defaults", Map.of("faultline.notifier.links.public-url", front.url())));
    say(
        "Faultline %s: %s, data in %s"
            .formatted(Version.ofThisBuild(), front.url(), folder.path()));
    FirstToken.prepare(settings, folder).ifPresent(Standalone::say);
  }

  private void startKafka(ConfigurableEnvironment settings) {
    keepLogbackQuiet();
    int port = settings.getProperty("faultline.kafka-port", Integer.class, 0);
    StartingKafka starting = StartingKafka.begin(require(data).kafka(), port, this::haltForKafka);
    kafka = starting;
    settings.getPropertySources().addFirst(new KafkaAddress(starting));
  }

  /**
   * Where the log file cannot be written, Logback would print a stack trace for each line of it.
   */
  private static void keepLogbackQuiet() {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext logback) {
      StatusManager status = logback.getStatusManager();
      status.getCopyOfStatusListenerList().forEach(status::remove);
    }
  }

  private void awaitReady(HealthEndpoint health) throws InterruptedException {
    boolean told = false;
    while (!stopping) {
      if (health.healthForPath("readiness").getStatus().equals(Status.UP)) {
        say(
            "ready in %.1f s; Kafka on %s; try: curl -s %s/v1/hosts"
                .formatted(
                    sinceStart().toMillis() / 1000.0,
                    require(kafka).bootstrapServers(),
                    require(door).url()));
        return;
      }
      if (!told && sinceStart().compareTo(READY_IS_LATE) > 0) {
        told = true;
        complain("not ready yet; what is missing: curl " + readinessUrl());
      }
      Thread.sleep(LOOK_AGAIN);
    }
  }

  private String readinessUrl() {
    return require(door).url() + "/actuator/health/readiness";
  }

  private void stop() {
    stopping = true;
    Thread closing = Thread.ofPlatform().name("stop-in-order").daemon().start(this::closeInOrder);
    try {
      if (closing.join(STOP_WITHIN)) {
        return;
      }
    } catch (InterruptedException nobodyDoesThat) {
      Thread.currentThread().interrupt();
    }
    complain("did not stop within %d s; ended hard".formatted(STOP_WITHIN.toSeconds()));
    // Everything that is kept survives this: it is no other than a SIGKILL.
    Runtime.getRuntime().halt(1);
  }

  private void closeInOrder() {
    close(context);
    close(kafka);
    close(data);
  }

  private static void close(@Nullable AutoCloseable part) {
    try {
      if (part != null) {
        part.close();
      }
    } catch (Exception failed) {
      LOG.warn("while stopping", failed);
    }
  }

  private void fail(Throwable failure) {
    if (stopping) {
      // A start that was interrupted fails in many ways, none of which tells anything.
      return;
    }
    complain(lineFor(failure));
    System.exit(1);
  }

  private String lineFor(Throwable failure) {
    Throwable root = failure;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      switch (cause) {
        case StartFailure told -> {
          return String.valueOf(told.getMessage());
        }
        case StartRefusedException refused -> {
          return refused.getMessage() + ": " + refused.remedy();
        }
        case PortInUseException late -> {
          FrontDoor wanted = require(door);
          return String.valueOf(
              FrontDoor.taken(wanted.address(), wanted.port(), null).getMessage());
        }
        default -> root = cause;
      }
    }
    String line =
        "cannot start: "
            + String.valueOf(root.getMessage()).lines().findFirst().orElse(root.toString());
    DataFolder folder = data;
    if (folder == null) {
      return line;
    }
    LOG.error("cannot start", failure);
    return line + "; more in " + folder.log();
  }

  private void haltForKafka(String reason) {
    if (!stopping) {
      Path folder = require(data).path();
      complain(
          folder.toFile().getUsableSpace() < DISK_IS_FULL_BYTES
              ? "the disk of " + folder + " is full"
              : "the embedded Kafka broker cannot go on: " + reason);
    }
    // Not an exit: those who would close things in order wait for the broker.
    Runtime.getRuntime().halt(1);
  }

  private static Duration sinceStart() {
    return Duration.ofMillis(
        System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime());
  }

  private static <T> T require(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("not started yet");
    }
    return part;
  }

  private static void say(String line) {
    System.out.println(line);
  }

  private static void complain(String line) {
    System.err.println("faultline: " + line);
  }

  /** Acts when the settings are known, before or after logging is set up. */
  private record WithSettings(int order, Consumer<ConfigurableEnvironment> action)
      implements ApplicationListener<ApplicationEnvironmentPreparedEvent>, Ordered {

    @Override
    public void onApplicationEvent(ApplicationEnvironmentPreparedEvent event) {
      action.accept(event.getEnvironment());
    }

    @Override
    public int getOrder() {
      return order;
    }
  }
}
