package io.faultline.runtime.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;
import org.jspecify.annotations.Nullable;

/**
 * A real Kafka broker (KRaft, one node) in this process, with its data in a folder that goes with
 * it. One is shared by all tests of a JVM: each test uses hosts of its own, or a broker of its own.
 *
 * <p>With {@code -Dfaultline.kafka=container} it is Kafka's own image in a container instead, for
 * the same tests; see {@link ContainerBroker}.
 */
public final class EmbeddedBroker implements AutoCloseable {

  private static @Nullable EmbeddedBroker shared;

  private final Runnable stop;
  private final String bootstrapServers;

  private EmbeddedBroker(Runnable stop, String bootstrapServers) {
    this.stop = stop;
    this.bootstrapServers = bootstrapServers;
  }

  /** The broker of this JVM: started by the first who asks, stopped when the JVM ends. */
  public static synchronized EmbeddedBroker shared() {
    if (shared == null) {
      shared = start();
      Runtime.getRuntime().addShutdownHook(new Thread(shared::close));
    }
    return shared;
  }

  /** A broker of one's own. */
  public static EmbeddedBroker start() {
    return switch (System.getProperty("faultline.kafka", "embedded")) {
      case "embedded" -> startHere(Map.of());
      case "container" -> {
        ContainerBroker container = ContainerBroker.start(oneNode());
        yield new EmbeddedBroker(container::close, container.bootstrapServers());
      }
      default ->
          throw new IllegalArgumentException(
              "faultline.kafka is embedded or container, but it is "
                  + System.getProperty("faultline.kafka"));
    };
  }

  /** The user of a guarded broker who may everything. */
  public static final String ADMIN = "admin";

  /**
   * A broker of one's own that asks its clients who they are (SASL/SCRAM) and lets them do only
   * what an ACL says; {@link #ADMIN} may everything.
   *
   * @param users the passwords, by the names
   */
  public static EmbeddedBroker guarded(Map<String, String> users) {
    return startHere(Map.copyOf(users));
  }

  private static EmbeddedBroker startHere(Map<String, String> users) {
    try {
      Path dir = Files.createTempDirectory("faultline-kafka");
      int brokerPort = FreePort.next();
      int controllerPort = FreePort.next();
      Map<String, String> settings = settings(dir, brokerPort, controllerPort);
      if (!users.isEmpty()) {
        settings.putAll(guard(brokerPort, controllerPort));
      }
      Formatter formatter =
          new Formatter()
              .setPrintStream(new PrintStream(OutputStream.nullOutputStream()))
              .setClusterId(Uuid.randomUuid().toString())
              .setNodeId(1)
              .setReleaseVersion(MetadataVersion.LATEST_PRODUCTION)
              .setControllerListenerName("CONTROLLER")
              .setMetadataLogDirectory(dir.toString())
              .addDirectory(dir.toString());
      if (!users.isEmpty()) {
        formatter.setScramArguments(
            users.entrySet().stream()
                .map(
                    user ->
                        "SCRAM-SHA-512=[name="
                            + user.getKey()
                            + ",password="
                            + user.getValue()
                            + "]")
                .toList());
      }
      formatter.run();
      KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(settings), Time.SYSTEM);
      server.startup();
      return new EmbeddedBroker(() -> stop(server, dir), "127.0.0.1:" + brokerPort);
    } catch (Exception e) {
      throw new IllegalStateException("the broker does not start", e);
    }
  }

  public String bootstrapServers() {
    return bootstrapServers;
  }

  @Override
  public void close() {
    stop.run();
  }

  private static void stop(KafkaRaftServer server, Path dir) {
    server.shutdown();
    server.awaitShutdown();
    try (Stream<Path> files = Files.walk(dir)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Map<String, String> settings(Path dir, int brokerPort, int controllerPort) {
    Map<String, String> settings = new HashMap<>(oneNode());
    settings.put("process.roles", "broker,controller");
    settings.put("node.id", "1");
    settings.put("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
    settings.put(
        "listeners",
        "PLAINTEXT://127.0.0.1:" + brokerPort + ",CONTROLLER://127.0.0.1:" + controllerPort);
    settings.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + brokerPort);
    settings.put("controller.listener.names", "CONTROLLER");
    settings.put("inter.broker.listener.name", "PLAINTEXT");
    settings.put("listener.security.protocol.map", "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT");
    settings.put("log.dirs", dir.toString());
    return settings;
  }

  /** What does not depend on where it runs. */
  private static Map<String, String> oneNode() {
    Map<String, String> settings = new HashMap<>();
    settings.put("auto.create.topics.enable", "false");
    settings.put("num.partitions", "1");
    settings.put("message.max.bytes", Integer.toString(16 * 1024 * 1024));
    for (String internal : List.of("offsets.topic", "transaction.state.log")) {
      settings.put(internal + ".replication.factor", "1");
      settings.put(internal + ".num.partitions", "4");
    }
    settings.put("transaction.state.log.min.isr", "1");
    settings.put("share.coordinator.state.topic.replication.factor", "1");
    settings.put("share.coordinator.state.topic.min.isr", "1");
    settings.put("group.initial.rebalance.delay.ms", "0");
    settings.put("group.min.session.timeout.ms", "1000");
    settings.put("add.partitions.to.txn.retry.backoff.ms", "1");
    settings.put("transaction.abort.timed.out.transaction.cleanup.interval.ms", "500");
    settings.put("broker.session.timeout.ms", "1500");
    settings.put("broker.heartbeat.interval.ms", "300");
    return settings;
  }

  /** Clients by SASL; the broker itself by a listener of its own, without. */
  private static Map<String, String> guard(int brokerPort, int controllerPort) {
    Map<String, String> settings = new HashMap<>();
    int ownPort = FreePort.next();
    settings.put(
        "listeners",
        "CLIENTS://127.0.0.1:%d,OWN://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d"
            .formatted(brokerPort, ownPort, controllerPort));
    settings.put(
        "advertised.listeners",
        "CLIENTS://127.0.0.1:%d,OWN://127.0.0.1:%d".formatted(brokerPort, ownPort));
    settings.put("inter.broker.listener.name", "OWN");
    settings.put(
        "listener.security.protocol.map",
        "CONTROLLER:PLAINTEXT,OWN:PLAINTEXT,CLIENTS:SASL_PLAINTEXT");
    settings.put("listener.name.clients.sasl.enabled.mechanisms", "SCRAM-SHA-512");
    settings.put(
        "listener.name.clients.scram-sha-512.sasl.jaas.config",
        "org.apache.kafka.common.security.scram.ScramLoginModule required;");
    settings.put("sasl.enabled.mechanisms", "SCRAM-SHA-512");
    settings.put(
        "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
    settings.put("super.users", "User:ANONYMOUS;User:" + ADMIN);
    settings.put("allow.everyone.if.no.acl.found", "false");
    return settings;
  }
}
