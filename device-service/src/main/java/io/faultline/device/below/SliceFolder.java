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
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * The folder of a slice, held by one process at a time:
 *
 * <pre>
 * slice.json    who it is, and the version of its form
 * lock          held while a process uses it
 * journal/      facts and events, see {@link Journal}
 * published     how far the events are published, see {@link PublishedMark}
 * media/        host/device.generation, see {@link Media}
 * </pre>
 */
final class SliceFolder implements AutoCloseable {

  /** The form of everything in the folder. Another number is refused, never guessed at. */
  static final int FORMAT_VERSION = 1;

  private record Identity(String sliceId, int formatVersion, Instant createdAt) {}

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
      return new SliceFolder(path, identity(path.resolve("slice.json"), now, seed), lockFile);
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

  private static String identity(Path file, Instant now, long seed) throws IOException {
    if (!Files.exists(file)) {
      Identity created = new Identity(new Ulids(now, seed).nextUlid(), FORMAT_VERSION, now);
      writeWhole(file, Json.LENIENT.writeValueAsString(created).getBytes(UTF_8));
      return created.sliceId();
    }
    Identity found;
    try {
      found = Json.LENIENT.readValue(Files.readAllBytes(file), Identity.class);
    } catch (JacksonException e) {
      throw new SliceException(file + " is not readable: " + e.getOriginalMessage(), e);
    }
    if (found.formatVersion() != FORMAT_VERSION) {
      throw new SliceException(
          "slice folder "
              + file.getParent()
              + " has format version "
              + found.formatVersion()
              + ", this program reads version "
              + FORMAT_VERSION
              + ": use the program that wrote it, or another folder");
    }
    return found.sliceId();
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
