package io.faultline.device.below;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

  /**
   * Opens what a device had before a restart.
   *
   * @return what is wrong with its file; null if nothing is
   */
  synchronized @Nullable String reopen(
      String host, String device, long createdGeneration, long sizeBytes) {
    Path file = path(host, device, createdGeneration);
    try {
      if (!Files.isRegularFile(file)) {
        return Files.exists(file) ? "is no file" : "is missing";
      }
      if (Files.size(file) != sizeBytes) {
        return "is " + Files.size(file) + " bytes long, not " + sizeBytes;
      }
      opened.put(file, new Opened(Media.open(file, sizeBytes), sizeBytes));
      totalBytes += sizeBytes;
      return null;
    } catch (IOException e) {
      return "cannot be opened (" + e.getMessage() + ")";
    }
  }

  /** As it stands in messages and answers. */
  static String name(String host, String device, long createdGeneration) {
    return "media/" + host + "/" + device + "." + createdGeneration;
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

  /** Forgets whatever a damaged device left behind, of any generation. */
  synchronized void removeAll(String host, String device) {
    try {
      for (Path file : files()) {
        if (isOf(file, host, device)) {
          remove(host, device, Long.parseLong(file.toString().substring(dot(file) + 1)));
        }
      }
    } catch (IOException e) {
      log.warn("media of device {} stay behind until the next start: {}", device, e.toString());
    }
  }

  /**
   * Deletes files of devices that a crash kept from being made or forgotten.
   *
   * @param damaged devices by host that are refused; their files may be all that is left of them
   */
  void deleteStrays(Map<String, Set<String>> damaged) throws IOException {
    for (Path file : files()) {
      boolean isKept =
          damaged.entrySet().stream()
              .anyMatch(
                  host ->
                      host.getValue().stream()
                          .anyMatch(device -> isOf(file, host.getKey(), device)));
      if (!isKept && !opened.containsKey(file)) {
        Files.delete(file);
        log.info("media file {} belonged to no device and is deleted", file);
      }
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  /** {@code <folder>/<host>/<device>.<digits>}; a device's name may have points and digits too. */
  private boolean isOf(Path file, String host, String device) {
    String name = file.toString();
    int dot = dot(file);
    return name.substring(0, Math.max(dot, 0))
            .equals(folder.resolve(host).resolve(device).toString())
        && name.substring(dot + 1).chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static int dot(Path file) {
    return file.toString().lastIndexOf('.');
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
