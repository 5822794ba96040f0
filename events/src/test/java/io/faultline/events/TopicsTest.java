package io.faultline.events;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TopicsTest {

  private static final List<String> EVENTS =
      Stream.concat(Topics.FOLLOWED_EVENTS.stream(), Stream.of(Topics.REMOVAL_ACKS)).toList();

  @Test
  void everyTypeIsInATopicAndOnlyBlockEventsAreInTwo() {
    Set<EventType> told = EnumSet.noneOf(EventType.class);
    for (EventType type : EventType.values()) {
      long topics = EVENTS.stream().filter(topic -> Topics.typesOf(topic).contains(type)).count();
      boolean ofBoth =
          EnumSet.of(
                  EventType.CORRUPTED_RANGE, EventType.MF_MEM_PRE_REMOVE, EventType.RANGE_RECOVERED)
              .contains(type);
      assertThat(topics).as(type.shortName()).isEqualTo(ofBoth ? 2 : 1);
      told.add(type);
    }
    assertThat(told).hasSize(29);
  }

  @Test
  void otherTopicsCarryNoEvents() {
    assertThat(Topics.typesOf(Topics.DEVICE_STATE)).isEmpty();
    assertThat(Topics.typesOf(Topics.DEVICE_HOSTS)).isEmpty();
    assertThat(Topics.typesOf(Topics.commands("dm"))).isEmpty();
    assertThat(Topics.typesOf(Topics.deadLetters(Topics.DM_EVENTS))).isEmpty();
  }

  @Test
  void namesAreThoseOfTheContract() {
    assertThat(Topics.commands("dm")).isEqualTo("faultline.dm.commands");
    assertThat(Topics.replies("notifier")).isEqualTo("faultline.notifier.replies");
    assertThat(Topics.events("fs")).isEqualTo(Topics.FS_EVENTS);
    assertThat(Topics.deadLetters(Topics.DM_EVENTS)).isEqualTo("faultline.dm.events-dlt");
    assertThat(Topics.FOLLOWED_EVENTS.stream().map(Topics::layerOf))
        .containsExactly("device", "dm", "fs", "notifier");
  }
}
