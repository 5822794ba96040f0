package io.faultline.standalone.kafka;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the embedded broker is told: one node that is broker and controller, on loopback only. */
final class BrokerSettings {

  static final int NODE_ID = 1;
  static final String BROKER_LISTENER = "BROKER";
  static final String CONTROLLER_LISTENER = "CONTROLLER";

  /** As the topics of the services allow. */
  private static final int MAX_RECORD_BYTES = 16 << 20;

  private static final String HOST = "127.0.0.1";

  private BrokerSettings() {}

  static Map<String, String> of(Path directory, int brokerPort, int controllerPort) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("process.roles", "broker,controller");
    settings.put("node.id", Integer.toString(NODE_ID));
    settings.put("log.dirs", directory.toString());
    addListeners(settings, brokerPort, controllerPort);
    addSingleNode(settings);
    addQuickRestart(settings);
    addSmallFootprint(settings);
    return settings;
  }

  private static void addListeners(
      Map<String, String> settings, int brokerPort, int controllerPort) {
    String broker = BROKER_LISTENER + "://" + HOST + ":" + brokerPort;
    String controller = CONTROLLER_LISTENER + "://" + HOST + ":" + controllerPort;
    settings.put("listeners", broker + "," + controller);
    settings.put("advertised.listeners", broker);
    settings.put(
        "listener.security.protocol.map",
        BROKER_LISTENER + ":PLAINTEXT," + CONTROLLER_LISTENER + ":PLAINTEXT");
    settings.put("inter.broker.listener.name", BROKER_LISTENER);
    settings.put("controller.listener.names", CONTROLLER_LISTENER);
    settings.put("controller.quorum.voters", NODE_ID + "@" + HOST + ":" + controllerPort);
  }

  private static void addSingleNode(Map<String, String> settings) {
    // The services declare every topic themselves; a misspelt one must not come into being.
    settings.put("auto.create.topics.enable", "false");
    settings.put("message.max.bytes", Integer.toString(MAX_RECORD_BYTES));
    settings.put("default.replication.factor", "1");
    settings.put("min.insync.replicas", "1");
    settings.put("offsets.topic.replication.factor", "1");
    settings.put("offsets.topic.num.partitions", "4");
    settings.put("transaction.state.log.replication.factor", "1");
    settings.put("transaction.state.log.min.isr", "1");
    settings.put("transaction.state.log.num.partitions", "4");
    settings.put("share.coordinator.state.topic.replication.factor", "1");
    settings.put("share.coordinator.state.topic.min.isr", "1");
    // A year: whoever comes back from a long holiday finds his place in the topics again.
    settings.put("offsets.retention.minutes", "525600");
  }

  /**
   * After an unclean stop nothing can go on before the sessions of the dead process have ended;
   * with Kafka's own values that takes up to a minute.
   */
  private static void addQuickRestart(Map<String, String> settings) {
    settings.put("broker.session.timeout.ms", "1500");
    settings.put("broker.heartbeat.interval.ms", "300");
    settings.put("group.initial.rebalance.delay.ms", "0");
    settings.put("group.min.session.timeout.ms", "1000");
    settings.put("transaction.abort.timed.out.transaction.cleanup.interval.ms", "500");
    settings.put("add.partitions.to.txn.retry.backoff.ms", "1");
    // Recovery reads a partition's open segment again, so its size bounds the time that takes.
    settings.put("log.segment.bytes", Integer.toString(64 << 20));
  }

  private static void addSmallFootprint(Map<String, String> settings) {
    settings.put("num.network.threads", "2");
    settings.put("num.io.threads", "4");
    settings.put("background.threads", "2");
    // Allocated at once; Kafka's 128 MiB are meant for logs of billions of keys.
    settings.put("log.cleaner.dedupe.buffer.size", Integer.toString(8 << 20));
  }
}
