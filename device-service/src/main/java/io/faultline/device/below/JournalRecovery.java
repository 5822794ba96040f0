package io.faultline.device.below;

import io.faultline.device.below.FrameHeader.Kind;
import io.faultline.device.below.JournalRecord.Entry;
import io.faultline.device.below.JournalRecord.SnapshotFact;
import io.faultline.device.below.TwinReader.Frame;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a journal at the start: repairs each copy from the other, drops what was never answered,
 * and tells what is lost.
 *
 * <p>What was answered was forced, and there are witnesses of how far it was forced: each entry
 * says how far its journal was when it was appended, the beginning of a segment and a snapshot say
 * that all before was, and so does the published mark. A record that is in neither copy whole is a
 * torn write if it comes after all that, and damage if it does not.
 */
final class JournalRecovery {

  private static final Logger log = LoggerFactory.getLogger(JournalRecovery.class);

  /** Who learns what the journal holds. */
  interface Replay {
    /**
     * @param number of the last entry that is in the snapshot; 0 if there is none
     */
    void snapshot(long number, long sequence);

    void snapshotFact(SnapshotFact fact);

    /**
     * @param inSnapshot whether the snapshot has its facts already
     */
    void entry(Entry entry, JournalPosition position, boolean inSnapshot);

    /**
     * A record that was answered is in neither copy whole.
     *
     * @param header says what it was about; no device: the host as a whole
     */
    void lost(FrameHeader header, String file, long offsetBytes, boolean inSnapshot);
  }

  private final Path folder;
  private final TwinFolder twins;
  private final Replay replay;

  /** Every entry up to this one was forced, as far as can be told. */
  private long forced;

  /**
   * @param forced up to where others know that the journal was forced
   */
  JournalRecovery(Path folder, TwinFolder twins, long forced, Replay replay) {
    this.folder = folder;
    this.twins = twins;
    this.forced = forced;
    this.replay = replay;
  }

  /**
   * Where the journal goes on.
   *
   * @param segment the number of the last segment, which is that of its first entry
   */
  record End(long number, long segment) {}

  /**
   * @param needless entries up to this one are needed by nobody once they are in a snapshot
   */
  End run(long needless) throws IOException {
    twins.deleteTemporaries();
    TreeMap<Long, String> segments = twins.numbered(Journal.SEGMENT);
    TreeMap<Long, String> snapshots = twins.numbered(Journal.SNAPSHOT);
    if (!snapshots.isEmpty()) {
      forced = Math.max(forced, snapshots.lastKey());
    }
    if (!segments.isEmpty()) {
      forced = Math.max(forced, segments.lastKey() - 1);
    }
    long snapshot = snapshot(snapshots, segments);
    for (var other : snapshots.entrySet()) {
      if (other.getKey() != snapshot) {
        twins.delete(other.getValue());
      }
    }
    dropNeedless(segments, Math.min(snapshot, needless));
    if (!segments.isEmpty() && segments.firstKey() > snapshot + 1) {
      throw missing(snapshot + 1, segments.firstKey() - 1);
    }
    long last = segments.isEmpty() ? snapshot : segments.firstKey() - 1;
    for (var segment : segments.entrySet()) {
      if (segment.getKey() != last + 1) {
        throw missing(last + 1, segment.getKey() - 1);
      }
      last = segment(segment.getKey(), segments.higherKey(segment.getKey()), snapshot);
    }
    if (last < forced) {
      throw missing(last + 1, forced);
    }
    return new End(last, segments.isEmpty() ? last + 1 : segments.lastKey());
  }

  private SliceException missing(long from, long to) {
    return new SliceException(
        "journal "
            + folder
            + " has lost entries "
            + from
            + " to "
            + to
            + " in both copies, and which devices they changed is unknown: restore the slice folder"
            + " from a backup");
  }

  /** Removes segments that a crash left half deleted, so that they are not repaired in vain. */
  private void dropNeedless(TreeMap<Long, String> segments, long number) throws IOException {
    while (segments.size() > 1 && segments.higherKey(segments.firstKey()) - 1 <= number) {
      twins.delete(segments.pollFirstEntry().getValue());
    }
  }

  // --- snapshots ---

  private enum Wholeness {
    WHOLE,
    /** Records are lost, but it is known which. */
    LOSSY,
    UNREADABLE
  }

  /** Replays the best snapshot that the segments go on from, and answers its number. */
  private long snapshot(TreeMap<Long, String> snapshots, TreeMap<Long, String> segments)
      throws IOException {
    TreeMap<Long, Wholeness> found = new TreeMap<>();
    for (var each : snapshots.entrySet()) {
      boolean goesOn = segments.isEmpty() || segments.firstKey() <= each.getKey() + 1;
      try (TwinReader in = new TwinReader(twins.both(each.getValue()))) {
        Wholeness wholeness = readSnapshot(in, each.getKey(), null);
        if (wholeness != Wholeness.WHOLE) {
          log.warn("{} is damaged in both copies", each.getValue());
        }
        found.put(each.getKey(), goesOn ? wholeness : Wholeness.UNREADABLE);
      }
    }
    Long best = newest(found, Wholeness.WHOLE);
    if (best == null && (segments.isEmpty() || segments.firstKey() > 1)) {
      best = newest(found, Wholeness.LOSSY);
    }
    if (best == null) {
      if (!snapshots.isEmpty() && (segments.isEmpty() || segments.firstKey() > 1)) {
        throw new SliceException(
            "snapshot "
                + snapshots.lastEntry().getValue()
                + " in "
                + folder
                + " is damaged in both copies, and which devices are in it is unknown: restore the"
                + " slice folder from a backup");
      }
      replay.snapshot(0, 0);
      return 0;
    }
    String name = String.valueOf(snapshots.get(best));
    try (TwinReader in = new TwinReader(twins.both(name))) {
      readSnapshot(in, best, replay);
    }
    return best;
  }

  private static @Nullable Long newest(TreeMap<Long, Wholeness> found, Wholeness wanted) {
    for (var each : found.descendingMap().entrySet()) {
      if (each.getValue() == wanted) {
        return each.getKey();
      }
    }
    return null;
  }

  /**
   * @param into null to look only
   */
  private Wholeness readSnapshot(TwinReader in, long number, @Nullable Replay into)
      throws IOException {
    Wholeness wholeness = Wholeness.WHOLE;
    long offset = 0;
    for (long index = 0; ; index++) {
      Frame frame = into == null ? in.look(offset) : in.keep(offset);
      if (frame == null
          || frame.disagree()
          || frame.header().number() != index
          || (frame.header().kind() == Kind.SNAPSHOT_BEGINS) != (index == 0)
          || (index == 0 && frame.header().durable() != number)) {
        return Wholeness.UNREADABLE;
      }
      offset = frame.end();
      boolean isFact = frame.header().kind() == Kind.SNAPSHOT_FACT;
      if (isFact && frame.payload() == null) {
        wholeness = Wholeness.LOSSY;
      }
      if (into != null) {
        tell(frame, number, into);
      }
      if (index > 0 && !isFact) {
        if (into != null) {
          in.finish(offset, false);
        }
        return wholeness;
      }
    }
  }

  /** Of the first and the last record all that counts is in the header. */
  private void tell(Frame frame, long number, Replay into) {
    FrameHeader header = frame.header();
    byte[] payload = frame.payload();
    if (header.kind() == Kind.SNAPSHOT_BEGINS) {
      into.snapshot(number, header.sequence());
    } else if (header.kind() == Kind.SNAPSHOT_FACT && payload == null) {
      into.lost(header, "journal/*/" + Journal.snapshotName(number), frame.offset(), false);
    } else if (payload != null && Frames.decode(payload) instanceof SnapshotFact fact) {
      into.snapshotFact(fact);
    }
  }

  // --- segments ---

  /** Replays a segment and answers the number of its last entry. */
  private long segment(long start, @Nullable Long next, long snapshot) throws IOException {
    String name = Journal.segmentName(start);
    try (TwinReader in = new TwinReader(twins.both(name))) {
      if (next == null) {
        forced = Math.max(forced, highestWitness(in));
      }
      long number = start;
      long offset = 0;
      while (offset < in.length()) {
        Frame frame = in.keep(offset);
        boolean isNext =
            frame != null
                && !frame.disagree()
                && frame.header().kind() == Kind.ENTRY
                && frame.header().number() == number;
        if (number > forced && (!isNext || frame == null || frame.payload() == null)) {
          break;
        }
        if (!isNext || frame == null) {
          throw unreadable(in, name, number, offset);
        }
        tell(frame, new JournalPosition(start, offset, frame.end() - offset), name, snapshot);
        offset = frame.end();
        number++;
      }
      // A segment was forced before the next began.
      in.finish(offset, next == null);
      return number - 1;
    }
  }

  private void tell(Frame frame, JournalPosition position, String name, long snapshot) {
    boolean inSnapshot = frame.header().number() <= snapshot;
    byte[] payload = frame.payload();
    if (payload != null && Frames.decode(payload) instanceof Entry entry) {
      replay.entry(entry, position, inSnapshot);
    } else {
      replay.lost(frame.header(), "journal/*/" + name, position.offset(), inSnapshot);
    }
  }

  /** How far the journal was forced, as its last segment tells. */
  private static long highestWitness(TwinReader in) throws IOException {
    long highest = 0;
    long offset = 0;
    while (offset >= 0 && offset < in.length()) {
      Frame frame = in.look(offset);
      if (frame == null) {
        offset = in.resync(offset + 1);
      } else {
        highest = Math.max(highest, frame.header().durable());
        offset = frame.end();
      }
    }
    return highest;
  }

  private SliceException unreadable(TwinReader in, String name, long number, long offset)
      throws IOException {
    TreeSet<String> following = new TreeSet<>();
    List<Long> numbers = new ArrayList<>();
    for (long at = in.resync(offset + 1); at >= 0; ) {
      Frame frame = in.look(at);
      if (frame != null) {
        numbers.add(frame.header().number());
        frame
            .header()
            .devices()
            .forEach(device -> following.add(frame.header().host() + "/" + device));
      }
      at =
          frame == null
              ? in.resync(at + 1)
              : frame.end() < in.length() ? in.resync(frame.end()) : -1;
    }
    return new SliceException(
        "journal file "
            + folder
            + "/*/"
            + name
            + " is damaged at byte "
            + offset
            + " in both copies: which devices entry "
            + number
            + (numbers.isEmpty() || numbers.getFirst() <= number + 1
                ? ""
                : " to " + (numbers.getFirst() - 1))
            + " changed is unknown"
            + (following.isEmpty()
                ? ""
                : " (entries after it change " + String.join(", ", following) + ")")
            + "; restore the file from a backup");
  }
}
