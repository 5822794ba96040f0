package io.faultline.runtime;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Makes the topics that a service needs, with every setting said, and refuses topics that somebody
 * made otherwise: all topics have the same number of partitions, or one thread would not own
 * everything of a host.
 */
public final class TopicsAdmin {

  /** A record in any topic is at most this large. */
  public static final int MAX_RECORD_BYTES = 16 * 1024 * 1024;

  private static final long TIMEOUT_SECONDS = 30;

  private final KafkaConnection connection;
  private final FaultlineProperties.Topics settings;

  public TopicsAdmin(KafkaConnection connection, FaultlineProperties.Topics settings) {
    this.connection = connection;
    this.settings = settings;
  }

  /** Events: kept as long as configured. */
  public NewTopic events(String name) {
    return topic(name, TopicConfig.CLEANUP_POLICY_DELETE, settings.retention().toMillis());
  }

  /** Requests and answers: of no use once they are answered. */
  public NewTopic requests(String name) {
    return topic(name, TopicConfig.CLEANUP_POLICY_DELETE, TimeUnit.HOURS.toMillis(1));
  }

  /** The newest value of each key, for ever. */
  public NewTopic compacted(String name) {
    return topic(name, TopicConfig.CLEANUP_POLICY_COMPACT, -1);
  }

  /**
   * The same in one partition, where the order of all its records counts. Nobody's host is in it.
   */
  public NewTopic compactedInOrder(String name) {
    NewTopic topic = compacted(name);
    return new NewTopic(name, Optional.of(1), Optional.of(settings.replication()))
        .configs(topic.configs());
  }

  /** What happened, in one partition, kept for so long and up to 256 MiB. */
  public NewTopic eventsInOrder(String name, Duration retention) {
    Map<String, String> configs =
        new HashMap<>(
            topic(name, TopicConfig.CLEANUP_POLICY_DELETE, retention.toMillis()).configs());
    configs.put(TopicConfig.RETENTION_BYTES_CONFIG, Long.toString(256L << 20));
    return new NewTopic(name, Optional.of(1), Optional.of(settings.replication())).configs(configs);
  }

  private NewTopic topic(String name, String cleanup, long retentionMillis) {
    Map<String, String> configs = new HashMap<>();
    configs.put(TopicConfig.CLEANUP_POLICY_CONFIG, cleanup);
    configs.put(TopicConfig.RETENTION_MS_CONFIG, Long.toString(retentionMillis));
    configs.put(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(MAX_RECORD_BYTES));
    configs.put(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "CreateTime");
    return new NewTopic(
            name, Optional.of(settings.partitions()), Optional.of(settings.replication()))
        .configs(configs);
  }

  /**
   * Makes those that are missing.
   *
   * @throws IllegalStateException if one is there with another number of partitions, or Kafka
   *     cannot be reached; the message says which and what to do
   */
  public void ensure(List<NewTopic> topics) {
    try (Admin admin = Admin.create(connection.properties())) {
      CreateTopicsResult created = admin.createTopics(topics);
      for (NewTopic topic : topics) {
        try {
          created.values().get(topic.name()).get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
          // Who may not make topics needs them to be there: that is checked next.
          if (!(e.getCause() instanceof TopicExistsException)
              && !(e.getCause() instanceof AuthorizationException)) {
            throw new IllegalStateException(
                "topic " + topic.name() + " cannot be made: " + e.getCause().getMessage(), e);
          }
        }
      }
      checkPartitions(admin, topics);
    } catch (TimeoutException | ExecutionException e) {
      throw new IllegalStateException(
          "Kafka at " + connection.bootstrapServers() + " does not answer: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while making topics", e);
    }
  }

  private void checkPartitions(Admin admin, List<NewTopic> topics)
      throws InterruptedException, ExecutionException, TimeoutException {
    Map<String, TopicDescription> found =
        describe(admin, topics.stream().map(NewTopic::name).toList());
    for (NewTopic topic : topics) {
      int partitions = found.get(topic.name()).partitions().size();
      if (partitions != topic.numPartitions()) {
        throw new IllegalStateException(
            "topic "
                + topic.name()
                + " has "
                + partitions
                + " partitions, but "
                + (topic.numPartitions() == settings.partitions()
                    ? "faultline.topics.partitions is "
                        + settings.partitions()
                        + ": all topics need the same number, and it cannot be changed later"
                    : "it has to have " + topic.numPartitions()));
      }
    }
  }

  /** A topic that was just made is not known to every broker at once. */
  private static Map<String, TopicDescription> describe(Admin admin, List<String> names)
      throws InterruptedException, ExecutionException, TimeoutException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
    while (true) {
      try {
        return admin.describeTopics(names).allTopicNames().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        boolean notYet = e.getCause() instanceof UnknownTopicOrPartitionException;
        if (!notYet || System.nanoTime() > deadline) {
          throw e;
        }
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }
  }
}
