package io.faultline.standalone;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder that holds everything this process keeps.
 *
 * <pre>
 *   VERSION   of what is in here; another version is refused
 *   lock      held by the one process that uses the folder; its text is that process's id
 *   kafka/    the broker's logs
 *   slice/    the emulated devices
 *   state/    the layers' stores; can be rebuilt from kafka/
 *   access/   the first tokens: hashes, and the administrator's own until that takes it away
 *   log/      what this process had to complain about
 * </pre>
 *
 * The lock belongs to the operating system and ends with the process, however that ends.
 */
final class DataFolder implements AutoCloseable {

  /** Rises when an older program can no longer read what a newer one wrote. */
  static final String VERSION = "1";

  /**
   * With less than this there is no point in starting: the stores reserve as much for themselves.
   */
  static final long MIN_FREE_BYTES = 256L << 20;

  private static final String VERSION_FILE = "VERSION";
  private static final String NEW_VERSION_FILE = "VERSION.new";
  private static final String LOCK_FILE = "lock";
  private static final String ACCESS = "access";

  /** What a start that was cut off, or a token that was made, leaves before there is a version. */
  private static final Set<String> BEFORE_VERSION = Set.of(LOCK_FILE, NEW_VERSION_FILE, ACCESS);

  /** Beyond the text, so that others can read the text where locks are mandatory. */
  private static final long LOCKED_BYTE = 1L << 32;

  private final Path path;
  private final FileChannel lock;

  private DataFolder(Path path, FileChannel lock) {
    this.path = path;
    this.lock = lock;
  }

  /** Makes {@code path} if it is not there, and takes it for this process. */
  static DataFolder open(Path path) {
    Path folder = path.toAbsolutePath().normalize();
    try {
      Files.createDirectories(folder);
      refuseForeign(folder);
      FileChannel lock = lock(folder);
      try {
        checkVersion(folder);
        refuseFull(folder);
      } catch (IOException | RuntimeException refused) {
        lock.close();
        throw refused;
      }
      return new DataFolder(folder, lock);
    } catch (IOException failed) {
      throw new StartFailure(
          "cannot keep data in "
              + folder
              + ": "
              + reason(failed)
              + "; choose a folder with --data=",
          failed);
    }
  }

  Path path() {
    return path;
  }

  Path kafka() {
    return path.resolve("kafka");
  }

  Path slice() {
    return path.resolve("slice");
  }

  Path state() {
    return path.resolve("state");
  }

  Path access() {
    return path.resolve(ACCESS);
  }

  Path log() {
    return path.resolve("log");
  }

  /** Gives the folder free for another process. */
  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException ignored) {
      // The lock ends with this process, which is about to end.
    }
  }

  private static void refuseForeign(Path folder) throws IOException {
    if (Files.exists(folder.resolve(VERSION_FILE), LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> entries = Files.list(folder)) {
      entries
          .map(entry -> entry.getFileName().toString())
          .filter(name -> !BEFORE_VERSION.contains(name))
          .sorted()
          .findFirst()
          .ifPresent(
              name -> {
                throw new StartFailure(
                    folder
                        + " is not a data folder of Faultline: it holds "
                        + name
                        + " but no "
                        + VERSION_FILE
                        + "; choose a folder with --data=");
              });
    }
  }

  private static FileChannel lock(Path folder) throws IOException {
    Path file = folder.resolve(LOCK_FILE);
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      if (!tryLock(channel)) {
        throw new StartFailure(
            folder
                + " is in use by "
                + holder(file)
                + "; stop that one or choose another folder with --data=");
      }
      channel.truncate(0);
      channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes()), 0);
      return channel;
    } catch (IOException | RuntimeException failed) {
      channel.close();
      throw failed;
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock(LOCKED_BYTE, 1, false) != null;
    } catch (OverlappingFileLockException heldByThisProcess) {
      return false;
    }
  }

  private static String holder(Path lockFile) throws IOException {
    String pid = Files.readString(lockFile).strip();
    return pid.isEmpty() ? "another process" : "process " + pid;
  }

  private static void checkVersion(Path folder) throws IOException {
    Path file = folder.resolve(VERSION_FILE);
    if (!Files.exists(file)) {
      // Renamed into place, so that a start that is cut off leaves a whole version or none.
      Path written = Files.writeString(folder.resolve(NEW_VERSION_FILE), VERSION + "\n");
      Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
      return;
    }
    String found = Files.readString(file).strip();
    if (!found.equals(VERSION)) {
      throw new StartFailure(
          folder
              + " holds data of format version "
              + shortened(found)
              + ", this program reads version "
              + VERSION
              + "; choose another folder with --data=, or run the program that wrote it");
    }
  }

  private static void refuseFull(Path folder) throws IOException {
    long free = Files.getFileStore(folder).getUsableSpace();
    if (free < MIN_FREE_BYTES) {
      throw new IOException(
          "the disk is full (%d MiB free, %d needed)".formatted(free >> 20, MIN_FREE_BYTES >> 20));
    }
  }

  private static String shortened(String text) {
    String line = text.lines().findFirst().orElse("(empty)");
    return line.length() <= 40 ? line : line.substring(0, 40) + "…";
  }

  private static @Nullable String reason(IOException failure) {
    return switch (failure) {
      case FileAlreadyExistsException e -> e.getFile() + " is a file, not a folder";
      case AccessDeniedException e -> "no permission to write " + e.getFile();
      case FileSystemException e when e.getReason() != null -> e.getReason();
      case FileSystemException e -> e.getFile() + " cannot be made";
      default -> failure.getMessage();
    };
  }
}
