package io.faultline.dm.core.target;

import java.util.BitSet;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a raid line, checked in the order of {@code parse_raid_params} in the kernel's
 * {@code drivers/md/dm-raid.c} and printed in the order of its {@code raid_status}.
 */
final class RaidParameters {

  private enum Flag {
    SYNC,
    NOSYNC,
    REBUILD,
    DAEMON_SLEEP,
    MIN_RECOVERY_RATE,
    MAX_RECOVERY_RATE,
    WRITE_MOSTLY,
    MAX_WRITE_BEHIND,
    STRIPE_CACHE,
    REGION_SIZE,
    RAID10_COPIES,
    RAID10_FORMAT,
    DELTA_DISKS,
    DATA_OFFSET,
    RAID10_USE_NEAR_SETS,
    JOURNAL_DEV,
    JOURNAL_MODE;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final Set<Flag> OF_RAID0 = EnumSet.of(Flag.DATA_OFFSET);
  private static final Set<Flag> OF_RAID1 =
      EnumSet.of(
          Flag.SYNC,
          Flag.NOSYNC,
          Flag.REBUILD,
          Flag.WRITE_MOSTLY,
          Flag.DAEMON_SLEEP,
          Flag.MIN_RECOVERY_RATE,
          Flag.MAX_RECOVERY_RATE,
          Flag.MAX_WRITE_BEHIND,
          Flag.REGION_SIZE,
          Flag.DELTA_DISKS,
          Flag.DATA_OFFSET);
  private static final Set<Flag> OF_RAID10 =
      EnumSet.of(
          Flag.SYNC,
          Flag.NOSYNC,
          Flag.REBUILD,
          Flag.DAEMON_SLEEP,
          Flag.MIN_RECOVERY_RATE,
          Flag.MAX_RECOVERY_RATE,
          Flag.REGION_SIZE,
          Flag.RAID10_COPIES,
          Flag.RAID10_FORMAT,
          Flag.DELTA_DISKS,
          Flag.DATA_OFFSET,
          Flag.RAID10_USE_NEAR_SETS);
  private static final Set<Flag> OF_RAID45 =
      EnumSet.of(
          Flag.SYNC,
          Flag.NOSYNC,
          Flag.REBUILD,
          Flag.DAEMON_SLEEP,
          Flag.MIN_RECOVERY_RATE,
          Flag.MAX_RECOVERY_RATE,
          Flag.STRIPE_CACHE,
          Flag.REGION_SIZE,
          Flag.DELTA_DISKS,
          Flag.DATA_OFFSET,
          Flag.JOURNAL_DEV,
          Flag.JOURNAL_MODE);

  private static final int MIN_CHUNK_SECTORS = 8;
  private static final int DEFAULT_REGION_SECTORS = 1 << 13;
  private static final int MAX_REGIONS = 1 << 21;
  private static final String FORM = "the parameters are those of the kernel's dm-raid";

  private final RaidType type;
  private final int members;
  private final long sectorCount;
  private final Set<Flag> flags = EnumSet.noneOf(Flag.class);
  private final Map<Flag, Integer> numbers = new LinkedHashMap<>();
  private final BitSet rebuild = new BitSet();
  private final BitSet writeMostly = new BitSet();
  private long chunkSectors;
  private CopyLayout.Form form = CopyLayout.Form.NEAR;
  private int copies = 2;
  private @Nullable String journalDevice;
  private @Nullable String journalMode;

  RaidParameters(RaidType type, int members, long sectorCount) {
    this.type = type;
    this.members = members;
    this.sectorCount = sectorCount;
  }

  long chunkSectors() {
    return chunkSectors;
  }

  int copies() {
    return copies;
  }

  CopyLayout.Form form() {
    return form;
  }

  /** Within how many members far copies are shifted. */
  int setMembers() {
    boolean sets = form != CopyLayout.Form.NEAR && !flags.contains(Flag.RAID10_USE_NEAR_SETS);
    return sets ? copies : members;
  }

  BitSet rebuild() {
    return rebuild;
  }

  BitSet writeMostly() {
    return writeMostly;
  }

  /** Whether the line promises that the members are in step, or that it does not matter. */
  boolean isNosync() {
    return flags.contains(Flag.NOSYNC);
  }

  @Nullable String journalDevice() {
    return journalDevice;
  }

  /** Sectors that a bit of the write-intent bitmap stands for. */
  long regionSectors() {
    Integer given = numbers.get(Flag.REGION_SIZE);
    if (given != null && given > 0) {
      return given;
    }
    long min = sectorCount / MAX_REGIONS;
    return min > DEFAULT_REGION_SECTORS ? Long.highestOneBit(2 * min - 1) : DEFAULT_REGION_SECTORS;
  }

  /** Reads {@code words} words; null if all is well. */
  @Nullable Parsed read(ArgumentCursor words, int count) {
    Integer chunk = number(words.shift());
    if (chunk == null) {
      return invalid("Bad numerical argument given for chunk_size");
    }
    if (type == RaidType.RAID1) {
      chunk = 0;
    } else if (Integer.bitCount(chunk) != 1) {
      return invalid("Chunk size must be a power of 2");
    } else if (chunk < MIN_CHUNK_SECTORS) {
      return invalid("Chunk size value is too small");
    }
    chunkSectors = chunk;
    for (int i = 1; i < count; i++) {
      String key = words.shift();
      if (key == null) {
        return invalid("Not enough raid parameters given");
      }
      Flag alone = flag(key);
      if (alone == Flag.NOSYNC || alone == Flag.SYNC || alone == Flag.RAID10_USE_NEAR_SETS) {
        if (!flags.add(alone)) {
          String name = alone == Flag.RAID10_USE_NEAR_SETS ? "raid10_use_new_sets" : alone.word();
          return invalid("Only one '" + name + "' argument allowed");
        }
        continue;
      }
      String value = words.shift();
      i++;
      if (value == null) {
        return invalid("Wrong number of raid parameters given");
      }
      Parsed refused = readPair(alone, value, words);
      if (refused != null) {
        return refused;
      }
    }
    return check();
  }

  private static Parsed invalid(String error) {
    return Parsed.invalid(error, FORM);
  }

  private static @Nullable Flag flag(String word) {
    for (Flag flag : Flag.values()) {
      if (flag.word().equalsIgnoreCase(word)) {
        return flag;
      }
    }
    return null;
  }

  /** As the kernel's {@code kstrtoint} reads it; null if it is none. */
  private static @Nullable Integer number(@Nullable String word) {
    try {
      return word == null || word.startsWith("+-") ? null : Integer.valueOf(word);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private @Nullable Parsed readPair(@Nullable Flag flag, String value, ArgumentCursor words) {
    if (flag == Flag.RAID10_FORMAT) {
      return readFormat(value);
    }
    if (flag == Flag.JOURNAL_DEV) {
      return readJournal(value, words);
    }
    if (flag == Flag.JOURNAL_MODE) {
      return readJournalMode(value);
    }
    Integer number = number(value);
    if (number == null) {
      return invalid("Bad numerical argument given in raid params");
    }
    return flag == null ? invalid("Unable to parse RAID parameter") : readNumber(flag, number);
  }

  private @Nullable Parsed readFormat(String value) {
    if (!flags.add(Flag.RAID10_FORMAT)) {
      return invalid("Only one 'raid10_format' argument pair allowed");
    }
    if (type.level != 10) {
      return invalid("'raid10_format' is an invalid parameter for this RAID type");
    }
    for (CopyLayout.Form known : CopyLayout.Form.values()) {
      if (known.name().equalsIgnoreCase(value)) {
        form = known;
        return null;
      }
    }
    return invalid("Invalid 'raid10_format' value given");
  }

  private @Nullable Parsed readJournal(String value, ArgumentCursor words) {
    if (!flags.add(Flag.JOURNAL_DEV)) {
      return invalid("Only one raid4/5/6 set journaling device allowed");
    }
    if (!type.hasParity()) {
      return invalid("'journal_dev' is an invalid parameter for this RAID type");
    }
    return switch (words.device(value)) {
      case DeviceLookup.Answer.Found(String name) -> {
        journalDevice = name;
        yield null;
      }
      case DeviceLookup.Answer.NotFound none ->
          new Parsed.Refused(
              "raid4/5/6 journal device lookup failure", none.errno(), none.explanation());
    };
  }

  private @Nullable Parsed readJournalMode(String value) {
    if (!flags.contains(Flag.JOURNAL_DEV)) {
      return invalid("raid4/5/6 'journal_mode' is invalid without 'journal_dev'");
    }
    if (!flags.add(Flag.JOURNAL_MODE)) {
      return invalid("Only one raid4/5/6 'journal_mode' argument allowed");
    }
    String mode = value.toLowerCase(Locale.ROOT);
    if (!mode.equals("writethrough") && !mode.equals("writeback")) {
      return invalid("Invalid 'journal_mode' argument");
    }
    journalMode = mode;
    return null;
  }

  private @Nullable Parsed readNumber(Flag flag, int value) {
    boolean known = !flags.add(flag);
    switch (flag) {
      case REBUILD -> {
        if (value < 0 || value >= members) {
          return invalid("Invalid rebuild index given");
        }
        if (rebuild.get(value)) {
          return invalid("rebuild for this index already given");
        }
        rebuild.set(value);
        return null;
      }
      case WRITE_MOSTLY -> {
        if (type != RaidType.RAID1) {
          return invalid("write_mostly option is only valid for RAID1");
        }
        if (value < 0 || value >= members) {
          return invalid("Invalid write_mostly index given");
        }
        writeMostly.set(value);
        return null;
      }
      case MAX_WRITE_BEHIND -> {
        if (type != RaidType.RAID1) {
          return invalid("max_write_behind option is only valid for RAID1");
        }
        if (known) {
          return invalid("Only one max_write_behind argument pair allowed");
        }
        if (value < 0) {
          return invalid("Max write-behind limit out of range");
        }
      }
      case DAEMON_SLEEP -> {
        if (known) {
          return invalid("Only one daemon_sleep argument pair allowed");
        }
        if (value < 0) {
          return invalid("daemon sleep period out of range");
        }
      }
      case STRIPE_CACHE -> {
        if (known) {
          return invalid("Only one stripe_cache argument pair allowed");
        }
        if (!type.hasParity()) {
          return invalid("Inappropriate argument: stripe_cache");
        }
        if (value < 0) {
          return invalid("Bogus stripe cache entries value");
        }
      }
      case MIN_RECOVERY_RATE, MAX_RECOVERY_RATE -> {
        if (known) {
          return invalid("Only one " + flag.word() + " argument pair allowed");
        }
        if (value < 0) {
          return invalid(flag.word() + " out of range");
        }
      }
      case REGION_SIZE -> {
        if (known) {
          return invalid("Only one region_size argument pair allowed");
        }
      }
      case RAID10_COPIES -> {
        if (known) {
          return invalid("Only one raid10_copies argument pair allowed");
        }
        if (value < 2 || value > members) {
          return invalid("Bad value for 'raid10_copies'");
        }
        copies = value;
      }
      case DATA_OFFSET -> {
        if (known) {
          return invalid("Only one data_offset argument pair allowed");
        }
        if (value != 0) {
          return Parsed.invalid(
              "Bogus data_offset value", "a set that is being reshaped is not inverted");
        }
      }
      case DELTA_DISKS -> {
        return Parsed.invalid(
            "Too many delta_disk requested", "a set that is being reshaped is not inverted");
      }
      case SYNC, NOSYNC, RAID10_FORMAT, RAID10_USE_NEAR_SETS, JOURNAL_DEV, JOURNAL_MODE ->
          throw new IllegalStateException(flag + " has no number");
    }
    numbers.put(flag, value);
    return null;
  }

  private @Nullable Parsed check() {
    if (flags.contains(Flag.SYNC) && flags.contains(Flag.NOSYNC)) {
      return invalid("sync and nosync are mutually exclusive");
    }
    if (flags.contains(Flag.REBUILD)
        && (flags.contains(Flag.SYNC) || flags.contains(Flag.NOSYNC))) {
      return invalid("sync/nosync and rebuild are mutually exclusive");
    }
    if (writeMostly.cardinality() >= members) {
      return invalid("Can't set all raid1 devices to write_mostly");
    }
    int max = numbers.getOrDefault(Flag.MAX_RECOVERY_RATE, 0);
    if (max > 0 && numbers.getOrDefault(Flag.MIN_RECOVERY_RATE, 0) > max) {
      return invalid("Bogus recovery rates");
    }
    Parsed refused = checkRegion();
    if (refused != null) {
      return refused;
    }
    if (type.level == 10 && copies > members) {
      return invalid("Not enough devices to satisfy specification");
    }
    if (type.level == 10
        && form == CopyLayout.Form.NEAR
        && flags.contains(Flag.RAID10_USE_NEAR_SETS)) {
      return invalid("RAID10 format 'near' and 'raid10_use_near_sets' are incompatible");
    }
    return valid().containsAll(flags) ? null : invalid("Invalid flags combination");
  }

  private @Nullable Parsed checkRegion() {
    int region = numbers.getOrDefault(Flag.REGION_SIZE, 0);
    if (type == RaidType.RAID0 || region == 0) {
      return null;
    }
    if (region > sectorCount || region < 0) {
      return invalid("Supplied region size is too large");
    }
    if (region < sectorCount / MAX_REGIONS) {
      return invalid("Supplied region size is too small");
    }
    if (Integer.bitCount(region) != 1) {
      return invalid("Region size is not a power of 2");
    }
    return region < chunkSectors ? invalid("Region size is smaller than the chunk size") : null;
  }

  private Set<Flag> valid() {
    return switch (type.level) {
      case 0 -> OF_RAID0;
      case 1 -> OF_RAID1;
      case 10 -> OF_RAID10;
      case 6 -> {
        Set<Flag> valid = EnumSet.copyOf(OF_RAID45);
        valid.remove(Flag.NOSYNC);
        yield valid;
      }
      default -> OF_RAID45;
    };
  }

  /** The number of words and the words, beginning with the chunk. */
  String text() {
    StringBuilder text = new StringBuilder().append(chunkSectors);
    int count = 1;
    for (Flag flag : Flag.values()) {
      switch (flag) {
        case SYNC, NOSYNC, RAID10_USE_NEAR_SETS -> {
          // The kernel counts raid10_use_near_sets but does not print it; so it could not be read.
          if (flags.contains(flag)) {
            text.append(' ').append(flag.word());
            count++;
          }
        }
        case REBUILD -> count += append(text, flag, rebuild);
        case WRITE_MOSTLY -> count += append(text, flag, writeMostly);
        case RAID10_FORMAT -> {
          if (flags.contains(flag)) {
            count += append(text, flag, form.name().toLowerCase(Locale.ROOT));
          }
        }
        case JOURNAL_DEV -> {
          if (journalDevice != null) {
            count += append(text, flag, journalDevice);
          }
        }
        case JOURNAL_MODE -> {
          if (journalMode != null) {
            count += append(text, flag, journalMode);
          }
        }
        case MAX_WRITE_BEHIND,
            DAEMON_SLEEP,
            STRIPE_CACHE,
            MIN_RECOVERY_RATE,
            MAX_RECOVERY_RATE,
            REGION_SIZE,
            RAID10_COPIES,
            DELTA_DISKS,
            DATA_OFFSET -> {
          Integer number = numbers.get(flag);
          if (number != null) {
            count += append(text, flag, String.valueOf(number));
          }
        }
      }
    }
    return count + " " + text;
  }

  private static int append(StringBuilder text, Flag flag, BitSet indexes) {
    indexes.stream().forEach(index -> append(text, flag, String.valueOf(index)));
    return 2 * indexes.cardinality();
  }

  private static int append(StringBuilder text, Flag flag, String value) {
    text.append(' ').append(flag.word()).append(' ').append(value);
    return 2;
  }
}
