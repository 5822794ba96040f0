package io.faultline.notifier.measure;

import static io.faultline.runtime.testing.Awaiting.await;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.events.Event;
import io.faultline.events.EventCodec;
import io.faultline.notifier.EventWriter;
import io.faultline.notifier.RunningNotifier;
import io.faultline.notifier.Told;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.testing.EmbeddedBroker;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Events a second to many streams, beside a bare consumer that reads the same events from the same
 * broker, and beside a bare server that writes the same bytes, ready made, to as many sockets. All
 * of it in one process, clients included.
 */
@EnabledIfSystemProperty(named = "faultline.measure", matches = "true")
class StreamMeasurement {

  private static final int ROUNDS = 2;
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final byte[] MARK = "\ndata: ".getBytes(UTF_8);

  @TempDir Path folder;

  @Test
  void eventsASecondToManyStreams() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start();
        RunningNotifier notifier =
            RunningNotifier.start(
                broker.bootstrapServers(),
                folder,
                Map.of(
                    "faultline.notifier.streams.max", 5_000,
                    "faultline.notifier.streams.queue", 1_000_000,
                    "server.tomcat.max-connections", 4_000,
                    "server.tomcat.accept-count", 2_000));
        EventWriter writer = EventWriter.plain(notifier.connection())) {
      for (int round = 1; round <= ROUNDS; round++) {
        round(round, notifier, writer, 1, 20_000);
        round(round, notifier, writer, 100, 5_000);
        round(round, notifier, writer, 1_000, 1_000);
      }
    }
  }

  private static void round(
      int round, RunningNotifier notifier, EventWriter writer, int streams, int events)
      throws Exception {
    Told told = new Told("m" + round + "-" + streams);
    Event[] flood = new Event[events];
    for (int i = 0; i < events; i++) {
      flood[i] = told.fileLost("data", told.faultId(1), i, "/a/file/" + i, 4096L * i);
    }
    // Streams that were closed cost a look at each event until their next heartbeat finds it out.
    await(
        "the streams of the round before are gone",
        () ->
            notifier
                    .get("/actuator/metrics/faultline.notifier.streams.open")
                    .get("measurements")
                    .get(0)
                    .get("value")
                    .asDouble()
                == 0);
    double bareRead;
    double path;
    try (KafkaConsumer<String, byte[]> bare = atTheEnd(notifier.connection(), flood[0]);
        Readers readers =
            Readers.open(notifier.port(), "/v1/events?host=" + told.host, streams, events)) {
      long start = System.nanoTime();
      writer.write(flood);
      path = readers.await(start);
      start = System.nanoTime();
      int read = 0;
      while (read < events) {
        read += bare.poll(Duration.ofSeconds(10)).count();
      }
      bareRead = read / seconds(start);
    }
    double fanOut = bareFanOut(flood, streams);
    System.out.printf(
        Locale.ROOT,
        "round %d, %d streams, %d events: bare consumer %.0f/s | to the streams %.0f/s"
            + " (%.0f events/s) | bare sockets %.0f/s | ratio to the sockets %.2f%n",
        round,
        streams,
        events,
        bareRead,
        path * streams,
        path,
        fanOut * streams,
        fanOut / path);
  }

  private static double seconds(long startNanos) {
    return (System.nanoTime() - startNanos) / 1e9;
  }

  private static KafkaConsumer<String, byte[]> atTheEnd(KafkaConnection connection, Event event) {
    Map<String, Object> settings = connection.properties();
    settings.put("isolation.level", "read_committed");
    KafkaConsumer<String, byte[]> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
    List<TopicPartition> partitions = new ArrayList<>();
    for (int partition = 0; partition < 4; partition++) {
      partitions.add(new TopicPartition(EventWriter.topic(event), partition));
    }
    consumer.assign(partitions);
    consumer.seekToEnd(partitions);
    partitions.forEach(consumer::position);
    return consumer;
  }

  /** The same bytes, made before, written to as many sockets, each by a thread of its own. */
  private static double bareFanOut(Event[] flood, int streams) throws Exception {
    List<byte[]> frames = new ArrayList<>();
    for (Event event : flood) {
      frames.add(
          ("id: AWm7yGkAAAAAAAAAAAAAAAAAAAAAAAAA\nevent: "
                  + event.type().ceType()
                  + "\ndata: "
                  + EventCodec.structured(event)
                  + "\n\n")
              .getBytes(UTF_8));
    }
    CountDownLatch go = new CountDownLatch(1);
    try (ServerSocket server = new ServerSocket(0, streams, InetAddress.getLoopbackAddress())) {
      Thread acceptor =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      for (int i = 0; i < streams; i++) {
                        Socket socket = server.accept();
                        Thread.ofVirtual().start(() -> writeAll(socket, frames, go));
                      }
                    } catch (IOException e) {
                      throw new AssertionError(e);
                    }
                  });
      try (Readers readers = Readers.open(server.getLocalPort(), "/", streams, flood.length)) {
        acceptor.join();
        long start = System.nanoTime();
        go.countDown();
        return readers.await(start);
      }
    }
  }

  private static void writeAll(Socket socket, List<byte[]> frames, CountDownLatch go) {
    try (OutputStream out = new BufferedOutputStream(socket.getOutputStream())) {
      // Else what was not read takes what was written with it when the socket is closed.
      byte[] request = new byte[1024];
      int length = socket.getInputStream().read(request);
      out.write(("HTTP/1.0 " + (length > 0 ? 200 : 400) + " \r\n\r\n").getBytes(UTF_8));
      out.flush();
      go.await();
      for (byte[] frame : frames) {
        out.write(frame);
      }
      out.flush();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Clients that count the events that they get, each a socket and a thread. */
  private static final class Readers implements AutoCloseable {
    private final List<Socket> sockets = new ArrayList<>();
    private final CountDownLatch done;
    private final CountDownLatch open;
    private final AtomicReference<String> refusal = new AtomicReference<>();
    private final int events;

    private Readers(int streams, int events) {
      this.done = new CountDownLatch(streams);
      this.open = new CountDownLatch(streams);
      this.events = events;
    }

    static Readers open(int port, String path, int streams, int events) throws Exception {
      Readers readers = new Readers(streams, events);
      for (int i = 0; i < streams; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        readers.sockets.add(socket);
        // 1.0, so that the answer comes as it is and not in chunks.
        socket
            .getOutputStream()
            .write(
                ("GET "
                        + path
                        + " HTTP/1.0\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n")
                    .getBytes(UTF_8));
        Thread.ofVirtual().start(() -> readers.read(socket));
      }
      if (!readers.open.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError(readers.open.getCount() + " streams were not opened");
      }
      if (readers.refusal.get() != null) {
        throw new AssertionError("a stream was refused: " + readers.refusal.get());
      }
      return readers;
    }

    private void read(Socket socket) {
      byte[] buffer = new byte[64 * 1024];
      int matched = 0;
      int got = 0;
      try (InputStream in = socket.getInputStream()) {
        int length = in.read(buffer);
        String answer = new String(buffer, 0, Math.max(length, 0), UTF_8);
        if (!answer.startsWith("HTTP/1.") || !answer.startsWith(" 200", "HTTP/1.x".length())) {
          refusal.compareAndSet(null, answer);
        }
        open.countDown();
        while (length >= 0) {
          for (int i = 0; i < length; i++) {
            matched = buffer[i] == MARK[matched] ? matched + 1 : buffer[i] == MARK[0] ? 1 : 0;
            if (matched == MARK.length) {
              matched = 0;
              got++;
            }
          }
          if (got >= events) {
            done.countDown();
            return;
          }
          length = in.read(buffer);
        }
      } catch (IOException e) {
        // Closed at the end; whoever waits for it says that it is missing.
      }
    }

    /** How many events a second each of them got, until the last had all. */
    double await(long startNanos) throws InterruptedException {
      if (!done.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError(done.getCount() + " streams did not get all");
      }
      return events / seconds(startNanos);
    }

    @Override
    public void close() throws IOException {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }
}
