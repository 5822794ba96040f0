package io.faultline.standalone.kafka;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import kafka.server.BrokerServer;
import kafka.server.ControllerServer;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.server.Server;
import kafka.server.SharedServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.metadata.BrokerState;
import org.apache.kafka.metadata.bootstrap.BootstrapMetadata;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.fault.FaultHandler;
import org.apache.kafka.server.fault.LoggingFaultHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Tuple2;

/**
 * A Kafka broker (KRaft, broker and controller in one node) that keeps its data in one folder and
 * listens on loopback only.
 *
 * <p>It is put together from the parts that {@link KafkaRaftServer} is put together from, for two
 * reasons: its ports are bound before it starts, so nobody can take them in between, and what is
 * fatal to it is told to {@code onFatal} instead of ending the process without a word.
 *
 * <p>Its ports are chosen anew at every start; nobody outside this process needs to know them.
 */
public final class EmbeddedKafka implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedKafka.class);
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
  private static final Duration STOP_WITHIN = Duration.ofSeconds(5);

  private final String bootstrapServers;
  private final Metrics metrics;
  private final ControllerServer controller;
  private final BrokerServer broker;

  private EmbeddedKafka(Map<String, String> settings, Ports ports, Consumer<String> onFatal) {
    this.bootstrapServers = LOOPBACK.getHostAddress() + ":" + ports.brokerPort();
    KafkaConfig config = new KafkaConfig(settings, false);
    Tuple2<MetaPropertiesEnsemble, BootstrapMetadata> stored =
        KafkaRaftServer.initializeLogDirs(config, LOG, "");
    this.metrics =
        Server.initializeMetrics(config, Time.SYSTEM, stored._1().clusterId().orElseThrow());
    SharedServer shared =
        new SharedServer(
            config,
            stored._1(),
            Time.SYSTEM,
            metrics,
            CompletableFuture.completedFuture(
                Map.of(
                    BrokerSettings.NODE_ID,
                    new InetSocketAddress(LOOPBACK, ports.controllerPort()))),
            List.of(),
            (name, fatal, action) -> faultHandler(name, fatal, action, onFatal),
            (listener, address, backlog, receiveBufferBytes) -> ports.take(listener));
    this.broker = new BrokerServer(shared);
    this.controller = new ControllerServer(shared, KafkaRaftServer.configSchema(), stored._2());
  }

  /**
   * Starts the broker on the data in {@code directory}, which is formatted if it is empty, and
   * returns when it answers.
   *
   * @param port where it listens; 0 for any free one
   * @param onFatal is told why the broker cannot go on, in one sentence; it must end the process
   * @throws IOException if the port or the folder cannot be had
   */
  public static EmbeddedKafka start(Path directory, int port, Consumer<String> onFatal)
      throws IOException {
    // A log folder that fails ends Kafka in this way, past every fault handler.
    Exit.setHaltProcedure((status, message) -> onFatal.accept(haltReason(status, message)));
    Exit.setExitProcedure((status, message) -> onFatal.accept(haltReason(status, message)));
    try (Ports ports = Ports.bind(port)) {
      Map<String, String> settings =
          BrokerSettings.of(directory, ports.brokerPort(), ports.controllerPort());
      if (Files.notExists(directory.resolve(MetaPropertiesEnsemble.META_PROPERTIES_NAME))) {
        format(directory);
      }
      EmbeddedKafka kafka = new EmbeddedKafka(settings, ports, onFatal);
      kafka.startup();
      return kafka;
    }
  }

  /** Where clients find it: {@code 127.0.0.1:port}. */
  public String bootstrapServers() {
    return bootstrapServers;
  }

  /** Whether it takes requests. */
  public boolean isRunning() {
    return broker.brokerState() == BrokerState.RUNNING;
  }

  /** Stops it cleanly; every client should have gone before. */
  @Override
  public void close() {
    // The broker first: it tells the controller that it leaves.
    broker.shutdown(STOP_WITHIN);
    controller.shutdown();
    Utils.closeQuietly(metrics, "metrics");
  }

  private void startup() {
    try {
      controller.startup();
      broker.startup();
    } catch (RuntimeException failed) {
      close();
      throw failed;
    }
  }

  private static void format(Path directory) throws IOException {
    Formatter formatter =
        new Formatter()
            .setPrintStream(new PrintStream(OutputStream.nullOutputStream()))
            .setNodeId(BrokerSettings.NODE_ID)
            .setClusterId(Uuid.randomUuid().toString())
            .setControllerListenerName(BrokerSettings.CONTROLLER_LISTENER)
            .setMetadataLogDirectory(directory.toString())
            .addDirectory(directory.toString());
    try {
      formatter.run();
    } catch (IOException failed) {
      throw failed;
    } catch (Exception failed) {
      throw new IOException("cannot format " + directory + ": " + failed.getMessage(), failed);
    }
  }

  private static FaultHandler faultHandler(
      String name, boolean fatal, Runnable action, Consumer<String> onFatal) {
    if (!fatal) {
      return new LoggingFaultHandler(name, action);
    }
    return (message, cause) -> {
      LOG.error("{}: {}", name, message, cause);
      action.run();
      onFatal.accept(name + ": " + message + (cause == null ? "" : " (" + cause + ")"));
      return new IllegalStateException(message, cause);
    };
  }

  private static String haltReason(int status, String message) {
    return message == null ? "it gave up with status " + status : message;
  }

  /** The ports, bound from the start and handed over to Kafka one by one. */
  private static final class Ports implements AutoCloseable {

    private final ServerSocketChannel broker;
    private final ServerSocketChannel controller;
    private final List<ServerSocketChannel> notTaken;

    private Ports(ServerSocketChannel broker, ServerSocketChannel controller) {
      this.broker = broker;
      this.controller = controller;
      this.notTaken = new ArrayList<>(List.of(broker, controller));
    }

    static Ports bind(int brokerPort) throws IOException {
      ServerSocketChannel broker = bound(brokerPort);
      try {
        return new Ports(broker, bound(0));
      } catch (IOException failed) {
        broker.close();
        throw failed;
      }
    }

    private static ServerSocketChannel bound(int port) throws IOException {
      ServerSocketChannel channel = ServerSocketChannel.open();
      try {
        channel.bind(new InetSocketAddress(LOOPBACK, port));
        return channel;
      } catch (IOException failed) {
        channel.close();
        throw new IOException("port " + port + " for Kafka: " + failed.getMessage(), failed);
      }
    }

    int brokerPort() {
      return broker.socket().getLocalPort();
    }

    int controllerPort() {
      return controller.socket().getLocalPort();
    }

    synchronized ServerSocketChannel take(String listener) throws IOException {
      ServerSocketChannel channel =
          listener.equals(BrokerSettings.BROKER_LISTENER) ? broker : controller;
      if (!notTaken.remove(channel)) {
        throw new IOException("the port of " + listener + " was taken before");
      }
      channel.configureBlocking(false);
      return channel;
    }

    @Override
    public synchronized void close() throws IOException {
      for (ServerSocketChannel channel : notTaken) {
        channel.close();
      }
    }
  }
}
