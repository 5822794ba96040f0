package io.faultline.device.above;

import io.faultline.events.Topics;
import io.faultline.runtime.TopicsAdmin;
import java.util.List;

/** The topics that device-service writes and reads. */
final class DeviceTopics {

  private DeviceTopics() {}

  static void ensure(TopicsAdmin admin) {
    admin.ensure(
        List.of(
            admin.events(Topics.DEVICE_EVENTS),
            admin.compacted(Topics.DEVICE_STATE),
            admin.compactedInOrder(Topics.DEVICE_HOSTS),
            admin.events(Topics.REMOVAL_ACKS),
            admin.events(Topics.deadLetters(Topics.REMOVAL_ACKS))));
  }
}
