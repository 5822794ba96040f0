package io.faultline.notifier.core;

import io.faultline.events.BlockEvent;
import io.faultline.events.DeviceEvent;
import io.faultline.events.EventData;
import io.faultline.events.FaultEvent;
import io.faultline.events.FilesystemEvent;
import io.faultline.events.FilesystemEvent.Block;
import io.faultline.events.FilesystemEvent.FailureUnsupported;
import io.faultline.events.FilesystemEvent.FileRangeLost;
import io.faultline.events.FilesystemEvent.FileRangeRecovered;
import io.faultline.events.FilesystemEvent.FilesystemFrozen;
import io.faultline.events.FilesystemEvent.FilesystemMounted;
import io.faultline.events.FilesystemEvent.FilesystemShutdown;
import io.faultline.events.FilesystemEvent.FilesystemThawed;
import io.faultline.events.FilesystemEvent.FilesystemUnmounted;
import io.faultline.events.FilesystemEvent.LogLost;
import io.faultline.events.FilesystemEvent.MetadataLost;
import io.faultline.events.FilesystemEvent.ProcessSignalled;
import io.faultline.events.FilesystemEvent.RangeUnowned;
import io.faultline.events.Origin;
import io.faultline.events.RemovalAck;
import io.faultline.events.VolumeEvent;
import io.faultline.events.VolumeEvent.TableChanged;
import io.faultline.events.VolumeEvent.VolumeAdded;
import io.faultline.events.VolumeEvent.VolumeRemoved;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The names that an event mentions: what filters by device, volume, filesystem and path look at.
 */
final class Mentions {

  private Mentions() {}

  /**
   * The block devices, leaves and volumes alike, that it is about, came from or stands on. They
   * share one name space within a host, so a name means one of them only.
   */
  static Stream<String> blockDevices(EventData data) {
    return switch (data) {
      case BlockEvent block -> withOrigin(block.device(), block.origin());
      case DeviceEvent device -> Stream.of(device.device());
      case VolumeAdded added -> Stream.concat(Stream.of(added.volume()), added.below().stream());
      case TableChanged changed ->
          Stream.concat(Stream.of(changed.volume()), changed.below().stream());
      case VolumeRemoved removed -> Stream.of(removed.volume());
      case FilesystemEvent filesystem -> below(filesystem);
      case FaultEvent fault ->
          Stream.concat(fault.fault().devices().stream(), fault.fault().volumes().stream());
      case RemovalAck ack -> Stream.of(ack.device());
    };
  }

  private static Stream<String> withOrigin(String device, @Nullable Origin origin) {
    return origin == null ? Stream.of(device) : Stream.of(device, origin.device());
  }

  private static Stream<String> below(FilesystemEvent event) {
    return switch (event) {
      case FileRangeLost lost -> below(lost.block());
      case FileRangeRecovered recovered -> below(recovered.block());
      case MetadataLost lost -> Stream.of(lost.device());
      case LogLost lost -> Stream.of(lost.device());
      case RangeUnowned unowned -> Stream.of(unowned.device());
      case FailureUnsupported unsupported -> Stream.of(unsupported.device());
      case FilesystemShutdown shutdown -> Stream.ofNullable(shutdown.device());
      case FilesystemMounted mounted -> mounted.devices().stream();
      case ProcessSignalled _, FilesystemFrozen _, FilesystemThawed _, FilesystemUnmounted _ ->
          Stream.empty();
    };
  }

  /** The first block device that a filesystem's event names; null if it names none. */
  static @Nullable String blockDevice(FilesystemEvent event) {
    return below(event).findFirst().orElse(null);
  }

  private static Stream<String> below(Block block) {
    return Stream.of(block.device());
  }

  /** Whether the event can be about a volume at all: a leaf's own events are not. */
  static boolean aboveDevices(Layer layer) {
    return layer != Layer.DEVICE;
  }

  /** The filesystems that it is about. */
  static List<String> filesystems(EventData data) {
    return switch (data) {
      case FilesystemEvent event -> List.of(event.filesystem());
      case FaultEvent event -> event.fault().filesystems();
      case BlockEvent _, DeviceEvent _, VolumeEvent _, RemovalAck _ -> List.of();
    };
  }

  /** The paths of the file that it is about, as far as they are known. */
  static List<String> paths(EventData data) {
    return switch (data) {
      case FileRangeLost lost -> lost.paths();
      case FileRangeRecovered recovered -> recovered.paths();
      case ProcessSignalled signalled ->
          signalled.path() == null ? List.of() : List.of(signalled.path());
      case FaultEvent fault -> fault.fault().paths();
      case FilesystemEvent _, BlockEvent _, DeviceEvent _, VolumeEvent _, RemovalAck _ -> List.of();
    };
  }
}
