package io.faultline.device.below;

import io.faultline.device.below.JournalRecord.Entry;
import io.faultline.device.below.JournalRecord.SnapshotBegins;
import io.faultline.device.below.JournalRecord.SnapshotEnds;
import io.faultline.device.below.JournalRecord.SnapshotFact;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The append-only log of a slice, in segments, and the newest snapshot that stands for older ones,
 * all of it twice.
 *
 * <pre>
 * a/ and b/
 *   snapshot-90            facts after entry 90
 *   journal-81   [81..100]   the snapshot lies in it: kept for its newer entries
 *   journal-101  [101..  |   being written
 * </pre>
 *
 * <p>An entry counts once it is forced in both copies. Many callers share one force: the first who
 * asks forces all that was appended before, and the others find it done. How the copies are read is
 * told at {@link JournalRecovery}.
 */
final class Journal implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Journal.class);
  static final String SEGMENT = "journal-";
  static final String SNAPSHOT = "snapshot-";

  private final Path folder;
  private final TwinFolder twins;
  private final long segmentBytes;
  private final ReentrantLock forcing = new ReentrantLock();
  private final Reading reading = new Reading();
  private long segmentStart;
  private TwinFile segment;

  /** Written by the one who appends, read by whoever forces: an entry counts once it is whole. */
  private volatile long appended;

  private volatile long durable;
  private volatile @Nullable String failure;

  private Journal(
      Path folder, TwinFolder twins, long segmentBytes, long segmentStart, TwinFile segment) {
    this.folder = folder;
    this.twins = twins;
    this.segmentBytes = segmentBytes;
    this.segmentStart = segmentStart;
    this.segment = segment;
  }

  /** Makes an empty one; whoever finds less later knows that something is lost. */
  static void create(Path folder) throws IOException {
    TwinFolder twins = TwinFolder.in(folder);
    twins.create();
    new TwinFile(twins.both(segmentName(1))).close();
    twins.force();
    SliceFolder.forceFolder(folder);
  }

  /** Whether there is anything of a journal. */
  static boolean exists(Path folder) throws IOException {
    TwinFolder twins = TwinFolder.in(folder);
    twins.create();
    return !twins.numbered(SEGMENT).isEmpty() || !twins.numbered(SNAPSHOT).isEmpty();
  }

  /** Whether it holds anything. */
  static boolean hasEntries(Path folder) throws IOException {
    TwinFolder twins = TwinFolder.in(folder);
    twins.create();
    if (!twins.numbered(SNAPSHOT).isEmpty()) {
      return true;
    }
    for (String name : twins.numbered(SEGMENT).values()) {
      try (TwinReader in = new TwinReader(twins.both(name))) {
        if (in.length() > 0) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * Reads everything that is there and goes on from there.
   *
   * @param segmentBytes after how many bytes a new segment begins
   * @param mark how far it was forced and published, as far as that is known
   * @throws SliceException if something is lost in both copies, and nobody can tell what
   */
  static Journal open(
      Path folder, long segmentBytes, PublishedMark.Marked mark, JournalRecovery.Replay replay) {
    try {
      TwinFolder twins = TwinFolder.in(folder);
      twins.create();
      long forced = Math.max(mark.durable(), mark.published());
      JournalRecovery.End end =
          new JournalRecovery(folder, twins, forced, replay).run(mark.published());
      TwinFile file = new TwinFile(twins.both(segmentName(end.segment())));
      twins.force();
      Journal journal = new Journal(folder, twins, segmentBytes, end.segment(), file);
      journal.appended = end.number();
      journal.durable = end.number();
      return journal;
    } catch (IOException e) {
      throw new SliceException(
          "journal " + folder + " cannot be read and made whole: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new SliceException(
          "journal " + folder + " holds what this program does not know: " + e.getMessage(), e);
    }
  }

  /** The number of the last entry, forced or not. */
  long appended() {
    return appended;
  }

  /** Every entry up to this one is forced. */
  long durable() {
    return durable;
  }

  /** Why nothing can be written any more; null while all is well. */
  @Nullable String failure() {
    return failure;
  }

  /**
   * @param rotated whether a new segment was begun, so that a snapshot is worth while
   */
  record Appended(JournalPosition position, boolean rotated) {}

  /**
   * Appends the next entry. One caller at a time.
   *
   * @param frame of entry {@link #appended()} + 1
   * @throws NoRoomException if the disk of either copy is full; the journal is as before
   */
  Appended append(byte[] frame) {
    if (failure != null) {
      throw new SliceException(String.valueOf(failure));
    }
    try {
      boolean rotates = segment.length() >= segmentBytes;
      if (rotates) {
        rotate();
      }
      JournalPosition position = new JournalPosition(segmentStart, segment.length(), frame.length);
      segment.append(frame);
      appended++;
      return new Appended(position, rotates);
    } catch (IOException e) {
      if (segment.isBroken()) {
        fail("the journal " + folder + " cannot be written: " + e.getMessage());
      }
      throw new NoRoomException("the journal " + folder + " cannot grow: " + e.getMessage(), e);
    }
  }

  private void rotate() throws IOException {
    forcing.lock();
    try {
      forceSegment();
      durable = appended;
      TwinFile next = new TwinFile(twins.both(segmentName(appended + 1)));
      try {
        twins.force();
      } catch (IOException e) {
        next.close();
        throw e;
      }
      segment.close();
      segment = next;
      segmentStart = appended + 1;
    } finally {
      forcing.unlock();
    }
  }

  /**
   * Returns when entry {@code number} is on the disk, in both copies.
   *
   * @throws SliceException if the disk failed: then nobody can tell what is on it, and the slice
   *     must be opened anew
   */
  void force(long number) {
    if (durable >= number) {
      return;
    }
    forcing.lock();
    try {
      if (durable >= number) {
        return;
      }
      if (failure != null) {
        throw new SliceException(String.valueOf(failure));
      }
      // Read before the force: what is appended meanwhile may not be in it.
      long upTo = appended;
      forceSegment();
      durable = upTo;
    } finally {
      forcing.unlock();
    }
  }

  private void forceSegment() {
    try {
      segment.sync();
    } catch (IOException e) {
      fail("the journal " + folder + " cannot be forced to disk: " + e.getMessage());
      throw new SliceException(String.valueOf(failure), e);
    }
  }

  private void fail(String reason) {
    failure = reason;
    log.error("{}; the slice takes no more changes until it is opened anew", reason);
  }

  /**
   * Reads an entry that is on the disk, from whichever copy has it whole.
   *
   * @throws SliceException if neither has
   */
  Entry read(JournalPosition position) {
    String name = segmentName(position.segment());
    synchronized (reading) {
      if (reading.segment != position.segment()) {
        reading.close();
        reading.segment = position.segment();
      }
      for (Path path : twins.both(name)) {
        try {
          byte[] frame = new byte[Math.toIntExact(position.bytes())];
          RandomAccessFile file = reading.open(path);
          file.seek(position.offset());
          file.readFully(frame);
          Entry entry = Frames.entry(frame);
          if (entry != null) {
            return entry;
          }
          log.warn("{} is damaged at byte {}", path, position.offset());
        } catch (IOException e) {
          log.warn("{} at byte {} cannot be read: {}", path, position.offset(), e.toString());
        }
      }
    }
    throw new SliceException(
        "journal file "
            + folder
            + "/*/"
            + name
            + " is damaged at byte "
            + position.offset()
            + " in both copies; start the service again to see which devices that takes out");
  }

  /** The files that were read last: entries are read one after the other. */
  private static final class Reading {
    private final Map<Path, RandomAccessFile> files = new HashMap<>();
    private long segment;

    RandomAccessFile open(Path path) throws IOException {
      RandomAccessFile file = files.get(path);
      if (file == null) {
        file = new RandomAccessFile(path.toFile(), "r");
        files.put(path, file);
      }
      return file;
    }

    void close() {
      for (RandomAccessFile file : files.values()) {
        try {
          file.close();
        } catch (IOException e) {
          log.warn("closing a file of the journal: {}", e.toString());
        }
      }
      files.clear();
    }
  }

  /**
   * Writes a snapshot and drops what it makes needless.
   *
   * @param facts of all hosts after entry {@code number}
   * @param published entries after this one are kept for the publisher
   */
  void snapshot(long number, long sequence, List<SnapshotFact> facts, long published)
      throws IOException {
    // Or a crash could leave a snapshot that knows more than the segment it lies in.
    force(number);
    String name = snapshotName(number);
    try {
      for (Path file : twins.both(name + TwinFolder.TEMPORARY)) {
        write(file, number, sequence, facts);
      }
      twins.publish(name);
    } finally {
      // After success there are none; after a failure they would take the room that is missing.
      twins.delete(name + TwinFolder.TEMPORARY);
    }
    for (String older : twins.numbered(SNAPSHOT).headMap(number).values()) {
      twins.delete(older);
    }
    dropSegmentsThrough(Math.min(number, published));
  }

  private static void write(Path file, long number, long sequence, List<SnapshotFact> facts)
      throws IOException {
    try (FileOutputStream to = new FileOutputStream(file.toFile());
        OutputStream out = new BufferedOutputStream(to, 1 << 16)) {
      out.write(Frames.encode(new SnapshotBegins(number, sequence)));
      long index = 0;
      for (SnapshotFact fact : facts) {
        out.write(Frames.encode(fact, ++index));
      }
      out.write(Frames.encode(new SnapshotEnds(index)));
      out.flush();
      to.getFD().sync();
    }
  }

  private void dropSegmentsThrough(long number) throws IOException {
    TreeMap<Long, String> segments = twins.numbered(SEGMENT);
    for (var found : segments.entrySet()) {
      Long next = segments.higherKey(found.getKey());
      if (next != null && next - 1 <= number) {
        twins.delete(found.getValue());
      }
    }
  }

  @Override
  public void close() {
    forcing.lock();
    try {
      segment.sync();
      failure = "the slice is closed";
      segment.close();
    } catch (IOException e) {
      log.warn("closing the journal {}: {}", folder, e.toString());
    } finally {
      forcing.unlock();
    }
    synchronized (reading) {
      reading.close();
    }
  }

  static String segmentName(long start) {
    return SEGMENT + padded(start);
  }

  static String snapshotName(long number) {
    return SNAPSHOT + padded(number);
  }

  private static String padded(long number) {
    return "%019d".formatted(number);
  }
}
