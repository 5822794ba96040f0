package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.FaultPart;
import io.faultline.ranges.SectorRange;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which faults may have sectors of a range, without a look at the others.
 *
 * <p>Parts are kept by where they start, those of about the same length together: a part of less
 * than 2^k sectors that reaches into a range starts less than 2^k before it.
 *
 * <pre>
 * range                          |-------|
 * start of parts up to 2^k  |-----------)
 *                           2^k before
 * </pre>
 */
final class PartIndex {

  /** A part of a fault; the end is no part of its order. */
  private record Entry(long startSector, String faultId, long endSector)
      implements Comparable<Entry> {
    @Override
    public int compareTo(Entry other) {
      int byStart = Long.compare(startSector, other.startSector);
      return byStart != 0 ? byStart : faultId.compareTo(other.faultId);
    }
  }

  /** By the number of binary digits of their length. */
  private final TreeMap<Integer, TreeSet<Entry>> byLength = new TreeMap<>();

  void add(String faultId, FaultPart part) {
    SectorRange span = part.span();
    if (!span.isEmpty()) {
      byLength
          .computeIfAbsent(digits(span), _ -> new TreeSet<>())
          .add(new Entry(span.startSector(), faultId, span.endSector()));
    }
  }

  void remove(String faultId, FaultPart part) {
    SectorRange span = part.span();
    if (!span.isEmpty()) {
      TreeSet<Entry> alike = byLength.get(digits(span));
      if (alike == null
          || !alike.remove(new Entry(span.startSector(), faultId, span.endSector()))) {
        throw new IllegalStateException("no part " + span + " of fault " + faultId);
      }
    }
  }

  private static int digits(SectorRange span) {
    return Long.SIZE - Long.numberOfLeadingZeros(span.sectorCount());
  }

  /** Ids of the faults whose parts, from first to last sector, overlap the range; ascending. */
  TreeSet<String> faultsIn(SectorRange range) {
    TreeSet<String> found = new TreeSet<>();
    if (range.isEmpty()) {
      return found;
    }
    byLength.forEach(
        (digits, alike) -> {
          long first = Math.max(0, range.startSector() - (1L << digits));
          Entry from = new Entry(first, "", 0);
          Entry to = new Entry(range.endSector(), "", 0);
          for (Entry entry : alike.subSet(from, true, to, false)) {
            if (entry.endSector() > range.startSector()) {
              found.add(entry.faultId());
            }
          }
        });
    return found;
  }
}
