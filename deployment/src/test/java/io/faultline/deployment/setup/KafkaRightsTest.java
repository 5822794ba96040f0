package io.faultline.deployment.setup;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.deployment.Project;
import io.faultline.events.Topics;
import io.faultline.runtime.rights.KafkaRights;
import io.faultline.runtime.rights.Right;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Test;

class KafkaRightsTest {

  private static final String CHART = "helm/faultline/files/kafka-rights.yaml";
  private static final String DOCUMENT = "docs/DEPLOYMENT.md";
  private static final String BEGIN = "<!-- rights: begin -->\n";
  private static final String END = "<!-- rights: end -->";

  @Test
  void onlyTheLayerThatTellsMayWriteItsEvents() {
    assertThat(writersOf(Topics.DEVICE_EVENTS)).containsExactly("device-service");
    assertThat(writersOf(Topics.DEVICE_STATE)).containsExactly("device-service");
    assertThat(writersOf(Topics.DEVICE_HOSTS)).containsExactly("device-service");
    for (String layer : List.of("dm", "fs", "notifier")) {
      assertThat(writersOf(Topics.events(layer))).containsExactly(layer + "-service");
    }
    for (String layer : Topics.LAYERS_WITH_COMMANDS) {
      assertThat(writersOf(Topics.commands(layer))).containsExactly(layer + "-service");
      assertThat(writersOf(Topics.replies(layer))).containsExactly(layer + "-service");
      assertThat(writersOf("faultline-" + layer + "-core-changelog"))
          .containsExactly(layer + "-service");
    }
    assertThat(writersOf(Topics.REMOVAL_ACKS)).containsExactly("dm-service", "fs-service");
  }

  @Test
  void nobodyMayDoAnythingWithTheTopicsOfOthers() {
    KafkaRights.all()
        .forEach(
            (user, rights) ->
                assertThat(rights)
                    .as(user)
                    .allSatisfy(right -> assertThat(right.name()).startsWith("faultline"))
                    .noneMatch(right -> right.operations().contains(AclOperation.ALL))
                    .noneMatch(right -> right.operations().contains(AclOperation.ALTER)));
  }

  @Test
  void theChartGivesTheSameRights() throws IOException {
    if (Boolean.getBoolean("faultline.write")) {
      Files.writeString(Project.file(CHART), RightsDocument.strimzi());
    }
    assertThat(Project.text(CHART)).isEqualTo(RightsDocument.strimzi());
  }

  @Test
  void theDocumentationShowsTheSameRights() throws IOException {
    String text = Project.text(DOCUMENT);
    int begin = text.indexOf(BEGIN) + BEGIN.length();
    int end = text.indexOf(END);
    if (Boolean.getBoolean("faultline.write")) {
      Files.writeString(
          Project.file(DOCUMENT),
          text.substring(0, begin) + RightsDocument.markdown() + text.substring(end));
      return;
    }
    assertThat(text.substring(begin, end)).isEqualTo(RightsDocument.markdown());
  }

  private static List<String> writersOf(String topic) {
    return KafkaRights.all().entrySet().stream()
        .filter(user -> user.getValue().stream().anyMatch(right -> mayWrite(right, topic)))
        .map(Map.Entry::getKey)
        .toList();
  }

  private static boolean mayWrite(Right right, String topic) {
    return right.type() == ResourceType.TOPIC
        && right.operations().contains(AclOperation.WRITE)
        && (right.pattern() == PatternType.LITERAL
            ? topic.equals(right.name())
            : topic.startsWith(right.name()));
  }
}
