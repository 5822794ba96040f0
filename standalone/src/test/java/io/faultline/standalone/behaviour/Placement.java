package io.faultline.standalone.behaviour;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Finds out what an injected byte was on the real machine: from what the case says of its files and
 * metadata where it says so, else from how mkfs.xfs lays a small filesystem out.
 *
 * <pre>
 * allocation group:  |sb agf agi agfl|trees|inodes|  files in the order in which they were made ...
 *                    0            16 KiB          96 KiB
 * </pre>
 */
final class Placement {

  static final int PAGE = 4096;
  private static final int GROUPS = 4;
  private static final int HEADER_BYTES = 16384;
  private static final long FIRST_FILE_BYTE = 24L * PAGE;
  private static final Pattern MADVISE = Pattern.compile("madvise\\(base\\+(\\d+),");
  private static final Pattern WRITTEN =
      Pattern.compile("write (\\d+) pages \\(4096 B\\).* to (\\S+),");
  private static final Pattern ALLOCATED = Pattern.compile("'falloc 0 64k'.*/mnt/x(\\S+)");
  private static final Map<Integer, String> OWNERS =
      Map.of(
          1, "static fs metadata",
          2, "journalling log",
          3, "per-AG metadata",
          4, "inode btree",
          5, "inodes",
          6, "refcount btree",
          7, "cow reservation");

  private final Observed observed;
  private final Stack stack;

  Placement(Observed observed, Stack stack) {
    this.observed = observed;
    this.stack = stack;
  }

  Hit of(JsonNode injection) {
    Matcher madvise = MADVISE.matcher(injection.path("command").asString());
    if (madvise.find()) {
      return ofProcess(Long.parseLong(madvise.group(1)));
    }
    String device = injection.path("pmem").asString("pmem0");
    long deviceByte = injection.path("pmemByteOffset").asLong();
    if (!stack.isXfs || !stack.isBelowData(device) && !device.equals(stack.realtime)) {
      return new Hit.DeviceByte(device, deviceByte);
    }
    Hit mapped = ofPageMap(injection.path("pfn").asLong());
    if (mapped != null) {
      return mapped;
    }
    long at = stack.upward(deviceByte);
    if (!stack.isBelowData(device) || at < 0 || at >= stack.dataBytes()) {
      return new Hit.DeviceByte(device, deviceByte);
    }
    Hit told = ofRecord(at);
    if (told == null) {
      told = ofExtents(at);
    }
    return told == null ? ofLayout(at) : told;
  }

  private Hit ofProcess(long offset) {
    Observed.Mapper mapper = observed.mappers().getFirst();
    // A copied page is lost with the process's memory: it is signalled at the next touch.
    boolean copied =
        !mapper.shared()
            && observed.signals("after").stream().anyMatch(signal -> signal.address() == offset);
    return copied
        ? new Hit.PrivateCopy(offset)
        : new Hit.FilePage(mapper.path(), mapper.fileOffset() + offset);
  }

  /** A mapped page whose frame was looked up before the injection. */
  private @Nullable Hit ofPageMap(long pfn) {
    JsonNode map = observed.observed().path("pagemap");
    if (!map.isObject() || map.path("pfn").asLong() != pfn || observed.mappers().isEmpty()) {
      return null;
    }
    Observed.Mapper mapper = observed.mappers().getFirst();
    return new Hit.FilePage(mapper.path(), mapper.fileOffset() + map.path("off").asLong());
  }

  private @Nullable Hit ofRecord(long at) {
    JsonNode record = observed.observed().path("fsmapRecord");
    long start = record.path("phys").asLong(-1);
    if (!record.isObject() || at < start || at >= start + record.path("len").asLong()) {
      return null;
    }
    long owner = record.path("owner").asLong();
    int flags = record.path("flags").asInt();
    if ((flags & 16) != 0) {
      String name = owner >>> 32 == 0 ? "free space" : OWNERS.get((int) owner);
      return new Hit.Special(String.valueOf(name), (int) (at / groupBytes()));
    }
    if ((flags & 2) != 0) {
      return new Hit.Fork(pathWith("setxattr .* on (\\S+)"), "attr");
    }
    return owner == observed.observed().path("dirInode").asLong(-1)
        ? new Hit.Fork(pathWith("mkdir /mnt/x(/\\w+)"), "data")
        : null;
  }

  private String pathWith(String pattern) {
    for (String line : observed.setup()) {
      Matcher path = Pattern.compile(pattern).matcher(line);
      if (path.find()) {
        return path.group(1);
      }
    }
    throw new AssertionError(observed + " names no path by " + pattern);
  }

  /** From the extents of a file that the case tells. */
  private @Nullable Hit ofExtents(long at) {
    JsonNode extents = observed.observed().path("extents");
    if (!extents.isArray()) {
      extents = extents.path("f");
    }
    List<JsonNode> all = new ArrayList<>(Observed.stream(extents).toList());
    all.addAll(Observed.stream(observed.observed().path("extentsBefore")).toList());
    for (JsonNode extent : all) {
      long into = at - extent.path("physical").asLong();
      if (into >= 0 && into < extent.path("length").asLong()) {
        return new Hit.FilePage("/f", extent.path("logical").asLong() + into);
      }
    }
    return null;
  }

  private Hit ofLayout(long at) {
    int group = (int) (at / groupBytes());
    if (at % groupBytes() < HEADER_BYTES) {
      return new Hit.Special("static fs metadata", group);
    }
    long next = FIRST_FILE_BYTE;
    for (String line : observed.setup()) {
      Matcher written = WRITTEN.matcher(line);
      Matcher allocated = ALLOCATED.matcher(line);
      String path = written.find() ? written.group(2) : null;
      path = path == null && allocated.find() ? allocated.group(1) : path;
      if (path != null) {
        long length = 16L * PAGE;
        if (at >= next && at < next + length) {
          return new Hit.FilePage(path, at - next);
        }
        next += length;
      }
    }
    return new Hit.Special("free space", group);
  }

  private long groupBytes() {
    return stack.dataBytes() / GROUPS / PAGE * PAGE;
  }
}
