package io.faultline.device.below;

import io.faultline.device.below.JournalRecord.Entry;
import io.faultline.device.below.JournalRecord.SnapshotBegins;
import io.faultline.device.below.JournalRecord.SnapshotEnds;
import io.faultline.device.below.JournalRecord.SnapshotFact;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The append-only log of a slice, in segments, and the newest snapshot that stands for older ones.
 *
 * <pre>
 * snapshot-90            facts after entry 90
 * journal-81   [81..100]   the snapshot lies in it: kept for its newer entries
 * journal-101  [101..  |   being written
 * </pre>
 *
 * <p>An entry counts once it is forced. Many callers share one force: the first who asks forces all
 * that was appended before, and the others find it done. Files are written through {@link
 * RandomAccessFile}, because an interrupt would close a channel under everybody's hands.
 */
final class Journal implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Journal.class);
  private static final String SEGMENT = "journal-";
  private static final String SNAPSHOT = "snapshot-";

  /** Who learns what the journal holds, at the start. */
  interface Replay {
    void snapshotBegins(SnapshotBegins snapshot);

    void snapshotFact(SnapshotFact fact);

    /**
     * @param inSnapshot whether the snapshot has its facts already
     */
    void entry(Entry entry, boolean inSnapshot);
  }

  private final Path folder;
  private final long segmentBytes;
  private final ReentrantLock forcing = new ReentrantLock();
  private RandomAccessFile segment;

  /** Written by the one who appends, read by whoever forces: an entry counts once it is whole. */
  private volatile long appended;

  private volatile long durable;
  private volatile @Nullable String failure;

  private Journal(Path folder, long segmentBytes, RandomAccessFile segment) {
    this.folder = folder;
    this.segmentBytes = segmentBytes;
    this.segment = segment;
  }

  /**
   * Reads everything that is there, cuts off a torn tail, and goes on from there.
   *
   * @param segmentBytes after how many bytes a new segment begins
   * @throws SliceException if something is missing or damaged that is not just the tail of the last
   *     segment
   */
  static Journal open(Path folder, long segmentBytes, Replay replay) {
    try {
      deleteTemporaries(folder);
      long number = readSnapshot(folder, replay);
      TreeMap<Long, Path> segments = numbered(folder, SEGMENT);
      long start = number + 1;
      if (!segments.isEmpty()) {
        start = segments.lastKey();
        if (segments.firstKey() > number + 1) {
          throw new SliceException(
              folder + " has no entries " + (number + 1) + " to " + (segments.firstKey() - 1));
        }
      }
      long last = number;
      for (var found : segments.entrySet()) {
        boolean isLast = found.getKey().equals(segments.lastKey());
        last = readSegment(found.getValue(), found.getKey(), isLast, number, replay);
        Long next = segments.higherKey(found.getKey());
        if (next != null && next != last + 1) {
          throw new SliceException(
              found.getValue() + " is damaged: it ends with entry " + last + ", not " + (next - 1));
        }
      }
      if (last < number) {
        throw new SliceException(
            folder + " is damaged: it ends with entry " + last + ", its snapshot with " + number);
      }
      RandomAccessFile file =
          new RandomAccessFile(folder.resolve(segmentName(start)).toFile(), "rw");
      file.seek(file.length());
      SliceFolder.forceFolder(folder);
      Journal journal = new Journal(folder, segmentBytes, file);
      journal.appended = last;
      journal.durable = journal.appended;
      return journal;
    } catch (IOException e) {
      throw new SliceException("journal " + folder + " cannot be read: " + e, e);
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
   * Appends the next entry. One caller at a time.
   *
   * @return whether a new segment was begun, so that a snapshot is worth while
   * @throws NoRoomException if the disk is full; the journal is as before
   */
  boolean append(Entry entry) {
    if (failure != null) {
      throw new SliceException(String.valueOf(failure));
    }
    if (entry.number() != appended + 1) {
      throw new IllegalArgumentException("entry " + entry.number() + " after " + appended);
    }
    byte[] frame = Frames.encode(entry);
    try {
      boolean rotates = segment.getFilePointer() >= segmentBytes;
      if (rotates) {
        rotate();
      }
      write(frame);
      appended = entry.number();
      return rotates;
    } catch (IOException e) {
      throw new NoRoomException("the journal " + folder + " cannot grow: " + e.getMessage(), e);
    }
  }

  private void write(byte[] frame) throws IOException {
    long position = segment.getFilePointer();
    try {
      segment.write(frame);
    } catch (IOException e) {
      try {
        segment.setLength(position);
        segment.seek(position);
      } catch (IOException again) {
        fail("the journal " + folder + " cannot be written: " + again.getMessage());
        e.addSuppressed(again);
      }
      throw e;
    }
  }

  private void rotate() throws IOException {
    forcing.lock();
    try {
      forceSegment();
      durable = appended;
      RandomAccessFile next =
          new RandomAccessFile(folder.resolve(segmentName(appended + 1)).toFile(), "rw");
      SliceFolder.forceFolder(folder);
      segment.close();
      segment = next;
    } finally {
      forcing.unlock();
    }
  }

  /**
   * Returns when entry {@code number} is on the disk.
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
      segment.getFD().sync();
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
   * Writes a snapshot and drops what it makes needless.
   *
   * @param facts of all hosts after entry {@code number}
   * @param published entries after this one are kept for the publisher
   */
  void snapshot(long number, long sequence, List<SnapshotFact> facts, long published)
      throws IOException {
    // Or a crash could leave a snapshot that knows more than the segment it lies in.
    force(number);
    Path file = folder.resolve(SNAPSHOT + padded(number));
    Path temporary = folder.resolve(SNAPSHOT + padded(number) + ".tmp");
    try (FileChannel channel =
            FileChannel.open(
                temporary,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
        OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16)) {
      out.write(Frames.encode(new SnapshotBegins(number, sequence)));
      for (SnapshotFact fact : facts) {
        out.write(Frames.encode(fact));
      }
      out.write(Frames.encode(new SnapshotEnds(facts.size())));
      out.flush();
      channel.force(true);
    }
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    SliceFolder.forceFolder(folder);
    for (Path older : numbered(folder, SNAPSHOT).headMap(number).values()) {
      Files.delete(older);
    }
    dropSegmentsThrough(Math.min(number, published));
  }

  private void dropSegmentsThrough(long number) throws IOException {
    TreeMap<Long, Path> segments = numbered(folder, SEGMENT);
    for (var found : segments.entrySet()) {
      Long next = segments.higherKey(found.getKey());
      if (next != null && next - 1 <= number) {
        Files.delete(found.getValue());
      }
    }
  }

  @Override
  public void close() {
    forcing.lock();
    try {
      segment.getFD().sync();
      failure = "the slice is closed";
      segment.close();
    } catch (IOException e) {
      log.warn("closing the journal {}: {}", folder, e.toString());
    } finally {
      forcing.unlock();
    }
  }

  private static long readSnapshot(Path folder, Replay replay) throws IOException {
    var newest = numbered(folder, SNAPSHOT).lastEntry();
    if (newest == null) {
      replay.snapshotBegins(new SnapshotBegins(0, 0));
      return 0;
    }
    long facts = 0;
    try (DataInputStream in = stream(newest.getValue())) {
      JournalRecord record = Frames.read(in);
      if (!(record instanceof SnapshotBegins begins) || begins.number() != newest.getKey()) {
        throw new SliceException(newest.getValue() + " is damaged: it does not begin as it should");
      }
      replay.snapshotBegins(begins);
      while ((record = Frames.read(in)) instanceof SnapshotFact fact) {
        replay.snapshotFact(fact);
        facts++;
      }
      if (!(record instanceof SnapshotEnds ends) || ends.facts() != facts) {
        throw new SliceException(
            newest.getValue() + " is damaged: it does not end after " + facts + " facts");
      }
    }
    return newest.getKey();
  }

  private static long readSegment(
      Path file, long start, boolean isLast, long snapshotNumber, Replay replay)
      throws IOException {
    long number = start - 1;
    long goodBytes = 0;
    try (CountingStream counting =
            new CountingStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16));
        DataInputStream in = new DataInputStream(counting)) {
      while (Frames.read(in) instanceof Entry entry && entry.number() == number + 1) {
        number++;
        goodBytes = counting.count();
        replay.entry(entry, number <= snapshotNumber);
      }
    }
    long tornBytes = Files.size(file) - goodBytes;
    if (tornBytes > 0 && isLast) {
      log.warn("{}: the last {} bytes are torn and are cut off", file, tornBytes);
      try (RandomAccessFile torn = new RandomAccessFile(file.toFile(), "rw")) {
        torn.setLength(goodBytes);
        torn.getFD().sync();
      }
    } else if (tornBytes > 0) {
      throw new SliceException(file + " is damaged after entry " + number);
    }
    return number;
  }

  private static DataInputStream stream(Path file) throws IOException {
    return new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16));
  }

  private static TreeMap<Long, Path> numbered(Path folder, String prefix) throws IOException {
    TreeMap<Long, Path> found = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (name.startsWith(prefix) && !name.endsWith(".tmp")) {
          found.put(Long.parseLong(name.substring(prefix.length())), file);
        }
      }
    }
    return found;
  }

  private static void deleteTemporaries(Path folder) throws IOException {
    List<Path> leftovers = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      files.filter(file -> file.toString().endsWith(".tmp")).forEach(leftovers::add);
    }
    for (Path leftover : leftovers) {
      Files.delete(leftover);
    }
  }

  private static String segmentName(long start) {
    return SEGMENT + padded(start);
  }

  private static String padded(long number) {
    return "%019d".formatted(number);
  }
}
