package io.faultline.device.below;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.events.Json;
import io.faultline.events.Ulids;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/**
 * The folder of a slice, held by one process at a time:
 *
 * <pre>
 * slice.json    who it is, and the version of its form
 * slice.copy.json   the same once more
 * lock          held while a process uses it
 * journal/a/    facts and events, see {@link Journal}
 * journal/b/    the same once more
 * published     how far the events are published, see {@link PublishedMark}
 * media/        host/device.generation, see {@link Media}
 * </pre>
 */
final class SliceFolder implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(SliceFolder.class);

  /** The form of everything in the folder. Another number is refused, never guessed at. */
  static final int FORMAT_VERSION = 2;

  /**
   * @param crc32c of the rest, as {@link #check} makes it
   */
  private record Identity(String sliceId, int formatVersion, Instant createdAt, long crc32c) {

    static Identity of(String sliceId, Instant createdAt) {
      return new Identity(
          sliceId, FORMAT_VERSION, createdAt, check(sliceId, FORMAT_VERSION, createdAt));
    }

    boolean isWhole() {
      return crc32c == check(sliceId, formatVersion, createdAt);
    }

    private static long check(String sliceId, int formatVersion, Instant createdAt) {
      byte[] text = (sliceId + " " + formatVersion + " " + createdAt).getBytes(UTF_8);
      return Integer.toUnsignedLong(FrameHeader.crc(text, 0, text.length));
    }
  }

  private final Path path;
  private final String sliceId;
  private final FileChannel lockFile;

  private SliceFolder(Path path, String sliceId, FileChannel lockFile) {
    this.path = path;
    this.sliceId = sliceId;
    this.lockFile = lockFile;
  }

  /**
   * Takes the folder, and makes it if it is not there.
   *
   * @param now for the identity of a new slice
   * @param seed for the identity of a new slice, random
   * @throws SliceException if another process holds it, it is of another version, or it cannot be
   *     written
   */
  static SliceFolder open(Path path, Instant now, long seed) {
    FileChannel lockFile = null;
    try {
      Files.createDirectories(path.resolve("journal"));
      Files.createDirectories(path.resolve("media"));
      lockFile =
          FileChannel.open(
              path.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (!lock(lockFile)) {
        lockFile.close();
        throw new SliceException(
            "slice folder " + path + " is in use by another process: stop that one first");
      }
      return new SliceFolder(path, identity(path, now, seed), lockFile);
    } catch (IOException e) {
      throw new SliceException("slice folder " + path + " cannot be written: " + e, e);
    } catch (SliceException e) {
      closeQuietly(lockFile, e);
      throw e;
    }
  }

  private static boolean lock(FileChannel lockFile) throws IOException {
    try {
      FileLock lock = lockFile.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  /**
   * Who the slice is. A new one is written last, after an empty journal, so that an identity
   * without a journal, or a journal without an identity, is always a loss.
   */
  private static String identity(Path path, Instant now, long seed) throws IOException {
    List<Path> files = List.of(path.resolve("slice.json"), path.resolve("slice.copy.json"));
    Path journal = path.resolve("journal");
    Identity identity = null;
    String damage = "";
    for (Path file : files) {
      try {
        Identity found = Json.LENIENT.readValue(Files.readAllBytes(file), Identity.class);
        requireVersion(found, path);
        if (!found.isWhole()) {
          damage = file + " is damaged: its checksum is not that of its content";
        } else if (identity == null) {
          identity = found;
        }
      } catch (NoSuchFileException e) {
        log.debug("{} is not there", file);
      } catch (JacksonException e) {
        damage = file + " is not readable: " + e.getOriginalMessage();
      }
    }
    if (identity == null && damage.isEmpty()) {
      if (Journal.hasEntries(journal)) {
        throw new SliceException(
            "slice folder "
                + path
                + " has a journal, but slice.json and slice.copy.json are missing: restore one of"
                + " them from a backup");
      }
      Journal.create(journal);
      identity = Identity.of(new Ulids(now, seed).nextUlid(), now);
    } else if (identity == null) {
      throw new SliceException(damage + "; and no other copy of it is whole");
    } else if (!Journal.exists(journal)) {
      throw new SliceException(
          "slice folder "
              + path
              + " has lost its journal in both copies: restore it from a backup");
    }
    byte[] content = Json.LENIENT.writeValueAsString(identity).getBytes(UTF_8);
    for (Path file : files) {
      if (!Files.exists(file) || !Arrays.equals(Files.readAllBytes(file), content)) {
        if (!damage.isEmpty()) {
          log.warn("{}; it is written anew from its other copy", damage);
        }
        writeWhole(file, content);
      }
    }
    return identity.sliceId();
  }

  private static void requireVersion(Identity found, Path path) {
    if (found.formatVersion() != FORMAT_VERSION) {
      throw new SliceException(
          "slice folder "
              + path
              + " has format version "
              + found.formatVersion()
              + ", this program reads version "
              + FORMAT_VERSION
              + ": use the program that wrote it, or another folder");
    }
  }

  /** All of a file or none of it, also after a crash. */
  static void writeWhole(Path file, byte[] content) throws IOException {
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    try (FileChannel channel =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    forceFolder(file.toAbsolutePath().getParent());
  }

  /** A new or renamed file is durable only when its folder is. */
  static void forceFolder(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void closeQuietly(@Nullable FileChannel file, Exception because) {
    try {
      if (file != null) {
        file.close();
      }
    } catch (IOException e) {
      because.addSuppressed(e);
    }
  }

  String sliceId() {
    return sliceId;
  }

  Path path() {
    return path;
  }

  Path journal() {
    return path.resolve("journal");
  }

  Path media() {
    return path.resolve("media");
  }

  @Override
  public void close() {
    try {
      lockFile.close();
    } catch (IOException e) {
      throw new SliceException("the lock of slice folder " + path + " cannot be given back", e);
    }
  }
}
