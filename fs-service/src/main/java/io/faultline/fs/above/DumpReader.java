package io.faultline.fs.above;

import io.faultline.fs.core.Fork;
import io.faultline.fs.core.MapRecord;
import io.faultline.fs.core.PackedRecords;
import io.faultline.fs.core.Role;
import io.faultline.fs.core.Section;
import io.faultline.fs.core.SpecialOwner;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.ProblemException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads a dump of a reverse map, checks every line of it, and packs it into parts.
 *
 * <p>Records are numbered without a gap; the devices come one after the other; on each the starts
 * ascend, nothing lies beyond its end, and only file data that is shared overlaps. Which device of
 * the dump is which of the filesystem is said by the request, or found where only one way is
 * possible.
 */
final class DumpReader {

  /** An extent lies within one allocation group, and those have at most 1 TiB. */
  private static final long MAX_EXTENT_SECTORS = 1L << 31;

  /** Records of one start, which have to be held until they are sorted. */
  private static final int MAX_SHARERS = 1 << 20;

  private static final Comparator<MapRecord> SHARERS =
      Comparator.comparingLong(MapRecord::inode).thenComparingLong(MapRecord::fileOffsetSectors);

  /** Where parts go. */
  @FunctionalInterface
  interface Sink {
    void part(int section, int number, byte[] packed);
  }

  /** What is known of one device of the dump. */
  private static final class Device {
    final int number;
    final String name;
    @Nullable Role role;
    int parts;
    long records;
    boolean namesInodes;
    boolean namesUnknown;
    boolean namesFree;
    boolean inGroups;
    final TreeSet<SpecialOwner> metadata = new TreeSet<>();
    long lastStart;
    long end;

    /** Where records end that may not be overlapped. */
    long exclusiveEnd;

    final Map<Role, BadLineException> pastEnd = new EnumMap<>(Role.class);

    Device(int number, String name) {
      this.number = number;
      this.name = name;
    }

    boolean namesOwners() {
      return namesInodes || !metadata.isEmpty();
    }

    boolean isLogOnly() {
      return !namesInodes
          && !namesFree
          && !namesUnknown
          && metadata.equals(new TreeSet<>(List.of(SpecialOwner.JOURNALLING_LOG)));
    }

    boolean isDataForSure() {
      return inGroups
          || metadata.contains(SpecialOwner.STATIC_FS_METADATA)
          || metadata.contains(SpecialOwner.INODES);
    }
  }

  private final DumpFormat format;
  private final Map<Role, String> given;
  private final Map<Role, Long> sectors;
  private final boolean reflink;
  private final Sink sink;
  private final PackedRecords packed = new PackedRecords();
  private final Map<String, Device> devices = new LinkedHashMap<>();
  private final List<MapRecord> held = new ArrayList<>();
  private @Nullable Device current;
  private long nextNumber;

  /**
   * @param given which major:minor is which, as far as the request says
   * @param sectors the sizes of the devices that the filesystem has
   */
  DumpReader(
      DumpFormat format,
      Map<Role, String> given,
      Map<Role, Long> sectors,
      boolean reflink,
      Sink sink) {
    this.format = format;
    this.given = given;
    this.sectors = sectors;
    this.reflink = reflink;
    this.sink = sink;
  }

  /**
   * Reads all of it.
   *
   * @throws BadLineException at the first line that is wrong
   * @throws ProblemException if the dump as a whole is not of this filesystem
   */
  List<Section> read(LineReader lines) throws IOException {
    for (String line = lines.next(); line != null; line = lines.next()) {
      DumpLine record = format.parse(lines.number(), line, lines.isWhole());
      if (record != null) {
        take(new LineNumbers(lines.number(), line), record);
      }
    }
    if (current == null) {
      throw refuse("The dump holds no record");
    }
    closePart(current);
    assign();
    List<Section> sections = new ArrayList<>();
    for (Device device : devices.values()) {
      Role role = Objects.requireNonNull(device.role);
      BadLineException pastEnd = device.pastEnd.get(role);
      if (pastEnd != null) {
        throw pastEnd;
      }
      sections.add(
          new Section(
              role,
              device.number,
              device.parts,
              device.records,
              device.namesOwners(),
              device.namesUnknown));
    }
    return sections;
  }

  private void take(LineNumbers in, DumpLine line) {
    if (line.number() != nextNumber) {
      throw in.bad("records are numbered without a gap, so this one is " + nextNumber);
    }
    nextNumber++;
    Device device = device(in, line.device());
    MapRecord record = line.record();
    device.inGroups |= line.inGroup();
    checkPlace(in, device, record);
    checkOverlap(in, device, record);
    note(device, record);
    hold(in, device, record);
  }

  /** Records of one start are put in order before they go on: by inode, then file offset. */
  private void hold(LineNumbers in, Device device, MapRecord record) {
    if (!held.isEmpty() && held.getFirst().startSector() != record.startSector()) {
      pack(device);
    }
    if (held.size() == MAX_SHARERS) {
      throw in.bad("at most " + MAX_SHARERS + " records begin at one sector");
    }
    held.add(record);
  }

  private void pack(Device device) {
    held.sort(SHARERS);
    for (MapRecord record : held) {
      if (packed.add(record)) {
        sink.part(device.number, device.parts++, packed.take());
      }
    }
    held.clear();
  }

  private Device device(LineNumbers in, String name) {
    Device now = current;
    if (now != null && now.name.equals(name)) {
      return now;
    }
    if (devices.containsKey(name)) {
      throw in.bad("the records of a device stand together, but those of " + name + " ended");
    }
    if (devices.size() == sectors.size()) {
      throw in.bad(
          "the filesystem has "
              + sectors.size()
              + " block devices, but "
              + name
              + " is one more than that");
    }
    if (now != null) {
      closePart(now);
    }
    Device next = new Device(devices.size(), name);
    if (sectors.size() == 1) {
      next.role = Role.DATA;
    }
    given.forEach((role, each) -> next.role = each.equals(name) ? role : next.role);
    devices.put(name, next);
    current = next;
    return next;
  }

  private void checkPlace(LineNumbers in, Device device, MapRecord record) {
    if (record.startSector() < device.lastStart) {
      throw in.bad(
          "records ascend by their starts, but the one before begins at " + device.lastStart);
    }
    if (record.special() == null && record.sectorCount() > MAX_EXTENT_SECTORS) {
      throw in.bad("an extent of a file has at most 2^31 sectors: it lies in one AG");
    }
    sectors.forEach(
        (role, size) -> {
          if (record.endSector() > size && !device.pastEnd.containsKey(role)) {
            device.pastEnd.put(
                role, in.bad("the " + role.word() + " device ends after sector " + (size - 1)));
          }
        });
    BadLineException pastEnd = device.role == null ? null : device.pastEnd.get(device.role);
    if (pastEnd != null) {
      throw pastEnd;
    }
  }

  /** Only data of files may lie over other data of files, and only where it is shared. */
  private void checkOverlap(LineNumbers in, Device device, MapRecord record) {
    boolean mayShare =
        record.special() == null
            && record.fork() == Fork.DATA
            && reflink
            && (record.shared() || !format.tellsShared());
    long takenUpTo = mayShare ? device.exclusiveEnd : device.end;
    if (record.startSector() < takenUpTo) {
      throw in.bad(
          "records overlap only where file data is shared, but sectors up to "
              + (takenUpTo - 1)
              + " have an owner");
    }
    if (!mayShare) {
      device.exclusiveEnd = Math.max(device.exclusiveEnd, record.endSector());
    }
  }

  private static void note(Device device, MapRecord record) {
    device.lastStart = record.startSector();
    device.end = Math.max(device.end, record.endSector());
    device.records++;
    SpecialOwner special = record.special();
    if (special == null) {
      device.namesInodes = true;
    } else {
      switch (special) {
        case FREE_SPACE -> device.namesFree = true;
        case UNKNOWN -> device.namesUnknown = true;
        case STATIC_FS_METADATA,
            JOURNALLING_LOG,
            PER_AG_METADATA,
            INODE_BTREE,
            INODES,
            REFCOUNT_BTREE,
            COW_RESERVATION,
            DEFECTIVE ->
            device.metadata.add(special);
      }
    }
  }

  private void closePart(Device device) {
    pack(device);
    if (!packed.isEmpty()) {
      sink.part(device.number, device.parts++, packed.take());
    }
  }

  /** Gives every device of the dump its role. */
  private void assign() {
    given.forEach(
        (role, name) -> {
          if (!devices.containsKey(name)) {
            throw refuse(
                role.word() + "=" + name + " is not in the dump, which names " + devices.keySet());
          }
        });
    assignWhatIsSure();
    List<Device> open = devices.values().stream().filter(device -> device.role == null).toList();
    List<Role> free = new ArrayList<>(sectors.keySet());
    devices.values().forEach(device -> free.remove(device.role));
    if (open.size() == 1 && free.contains(Role.DATA)) {
      open.getFirst().role = Role.DATA;
    } else if (open.size() == 1 && free.size() == 1) {
      open.getFirst().role = free.getFirst();
    } else if (!open.isEmpty()) {
      throw refuse(
          "Which block device is which is not told by the dump: say it with "
              + free.stream().map(Role::word).toList()
              + " of "
              + open.stream().map(device -> device.name).toList()
              + ", as in ?data=259:2");
    }
    if (devices.values().stream().noneMatch(device -> device.role == Role.DATA)) {
      throw refuse("The dump says nothing of the data device");
    }
  }

  private void assignWhatIsSure() {
    for (Device device : devices.values()) {
      if (device.role == null && device.isDataForSure() && !isTaken(Role.DATA)) {
        device.role = Role.DATA;
      } else if (device.role == null
          && device.isLogOnly()
          && sectors.containsKey(Role.LOG)
          && !isTaken(Role.LOG)) {
        device.role = Role.LOG;
      }
    }
  }

  private boolean isTaken(Role role) {
    return devices.values().stream().anyMatch(device -> device.role == role);
  }

  private static ProblemException refuse(String detail) {
    return new ProblemException(
        Problem.refused("not-its-dump", "The dump is not of this filesystem", detail));
  }
}
