package io.faultline.deployment.setup;

import io.faultline.runtime.rights.KafkaRights;
import io.faultline.runtime.rights.Right;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.PatternType;

/** The rights of the services as the chart and the documentation show them. */
final class RightsDocument {

  private RightsDocument() {}

  /** A list of Strimzi's ACL rules for each user. */
  static String strimzi() {
    StringBuilder yaml =
        new StringBuilder(
            "# What each service may do in Kafka, as Strimzi's KafkaUser takes it. Written from the"
                + " table in code\n# (KafkaRights) by: ./mvnw -pl deployment -am test"
                + " -Dtest=KafkaRightsTest -Dfaultline.write=true\n");
    for (Map.Entry<String, List<Right>> user : KafkaRights.all().entrySet()) {
      yaml.append(user.getKey()).append(":\n");
      for (Right right : user.getValue()) {
        yaml.append("  - resource: {type: ")
            .append(camel(right.type().name(), false))
            .append(", name: ")
            .append(right.name())
            .append(", patternType: ")
            .append(right.pattern() == PatternType.LITERAL ? "literal" : "prefix")
            .append("}\n    operations: [")
            .append(operations(right))
            .append("]\n");
      }
    }
    return yaml.toString();
  }

  /** A table for people. */
  static String markdown() {
    StringBuilder table = new StringBuilder("| user | what | may |\n|---|---|---|\n");
    for (Map.Entry<String, List<Right>> user : KafkaRights.all().entrySet()) {
      for (Right right : user.getValue()) {
        table
            .append("| ")
            .append(user.getKey())
            .append(" | ")
            .append(camel(right.type().name(), false))
            .append(" `")
            .append(right.name())
            .append(right.pattern() == PatternType.LITERAL ? "" : "*")
            .append("` | ")
            .append(operations(right))
            .append(" |\n");
      }
    }
    return table.toString();
  }

  private static String operations(Right right) {
    return Arrays.stream(AclOperation.values())
        .filter(right.operations()::contains)
        .map(operation -> camel(operation.name(), true))
        .collect(Collectors.joining(", "));
  }

  private static String camel(String constant, boolean firstUpper) {
    StringBuilder camel = new StringBuilder();
    for (String word : constant.toLowerCase(Locale.ROOT).split("_")) {
      camel.append(
          camel.isEmpty() && !firstUpper
              ? word
              : word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1));
    }
    return camel.toString();
  }
}
