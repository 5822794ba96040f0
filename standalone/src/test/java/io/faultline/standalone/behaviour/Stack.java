package io.faultline.standalone.behaviour;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the set-up stacks: devices, at most one volume over them (a device-mapper table, a partition
 * or a filesystem that is shorter than its device), and the filesystem's options.
 */
final class Stack {

  static final int SECTOR = 512;
  static final int PAGE_SECTORS = 8;
  private static final Pattern DEVICE = Pattern.compile("/dev/(?:mapper/)?([\\w.-]+)");
  private static final Pattern TABLE =
      Pattern.compile("dmsetup create (\\S+) --table \"([^\"]+)\"");
  private static final Pattern PARTITION = Pattern.compile("start=(\\d+),size=(\\d+)");
  private static final Pattern SIZE = Pattern.compile("-d size=(\\d+)m");

  private final Observed observed;

  /** Names and sizes of devices, in bytes. */
  final Map<String, Long> devices = new TreeMap<>();

  /** Names and tables of volumes. */
  final Map<String, String> volumes = new LinkedHashMap<>();

  String data = "pmem0";
  @Nullable String log;
  @Nullable String realtime;
  boolean reverseMap = true;
  boolean reflink = true;
  String dax = "always";
  boolean isXfs;

  Stack(Observed observed) {
    this.observed = observed;
    device("pmem0");
    for (String line : observed.setup()) {
      Matcher table = TABLE.matcher(line);
      if (table.find()) {
        volume(table.group(1), table.group(2));
      } else if (line.contains("sfdisk")) {
        partition(line);
      } else if (line.startsWith("mkfs.xfs")) {
        mkfs(line);
      } else if (line.startsWith("mount -t xfs")) {
        dax = option(line, "dax", dax);
      }
    }
  }

  private void volume(String name, String table) {
    volumes.put(name, table);
    Matcher device = DEVICE.matcher(table);
    while (device.find()) {
      device(device.group(1));
    }
  }

  /** A partition is a linear mapping by another name. */
  private void partition(String line) {
    Matcher first = PARTITION.matcher(line);
    if (first.find()) {
      volume("pmem0p1", "0 " + first.group(2) + " linear /dev/pmem0 " + first.group(1));
    }
  }

  private void mkfs(String line) {
    isXfs = true;
    reverseMap = line.contains("rmapbt=1");
    reflink = line.contains("reflink=1");
    data = line.substring(line.lastIndexOf('/') + 1).strip();
    log = device(option(line, "logdev", null));
    realtime = device(option(line, "rtdev", null));
    Matcher size = SIZE.matcher(line);
    if (size.find()) {
      long sectors = Long.parseLong(size.group(1)) << 11;
      volumes.put(data + "-short", "0 " + sectors + " linear /dev/" + data + " 0");
      data = data + "-short";
    }
  }

  private @Nullable String device(@Nullable String name) {
    if (name == null) {
      return null;
    }
    String bare = name.substring(name.lastIndexOf('/') + 1);
    if (!volumes.containsKey(bare)) {
      devices.put(bare, observed.deviceBytes(bare));
    }
    return bare;
  }

  private static <T extends @Nullable String> T option(String line, String name, T otherwise) {
    Matcher value = Pattern.compile("\\b" + name + "=([^,\\s]+)").matcher(line);
    @SuppressWarnings("unchecked")
    T found = value.find() ? (T) value.group(1) : otherwise;
    return found;
  }

  /** Whether the kernel's filesystem is not the device's holder, and so is not told. */
  boolean isIndirect() {
    return volumes.containsKey(data);
  }

  /** Bytes of what the filesystem stands on. */
  long dataBytes() {
    String table = volumes.get(data);
    return table == null
        ? devices.getOrDefault(data, 0L)
        : Long.parseLong(table.split(" ")[1]) * SECTOR;
  }

  /** The byte of the filesystem's data device for one of the leaf, linear tables only. */
  long upward(long deviceByte) {
    String table = volumes.get(data);
    if (table == null || !table.contains(" linear ")) {
      return deviceByte;
    }
    return deviceByte - Long.parseLong(table.substring(table.lastIndexOf(' ') + 1)) * SECTOR;
  }

  /** What the data device stands on. */
  boolean isBelowData(String device) {
    String table = volumes.get(data);
    return data.equals(device) || table != null && table.contains("/dev/" + device + " ");
  }

  /** What a device is to the filesystem: {@code data}, {@code log}, {@code realtime}. */
  @Nullable String roleOf(String device) {
    if (isBelowData(device)) {
      return "data";
    }
    if (device.equals(log)) {
      return "log";
    }
    return device.equals(realtime) ? "realtime" : null;
  }
}
