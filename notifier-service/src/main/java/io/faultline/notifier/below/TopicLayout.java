package io.faultline.notifier.below;

import io.faultline.notifier.core.Layer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/**
 * The partitions of the layers' event topics in one fixed order, so that a position in all of them
 * is an array of offsets.
 */
final class TopicLayout {

  private final List<TopicPartition> partitions = new ArrayList<>();
  private final List<Layer> layers = new ArrayList<>();
  private final Map<TopicPartition, Integer> slots = new HashMap<>();
  private final int fingerprint;

  /**
   * @param topics from the device upwards, each with its number of partitions
   */
  TopicLayout(SortedMap<Layer, Topic> topics) {
    int mixed = 1;
    for (Map.Entry<Layer, Topic> entry : topics.entrySet()) {
      Topic topic = entry.getValue();
      mixed = 31 * mixed + Objects.hash(topic.id().toString(), topic.partitions());
      for (int partition = 0; partition < topic.partitions(); partition++) {
        TopicPartition at = new TopicPartition(topic.name(), partition);
        slots.put(at, partitions.size());
        partitions.add(at);
        layers.add(entry.getKey());
      }
    }
    this.fingerprint = mixed;
  }

  record Topic(String name, Uuid id, int partitions) {}

  int slots() {
    return partitions.size();
  }

  TopicPartition partition(int slot) {
    return partitions.get(slot);
  }

  Layer layer(int slot) {
    return layers.get(slot);
  }

  int slot(TopicPartition partition) {
    return Objects.requireNonNull(slots.get(partition));
  }

  List<TopicPartition> partitions() {
    return partitions;
  }

  /** Other topics, or the same names made anew, have another one: offsets of those mean nothing. */
  int fingerprint() {
    return fingerprint;
  }
}
