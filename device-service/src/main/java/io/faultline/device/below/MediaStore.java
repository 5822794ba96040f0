package io.faultline.device.below;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The media of all devices of a slice: {@code media/<host>/<device>.<generation>}. The generation
 * that a device was made with keeps a new one apart from what an old one of its name left behind.
 */
final class MediaStore {

  private static final Logger log = LoggerFactory.getLogger(MediaStore.class);

  private record Opened(Media media, long sizeBytes) {}

  private final Path folder;
  private final long limitBytes;
  private final Map<Path, Opened> opened = new ConcurrentHashMap<>();
  private long totalBytes;

  /**
   * @param limitBytes of all devices together, written or not: it is address space
   */
  MediaStore(Path folder, long limitBytes) {
    this.folder = folder;
    this.limitBytes = limitBytes;
  }

  @Nullable Media find(String host, String device, long createdGeneration) {
    Opened found = opened.get(path(host, device, createdGeneration));
    return found == null ? null : found.media();
  }

  /**
   * Makes a device's media.
   *
   * @throws NoRoomException if there is no room
   */
  synchronized void create(String host, String device, long createdGeneration, long sizeBytes) {
    if (sizeBytes > limitBytes - totalBytes) {
      throw new NoRoomException(
          "all devices together have at most "
              + limitBytes
              + " bytes (faultline.device.limits.media-bytes), "
              + totalBytes
              + " are taken");
    }
    Path file = path(host, device, createdGeneration);
    try {
      Files.createDirectories(file.getParent());
      // What an interrupted creation left has never been anybody's.
      Files.deleteIfExists(file);
      Media media = Media.open(file, sizeBytes);
      opened.put(file, new Opened(media, sizeBytes));
      totalBytes += sizeBytes;
      SliceFolder.forceFolder(file.getParent());
      SliceFolder.forceFolder(folder);
    } catch (IOException e) {
      remove(host, device, createdGeneration);
      throw new NoRoomException(
          "there is no room for a device of " + sizeBytes + " bytes: " + e.getMessage(), e);
    }
  }

  /** Opens what a device had before a restart. */
  synchronized void reopen(String host, String device, long createdGeneration, long sizeBytes) {
    Path file = path(host, device, createdGeneration);
    try {
      if (!Files.exists(file) || Files.size(file) != sizeBytes) {
        throw new SliceException(
            "media file "
                + file
                + " of device "
                + device
                + " is missing or not "
                + sizeBytes
                + " bytes long: the slice folder is not whole");
      }
      opened.put(file, new Opened(Media.open(file, sizeBytes), sizeBytes));
      totalBytes += sizeBytes;
    } catch (IOException e) {
      throw new SliceException("media file " + file + " cannot be opened: " + e.getMessage(), e);
    }
  }

  /** Forgets a device's media; its space comes back when nobody reads it any more. */
  synchronized void remove(String host, String device, long createdGeneration) {
    Path file = path(host, device, createdGeneration);
    Opened gone = opened.remove(file);
    try {
      if (gone != null) {
        totalBytes -= gone.sizeBytes();
        gone.media().delete();
      } else {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      log.warn("media file {} stays behind until the next start: {}", file, e.toString());
    }
  }

  /** Deletes files of devices that a crash kept from being made or forgotten. */
  void deleteStrays() throws IOException {
    Set<Path> strays = new HashSet<>();
    try (Stream<Path> files = Files.walk(folder)) {
      files
          .filter(file -> Files.isRegularFile(file) && !opened.containsKey(file))
          .forEach(strays::add);
    }
    for (Path stray : strays) {
      Files.delete(stray);
      log.info("media file {} belonged to no device and is deleted", stray);
    }
  }

  void close() {
    for (Opened each : opened.values()) {
      try {
        each.media().close();
      } catch (IOException e) {
        log.warn("closing a media file: {}", e.toString());
      }
    }
    opened.clear();
  }

  private Path path(String host, String device, long createdGeneration) {
    return folder.resolve(host).resolve(device + "." + createdGeneration);
  }
}
