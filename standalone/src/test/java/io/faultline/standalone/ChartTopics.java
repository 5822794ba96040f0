package io.faultline.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.yaml.snakeyaml.Yaml;

/**
 * The chart names the topics for Strimzi, and the services make them themselves: both must mean the
 * same, or a service would refuse to start on what Strimzi made.
 */
final class ChartTopics {

  private static final Path FILE = Path.of("../helm/faultline/files/kafka-topics.yaml");

  /** Made only where callers have to say who they are. */
  private static final Set<String> OF_ACCESS_CONTROL =
      Set.of("faultline.access.tokens", "faultline.access.uses", "faultline.audit");

  private ChartTopics() {}

  /** Holds the chart's list to the topics of a running Faultline. */
  static void assertSameAs(String bootstrapServers)
      throws ExecutionException, InterruptedException, IOException {
    List<Map<String, Object>> listed = new Yaml().load(Files.readString(FILE));
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
      // Kafka Streams makes its own, faultline-…-changelog.
      Set<String> made =
          admin.listTopics().names().get().stream()
              .filter(name -> name.startsWith("faultline."))
              .collect(Collectors.toCollection(TreeSet::new));
      Set<String> named = new TreeSet<>(made);
      named.addAll(OF_ACCESS_CONTROL);
      assertThat(listed.stream().map(topic -> topic.get("name").toString()))
          .containsExactlyInAnyOrderElementsOf(named);
      for (Map<String, Object> topic : listed) {
        if (made.contains(topic.get("name").toString())) {
          assertSame(admin, topic);
        }
      }
    }
  }

  private static void assertSame(Admin admin, Map<String, Object> topic)
      throws ExecutionException, InterruptedException {
    String name = topic.get("name").toString();
    assertThat(admin.describeTopics(List.of(name)).allTopicNames().get().get(name).partitions())
        .as(name)
        .hasSize(topic.containsKey("onePartition") ? 1 : 12);
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
    String retention =
        admin
            .describeConfigs(List.of(resource))
            .all()
            .get()
            .get(resource)
            .get(TopicConfig.RETENTION_MS_CONFIG)
            .value();
    String expected =
        switch (topic.get("keeps").toString()) {
          case "newest" -> "-1";
          case "hour" -> "3600000";
          default -> "604800000";
        };
    assertThat(retention).as(name).isEqualTo(expected);
  }
}
