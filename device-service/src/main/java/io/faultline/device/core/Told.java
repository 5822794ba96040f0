package io.faultline.device.core;

import io.faultline.events.BlockEvent;
import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.BlockEvent.RangeRecovered;
import io.faultline.events.Cause;
import io.faultline.events.ConsumedBy;
import io.faultline.events.EventData;
import io.faultline.events.Origin;
import io.faultline.events.RecoveredData;
import io.faultline.ranges.Extents;
import io.faultline.runtime.core.Decision;
import org.jspecify.annotations.Nullable;

/**
 * What a decision tells the layer above about one device, large sets cut into parts. A device is
 * where it all comes from, so it names itself as the origin, as a volume names its leaf.
 */
final class Told {

  private final Decision.Builder<DeviceFact> decision;
  private final String host;
  private final Device device;

  Told(Decision.Builder<DeviceFact> decision, String host, Device device) {
    this.decision = decision;
    this.host = host;
    this.device = device;
  }

  /** Answers the id of the first part. */
  String corrupted(Extents ranges, String faultId, @Nullable ConsumedBy consumedBy) {
    return inParts(
        ranges,
        faultId,
        (slice, part, last) ->
            new CorruptedRange(
                host,
                device.name(),
                slice,
                false,
                Cause.MEDIA_ERROR,
                Origin.of(device.name(), slice),
                part,
                last,
                consumedBy));
  }

  /** Answers the id of the first part. */
  String recovered(Extents ranges, String faultId, RecoveredData data) {
    return inParts(
        ranges,
        faultId,
        (slice, part, last) ->
            new RangeRecovered(
                host,
                device.name(),
                slice,
                false,
                Cause.MEDIA_ERROR,
                Origin.of(device.name(), slice),
                part,
                last,
                data));
  }

  void left(String faultId) {
    event(
        new CorruptedRange(
            host,
            device.name(),
            Extents.of(device.whole()),
            true,
            Cause.DEVICE_REMOVED,
            wholeDevice(),
            0,
            true),
        faultId);
  }

  void returned(String faultId) {
    event(
        new RangeRecovered(
            host,
            device.name(),
            Extents.of(device.whole()),
            true,
            Cause.DEVICE_REMOVED,
            wholeDevice(),
            0,
            true,
            RecoveredData.RETURNED),
        faultId);
  }

  private Origin wholeDevice() {
    return Origin.of(device.name(), Extents.of(device.whole()));
  }

  String event(EventData data, @Nullable String faultId) {
    return decision.publish(source(host, device.name()), data, faultId, null);
  }

  static String source(String host, String device) {
    return "/hosts/" + host + "/devices/" + device;
  }

  private String inParts(Extents ranges, String faultId, PartOfEvent event) {
    int size = BlockEvent.MAX_RANGES_PER_PART;
    String first = "";
    for (int from = 0, part = 0; from < ranges.rangeCount(); from += size, part++) {
      boolean last = from + size >= ranges.rangeCount();
      String id = event(event.of(ranges.slice(from, size), part, last), faultId);
      first = part == 0 ? id : first;
    }
    return first;
  }

  private interface PartOfEvent {
    EventData of(Extents slice, int part, boolean last);
  }
}
