package io.faultline.notifier;

import io.faultline.runtime.testing.EmbeddedBroker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One broker and one notifier for all tests that speak HTTP: to start them takes longer than most
 * tests. Each test uses hosts and watchers of its own.
 */
public final class NotifierWorld {

  /** Events that may wait for one follower of the stream. */
  public static final int QUEUE = 200;

  /** Streams at a time. */
  public static final int MAX_STREAMS = 32;

  public static final Map<String, Object> SETTINGS =
      Map.of(
          "faultline.notifier.streams.max", MAX_STREAMS,
          "faultline.notifier.streams.queue", QUEUE,
          "faultline.notifier.streams.heartbeat", "100ms",
          "faultline.notifier.webhooks.allow-loopback", "true",
          "faultline.notifier.webhooks.timeout", "2s",
          "faultline.notifier.watchers.tries",
              "50ms,100ms,200ms,200ms,200ms,200ms,200ms,200ms,200ms,200ms,1h,1h,1h",
          // The same for all instances.
          "faultline.notifier.secrets.key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");

  private static @Nullable EmbeddedBroker broker;
  private static @Nullable RunningNotifier notifier;
  private static @Nullable EventWriter writer;

  private NotifierWorld() {}

  public static synchronized RunningNotifier notifier() {
    if (broker == null) {
      broker = EmbeddedBroker.start();
      Runtime.getRuntime().addShutdownHook(new Thread(NotifierWorld::stop));
    }
    if (notifier == null) {
      notifier = another();
    }
    return notifier;
  }

  /** One more instance, with an empty folder for its state. */
  public static synchronized RunningNotifier another() {
    try {
      Path stateDir = Files.createTempDirectory("faultline-notifier");
      return RunningNotifier.start(
          Objects.requireNonNull(broker).bootstrapServers(), stateDir, SETTINGS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Stops the notifier; the next who asks gets one that was started anew. */
  public static synchronized void stopNotifier() {
    if (notifier != null) {
      notifier.close();
      notifier = null;
    }
  }

  public static synchronized EventWriter writer() {
    if (writer == null) {
      writer = EventWriter.plain(notifier().connection());
    }
    return writer;
  }

  private static synchronized void stop() {
    stopNotifier();
    if (writer != null) {
      writer.close();
    }
    if (broker != null) {
      broker.close();
    }
  }
}
