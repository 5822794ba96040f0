package io.faultline.standalone.kafka;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/**
 * The broker while it starts beside other work, and afterwards: whoever asks for its address waits
 * until it answers, so no client can start before it.
 */
public final class StartingKafka implements AutoCloseable {

  private final CompletableFuture<EmbeddedKafka> broker = new CompletableFuture<>();

  private StartingKafka() {}

  /**
   * Begins to start the broker; see {@link EmbeddedKafka#start}.
   *
   * @param directory its data
   * @param port where it listens; 0 for any free one
   * @param onFatal is told why the broker cannot go on, in one sentence; it must end the process
   */
  public static StartingKafka begin(Path directory, int port, Consumer<String> onFatal) {
    StartingKafka starting = new StartingKafka();
    Thread.ofPlatform()
        .name("kafka-start")
        .daemon()
        .start(() -> starting.start(directory, port, onFatal));
    return starting;
  }

  /**
   * Where clients find the broker, as soon as it answers.
   *
   * @throws CompletionException with the reason if it could not start
   */
  public String bootstrapServers() {
    return broker.join().bootstrapServers();
  }

  /** Whether it has started and takes requests. */
  public boolean isRunning() {
    return broker.isDone() && !broker.isCompletedExceptionally() && broker.join().isRunning();
  }

  /** Stops the broker, after its start if that is still under way. */
  @Override
  public void close() {
    broker.handle((kafka, failure) -> kafka).thenAccept(StartingKafka::closeStarted).join();
  }

  // The thread must not die of anything without telling those who wait for the address.
  private void start(Path directory, int port, Consumer<String> onFatal) {
    try {
      broker.complete(EmbeddedKafka.start(directory, port, onFatal));
    } catch (IOException | RuntimeException | Error failed) {
      broker.completeExceptionally(failed);
    }
  }

  private static void closeStarted(EmbeddedKafka kafka) {
    if (kafka != null) {
      kafka.close();
    }
  }
}
