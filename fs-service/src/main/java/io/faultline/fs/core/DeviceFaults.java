package io.faultline.fs.core;

import io.faultline.events.Cause;
import io.faultline.fs.core.FsFact.BadRanges;
import io.faultline.ranges.Extents;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What is bad on one block device, in the pieces in which it was heard. Faults may overlap; what
 * matters to a filesystem is the union.
 */
final class DeviceFaults {

  static final DeviceFaults NONE = new DeviceFaults();

  /** By the fact's key. */
  private final TreeMap<String, BadRanges> pieces = new TreeMap<>();

  private Extents media = Extents.EMPTY;
  private Extents unreachable = Extents.EMPTY;
  private Extents zeroed = Extents.EMPTY;

  /** A piece went or changed since the unions were made: they are made anew when somebody asks. */
  private boolean stale;

  /** Poisoned: a touch is a machine check. */
  Extents media() {
    refresh();
    return media;
  }

  /** Behind a device that left, or a mapping that is lost: a touch is a bus error. */
  Extents unreachable() {
    refresh();
    return unreachable;
  }

  /** Bad now. */
  Extents bad() {
    refresh();
    return media.union(unreachable);
  }

  /** Usable again, but what was there is gone. */
  Extents zeroed() {
    refresh();
    return zeroed.subtract(bad());
  }

  /** Zeroed since it was lost, whatever of it went bad again. */
  Extents blank() {
    refresh();
    return zeroed;
  }

  /**
   * What of {@code within} was told to be lost, by the fault under which it was: of what is bad by
   * several the first one, and each one that it was bad by before it was zeroed.
   *
   * @param counts the pieces that matter
   */
  Map<String, Extents> byFault(Predicate<BadRanges> counts, Extents within) {
    Map<String, Extents> found = new LinkedHashMap<>();
    Extents told = Extents.EMPTY;
    for (BadRanges piece : pieces.values()) {
      if (counts.test(piece)) {
        Extents hit = piece.ranges().intersect(within);
        if (piece.cause() != null) {
          hit = hit.subtract(told);
          told = told.union(hit);
        }
        if (!hit.isEmpty()) {
          found.merge(piece.faultId(), hit, Extents::union);
        }
      }
    }
    return found;
  }

  Map<String, BadRanges> pieces() {
    return pieces;
  }

  boolean isEmpty() {
    return pieces.isEmpty();
  }

  /** The fault that made a sector of {@code ranges} bad; null if none is. */
  @Nullable String faultOf(Extents ranges) {
    for (BadRanges piece : pieces.values()) {
      if (piece.cause() != null && !piece.ranges().intersect(ranges).isEmpty()) {
        return piece.faultId();
      }
    }
    return null;
  }

  /** What would be bad without the pieces' parts that {@code healed} takes away. */
  Extents badAfter(Extents healed, BiPredicate<String, BadRanges> affected) {
    Extents.Builder left = Extents.builder();
    for (Map.Entry<String, BadRanges> entry : pieces.entrySet()) {
      BadRanges piece = entry.getValue();
      if (piece.cause() != null) {
        boolean heals = affected.test(entry.getKey(), piece);
        left.addAll(heals ? piece.ranges().subtract(healed) : piece.ranges());
      }
    }
    return left.build();
  }

  void put(String key, BadRanges piece) {
    boolean grows = pieces.put(key, piece) == null;
    if (grows && !stale) {
      add(piece);
    } else {
      stale = true;
    }
  }

  void remove(String key) {
    if (pieces.remove(key) != null) {
      stale = true;
    }
  }

  private void refresh() {
    if (!stale) {
      return;
    }
    stale = false;
    Extents.Builder poisoned = Extents.builder();
    Extents.Builder away = Extents.builder();
    Extents.Builder blank = Extents.builder();
    for (BadRanges piece : pieces.values()) {
      Cause cause = piece.cause();
      Extents.Builder kind = cause == null ? blank : isMedia(cause) ? poisoned : away;
      kind.addAll(piece.ranges());
    }
    media = poisoned.build();
    unreachable = away.build();
    zeroed = blank.build();
  }

  private void add(BadRanges piece) {
    Cause cause = piece.cause();
    if (cause == null) {
      zeroed = zeroed.union(piece.ranges());
    } else if (isMedia(cause)) {
      media = media.union(piece.ranges());
    } else {
      unreachable = unreachable.union(piece.ranges());
    }
  }

  private static boolean isMedia(Cause cause) {
    return switch (cause) {
      case MEDIA_ERROR -> true;
      case DEVICE_REMOVED, MAPPING_LOST -> false;
    };
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof DeviceFaults faults && pieces.equals(faults.pieces);
  }

  @Override
  public int hashCode() {
    return pieces.hashCode();
  }

  @Override
  public String toString() {
    return pieces.toString();
  }
}
