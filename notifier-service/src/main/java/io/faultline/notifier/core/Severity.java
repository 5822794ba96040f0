package io.faultline.notifier.core;

import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.BlockEvent.MfMemPreRemove;
import io.faultline.events.BlockEvent.RangeRecovered;
import io.faultline.events.BlockEvent.RedundancyLost;
import io.faultline.events.DeviceEvent.DeviceAdded;
import io.faultline.events.DeviceEvent.DevicePlugged;
import io.faultline.events.DeviceEvent.DeviceRemoved;
import io.faultline.events.DeviceEvent.ScrubCompleted;
import io.faultline.events.EventData;
import io.faultline.events.FaultEvent;
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
import io.faultline.events.RemovalAck;
import io.faultline.events.VolumeEvent.TableChanged;
import io.faultline.events.VolumeEvent.VolumeAdded;
import io.faultline.events.VolumeEvent.VolumeRemoved;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How grave an event is, from what it says alone. */
public enum Severity {
  /** Nothing is lost. */
  INFO,
  /** Redundancy, or metadata that can be made anew; or a loss that is only announced. */
  WARNING,
  /** Data. */
  ERROR,
  /** A filesystem, or a device as a whole. */
  CRITICAL;

  /** As in queries and answers: {@code warning}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The severity of that name; null if there is none. */
  public static @Nullable Severity byText(String text) {
    for (Severity severity : values()) {
      if (severity.text().equals(text)) {
        return severity;
      }
    }
    return null;
  }

  public boolean atLeast(Severity other) {
    return compareTo(other) >= 0;
  }

  public Severity max(Severity other) {
    return atLeast(other) ? this : other;
  }

  public static Severity of(EventData data) {
    return switch (data) {
      case CorruptedRange lost -> lost.whole() ? CRITICAL : ERROR;
      case MfMemPreRemove _, RedundancyLost _ -> WARNING;
      case RangeRecovered _ -> INFO;

      case DeviceRemoved gone -> heldBySomebody(gone) ? CRITICAL : INFO;
      case DeviceAdded _, DevicePlugged _, ScrubCompleted _ -> INFO;

      case VolumeAdded _, VolumeRemoved _, TableChanged _ -> INFO;

      // A preallocated extent holds nothing yet.
      case FileRangeLost lost -> lost.unwritten() ? INFO : ERROR;
      case MetadataLost lost -> lost.rebuildable() ? WARNING : ERROR;
      case LogLost _, ProcessSignalled _, FailureUnsupported _ -> ERROR;
      // Where the map does not tell who owns it, it may have been data.
      case RangeUnowned unowned -> unowned.owner().equals("free space") ? INFO : ERROR;
      case FilesystemShutdown _ -> CRITICAL;
      case FilesystemFrozen _,
          FilesystemThawed _,
          FilesystemMounted _,
          FilesystemUnmounted _,
          FileRangeRecovered _ ->
          INFO;

      case FaultEvent fault -> of(fault);

      case RemovalAck _ -> INFO;
    };
  }

  /** That of the fault; one that names none of ours counts as an error. */
  private static Severity of(FaultEvent event) {
    Severity named = byText(event.fault().severity());
    return named == null ? ERROR : named;
  }

  /** An orderly removal and a deletion happen only where nobody stands on the device. */
  private static boolean heldBySomebody(DeviceRemoved gone) {
    return !gone.mode().equals("deleted") && !gone.mode().equals("orderly");
  }
}
