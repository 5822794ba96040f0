package io.faultline.device.below;

import io.faultline.device.core.Device;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * The bytes of one device: a sparse file, so that a large device costs what was written to it.
 *
 * <p>Reads go through a mapping of the whole file. Writes go through the file, because a full disk
 * is an error there and a crash in a mapping; and through {@link RandomAccessFile}, because an
 * interrupt would close a channel. Both see one page cache.
 */
public final class Media implements AutoCloseable {

  private static final int PIECE_BYTES = 1 << 20;

  private static final int ROOM_BYTES = 1 << 16;

  private final Path file;
  private final RandomAccessFile out;
  private final Arena arena;
  private final MemorySegment mapped;
  private final RangeGate gate = new RangeGate();
  private final ReentrantReadWriteLock open = new ReentrantReadWriteLock();
  private boolean closed;

  private Media(Path file, RandomAccessFile out, Arena arena, MemorySegment mapped) {
    this.file = file;
    this.out = out;
    this.arena = arena;
    this.mapped = mapped;
  }

  /** Opens the file, and makes it if it is not there, all zeroes. */
  static Media open(Path file, long sizeBytes) throws IOException {
    RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw");
    Arena arena = Arena.ofShared();
    try {
      if (out.length() != sizeBytes) {
        out.setLength(sizeBytes);
      }
      MemorySegment mapped =
          out.getChannel().map(FileChannel.MapMode.READ_ONLY, 0, sizeBytes, arena);
      return new Media(file, out, arena, mapped);
    } catch (IOException | RuntimeException e) {
      arena.close();
      out.close();
      throw e;
    }
  }

  /** Passed by whoever reads, or changes content and poison together. */
  public RangeGate gate() {
    return gate;
  }

  /**
   * The content of a range, whatever the poison.
   *
   * @throws MediaGoneException if the device was deleted
   * @throws SliceException if the file cannot be read
   */
  public byte[] read(SectorRange range) throws MediaGoneException {
    byte[] content = new byte[Math.toIntExact(range.sectorCount() * Device.SECTOR_BYTES)];
    if (range.isEmpty()) {
      return content;
    }
    open.readLock().lock();
    try {
      requireOpen();
      long atByte = range.startSector() * Device.SECTOR_BYTES;
      try {
        MemorySegment.copy(mapped, ValueLayout.JAVA_BYTE, atByte, content, 0, content.length);
      } catch (InternalError e) {
        // A hole of a tmpfs takes room when it is mapped, and there is none.
        get(atByte, content, content.length);
      }
      return content;
    } catch (MediaGoneException e) {
      throw e;
    } catch (IOException e) {
      throw new SliceException("media file " + file + " cannot be read: " + e.getMessage(), e);
    } finally {
      open.readLock().unlock();
    }
  }

  /**
   * Stores content and forces it to disk, all of it or nothing.
   *
   * @throws IOException if the disk is full or fails; the range has its old content then
   * @throws MediaGoneException if the device was deleted
   */
  public void write(long startSector, byte[] content) throws IOException {
    open.readLock().lock();
    try {
      requireOpen();
      long start = startSector * Device.SECTOR_BYTES;
      takeRoom(start, content.length);
      put(start, content, content.length);
      out.getFD().sync();
    } finally {
      open.readLock().unlock();
    }
  }

  /**
   * Writes what is there once more: what is a hole takes its room, and what cannot be written
   * fails, where it changes nothing yet. (A filesystem that never overwrites in place may still
   * fail later.)
   */
  private void takeRoom(long atByte, int length) throws IOException {
    byte[] same = new byte[Math.min(length, ROOM_BYTES)];
    for (int at = 0; at < length; at += ROOM_BYTES) {
      int step = Math.min(ROOM_BYTES, length - at);
      get(atByte + at, same, step);
      put(atByte + at, same, step);
    }
  }

  /**
   * Makes ranges zero and forces that to disk. What is zero already is not written, so holes stay
   * holes.
   */
  public void zero(Extents ranges) throws IOException {
    byte[] zeroes = new byte[PIECE_BYTES];
    open.readLock().lock();
    try {
      requireOpen();
      for (SectorRange range : ranges.toList()) {
        long end = range.endSector() * Device.SECTOR_BYTES;
        for (long at = range.startSector() * Device.SECTOR_BYTES; at < end; at += PIECE_BYTES) {
          int length = (int) Math.min(PIECE_BYTES, end - at);
          if (!isZero(at, length, zeroes)) {
            put(at, zeroes, length);
          }
        }
      }
      out.getFD().sync();
    } finally {
      open.readLock().unlock();
    }
  }

  /** Read from the file, not the mapping: on some filesystems a hole that is mapped takes room. */
  private boolean isZero(long atByte, int length, byte[] zeroes) throws IOException {
    byte[] found = new byte[length];
    get(atByte, found, length);
    return Arrays.equals(found, 0, length, zeroes, 0, length);
  }

  private void get(long atByte, byte[] content, int length) throws IOException {
    synchronized (out) {
      out.seek(atByte);
      out.readFully(content, 0, length);
    }
  }

  private void put(long atByte, byte[] content, int length) throws IOException {
    synchronized (out) {
      out.seek(atByte);
      out.write(content, 0, length);
    }
  }

  private void requireOpen() throws MediaGoneException {
    if (closed) {
      throw new MediaGoneException();
    }
  }

  /** Waits for reads and writes that are under way. */
  @Override
  public void close() throws IOException {
    open.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        arena.close();
        out.close();
      }
    } finally {
      open.writeLock().unlock();
    }
  }

  /** Closes it and gives its space back. */
  void delete() throws IOException {
    close();
    Files.deleteIfExists(file);
  }
}
