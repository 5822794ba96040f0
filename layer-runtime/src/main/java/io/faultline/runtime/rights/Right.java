package io.faultline.runtime.rights;

import java.util.Set;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourceType;

/**
 * What somebody may do with something of Kafka's.
 *
 * @param type topic, group or transactional id
 * @param name the whole name, or what it begins with
 * @param pattern {@code LITERAL} or {@code PREFIXED}
 */
public record Right(
    ResourceType type, String name, PatternType pattern, Set<AclOperation> operations) {

  public Right {
    operations = Set.copyOf(operations);
  }

  static Right topic(String name, AclOperation... operations) {
    return new Right(ResourceType.TOPIC, name, PatternType.LITERAL, Set.of(operations));
  }

  static Right prefixed(ResourceType type, String prefix, AclOperation... operations) {
    return new Right(type, prefix, PatternType.PREFIXED, Set.of(operations));
  }
}
