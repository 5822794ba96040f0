package io.faultline.runtime.rights;

import static org.apache.kafka.common.acl.AclOperation.CREATE;
import static org.apache.kafka.common.acl.AclOperation.DELETE;
import static org.apache.kafka.common.acl.AclOperation.DESCRIBE;
import static org.apache.kafka.common.acl.AclOperation.DESCRIBE_CONFIGS;
import static org.apache.kafka.common.acl.AclOperation.READ;
import static org.apache.kafka.common.acl.AclOperation.WRITE;
import static org.apache.kafka.common.resource.ResourceType.GROUP;
import static org.apache.kafka.common.resource.ResourceType.TOPIC;
import static org.apache.kafka.common.resource.ResourceType.TRANSACTIONAL_ID;

import io.faultline.events.Topics;
import io.faultline.runtime.access.AccessTopics;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.common.acl.AclOperation;

/**
 * The rights of every service in Kafka. Only the layer that tells events may write its topic of
 * events; dead letters come from every layer that hears, acknowledgements of removals from dm and
 * fs.
 *
 * <p>Whoever hears a topic may also make it, for whichever service comes first makes it and all
 * make it the same; making it is not writing to it.
 */
public final class KafkaRights {

  public static final String DEVICE_SERVICE = "device-service";
  public static final String DM_SERVICE = "dm-service";
  public static final String FS_SERVICE = "fs-service";
  public static final String NOTIFIER_SERVICE = "notifier-service";

  /** Where the watchers' sinks of kind {@code kafka} may write. */
  private static final String WATCH_TOPICS = "faultline.watch.";

  private KafkaRights() {}

  /** By the name of the user, which is that of the service. */
  public static Map<String, List<Right>> all() {
    Map<String, List<Right>> all = new LinkedHashMap<>();
    all.put(DEVICE_SERVICE, device());
    all.put(DM_SERVICE, acknowledging("dm", List.of(Topics.DEVICE_EVENTS)));
    all.put(FS_SERVICE, acknowledging("fs", List.of(Topics.DEVICE_EVENTS, Topics.DM_EVENTS)));
    all.put(NOTIFIER_SERVICE, notifier());
    all.replaceAll(
        (user, rights) ->
            merged(
                Stream.concat(rights.stream(), access(user.equals(NOTIFIER_SERVICE)).stream())
                    .toList()));
    return all;
  }

  /**
   * Every service asks its callers who they are and tells what they changed. Tokens are made by one
   * of them, to which the front door passes such calls on.
   */
  private static List<Right> access(boolean makesTokens) {
    Right tokens =
        makesTokens
            ? Right.topic(AccessTopics.TOKENS, READ, WRITE, DESCRIBE, CREATE)
            : Right.topic(AccessTopics.TOKENS, READ, DESCRIBE, CREATE);
    Right audit =
        makesTokens
            ? Right.topic(AccessTopics.AUDIT, READ, WRITE, DESCRIBE, CREATE)
            : Right.topic(AccessTopics.AUDIT, WRITE, DESCRIBE, CREATE);
    return List.of(tokens, audit, Right.topic(AccessTopics.USES, READ, WRITE, DESCRIBE, CREATE));
  }

  private static List<Right> device() {
    return List.of(
        Right.topic(Topics.DEVICE_EVENTS, WRITE, DESCRIBE, CREATE),
        Right.topic(Topics.DEVICE_STATE, READ, WRITE, DESCRIBE, CREATE),
        Right.topic(Topics.DEVICE_HOSTS, READ, WRITE, DESCRIBE, CREATE),
        Right.topic(Topics.REMOVAL_ACKS, READ, DESCRIBE, CREATE),
        Right.topic(Topics.deadLetters(Topics.REMOVAL_ACKS), WRITE, DESCRIBE, CREATE),
        // One for each slice.
        Right.prefixed(GROUP, "faultline.device.", READ, DESCRIBE));
  }

  private static List<Right> notifier() {
    List<Right> rights = new ArrayList<>(layer("notifier", Topics.LAYER_EVENTS));
    // Every layer makes it; the notifier acknowledges nothing.
    rights.add(Right.topic(Topics.REMOVAL_ACKS, DESCRIBE, CREATE));
    rights.add(Right.prefixed(TOPIC, "faultline.notifier.", READ, WRITE, DESCRIBE, CREATE));
    rights.add(Right.prefixed(TOPIC, WATCH_TOPICS, WRITE, DESCRIBE, CREATE));
    return rights;
  }

  /** A layer to which devices give credit when they leave. */
  private static List<Right> acknowledging(String layer, List<String> hears) {
    List<Right> rights = new ArrayList<>(layer(layer, hears));
    rights.add(Right.topic(Topics.REMOVAL_ACKS, WRITE, DESCRIBE, CREATE));
    return rights;
  }

  /** What a core that is hosted in Kafka Streams needs. */
  private static List<Right> layer(String layer, List<String> hears) {
    List<Right> rights = new ArrayList<>();
    String commands = Topics.commands(layer);
    rights.add(Right.topic(commands, READ, WRITE, DESCRIBE, CREATE));
    rights.add(Right.topic(Topics.replies(layer), READ, WRITE, DESCRIBE, CREATE));
    rights.add(Right.topic(Topics.deadLetters(commands), WRITE, DESCRIBE, CREATE));
    rights.add(Right.topic(Topics.events(layer), WRITE, DESCRIBE, CREATE));
    for (String heard : hears) {
      rights.add(Right.topic(heard, READ, DESCRIBE, CREATE));
      rights.add(Right.topic(Topics.deadLetters(heard), WRITE, DESCRIBE, CREATE));
    }
    // The application id of Kafka Streams, and what begins with it: its changelog, its
    // transactions, the readers of replies.
    String own = "faultline-" + layer;
    rights.add(
        Right.prefixed(TOPIC, own + "-", READ, WRITE, DESCRIBE, CREATE, DELETE, DESCRIBE_CONFIGS));
    rights.add(Right.prefixed(GROUP, own, READ, DESCRIBE));
    rights.add(Right.prefixed(TRANSACTIONAL_ID, own + "-", WRITE, DESCRIBE));
    return rights;
  }

  /** One for each thing, sorted. */
  private static List<Right> merged(List<Right> rights) {
    Map<String, Right> merged = new TreeMap<>();
    for (Right right : rights) {
      merged.merge(
          right.type() + " " + right.name() + " " + right.pattern(),
          right,
          (one, other) -> {
            Set<AclOperation> both = EnumSet.copyOf(one.operations());
            both.addAll(other.operations());
            return new Right(one.type(), one.name(), one.pattern(), both);
          });
    }
    return List.copyOf(merged.values());
  }
}
