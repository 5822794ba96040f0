package io.faultline.dm.core.target;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The words of an integrity line, checked in the kernel's order and printed in the kernel's order,
 * keys as zeros.
 */
final class IntegrityLine {

  private static final int SECTOR_BYTES = 512;
  private static final int MAX_BLOCK_SECTORS = 8;
  private static final int MAX_TAG_BYTES = 4096;
  private static final int MAX_OPTIONS = 18;
  private static final int MAX_BUFFER_SECTORS = 1 << 22;
  private static final int DEFAULT_BUFFER_SECTORS = 128;
  private static final int DEFAULT_INTERLEAVE_SECTORS = 32_768;
  private static final int DEFAULT_WATERMARK = 50;
  private static final int DEFAULT_INTERVAL_MILLIS = 10_000;
  private static final int DEFAULT_SECTORS_PER_BIT = 32_768;
  private static final int MAX_WATERMARK = 100;
  private static final int MIN_INTERLEAVE_BITS = 3;
  private static final int MAX_INTERLEAVE_BITS = 31;
  private static final int FIXED_PADDING_BYTES = 8 * SECTOR_BYTES;
  private static final int OLD_PADDING_BYTES = SECTOR_BYTES << 8;
  private static final int JOURNAL_BLOCK_SECTORS = 8;
  private static final int JOURNAL_SECTOR_BYTES = SECTOR_BYTES - 8;
  private static final int JOURNAL_MAC_BYTES = 8;

  private final long sectorCount;
  private final Arguments arguments;
  private String device = "";
  private long startSector;
  private long tagBytes;
  private String mode = "";
  private @Nullable String metaDevice;
  private long journalSectors = Arguments.NO_NUMBER;
  private long interleaveSectors = DEFAULT_INTERLEAVE_SECTORS;
  private long bufferSectors = DEFAULT_BUFFER_SECTORS;
  private long watermark = DEFAULT_WATERMARK;
  private long commitMillis = DEFAULT_INTERVAL_MILLIS;
  private long sectorsPerBit = DEFAULT_SECTORS_PER_BIT;
  private long flushMillis = DEFAULT_INTERVAL_MILLIS;
  private int blockSectors = 1;
  private final List<String> flags = new ArrayList<>();
  private @Nullable String hash;
  private @Nullable String journalCrypt;
  private @Nullable String journalMac;

  IntegrityLine(long sectorCount, Arguments arguments) {
    this.sectorCount = sectorCount;
    this.arguments = arguments;
  }

  long sectorCount() {
    return sectorCount;
  }

  String device() {
    return device;
  }

  long startSector() {
    return startSector;
  }

  int tagBytes() {
    return (int) tagBytes;
  }

  String mode() {
    return mode;
  }

  @Nullable String metaDevice() {
    return metaDevice;
  }

  int blockSectors() {
    return blockSectors;
  }

  int bufferSectors() {
    return (int) Long.highestOneBit(Math.min(Math.max(bufferSectors, 1), MAX_BUFFER_SECTORS));
  }

  long interleaveSectors() {
    int bits = 63 - Long.numberOfLeadingZeros(Math.max(interleaveSectors, 1));
    return 1L << Math.min(Math.max(bits, MIN_INTERLEAVE_BITS), MAX_INTERLEAVE_BITS);
  }

  int paddingBytes() {
    return flags.contains("fix_padding") ? FIXED_PADDING_BYTES : OLD_PADDING_BYTES;
  }

  /** Whole sections, one at least. */
  long journalSectors() {
    long entry = (8 + 8L * blockSectors + tagBytes + 7) / 8 * 8;
    long space = JOURNAL_SECTOR_BYTES - (journalMac == null ? 0 : JOURNAL_MAC_BYTES);
    long entries = space / entry * JOURNAL_BLOCK_SECTORS;
    long section = entries * blockSectors + JOURNAL_BLOCK_SECTORS;
    return Math.max(journalSectors / section, 1) * section;
  }

  /** Null if all is well. */
  @Nullable Parsed read() {
    if (arguments.count() <= 4) {
      return Parsed.invalid(
          "Invalid argument count", "the arguments are: device sector tag-bytes mode #options");
    }
    switch (arguments.device(0)) {
      case DeviceLookup.Answer.Found(String name) -> device = name;
      case DeviceLookup.Answer.NotFound none -> {
        return new Parsed.Refused("Device lookup failed", none.errno(), none.explanation());
      }
    }
    startSector = arguments.number(1);
    if (startSector == Arguments.NO_NUMBER) {
      return Parsed.invalid("Invalid starting offset", "the sector is a number from 0");
    }
    if (!arguments.words().get(2).equals("-")) {
      tagBytes = arguments.unsignedInt(2);
      if (tagBytes <= 0) {
        return Parsed.invalid("Invalid tag size", "it is a number of bytes, or -");
      }
    }
    mode = arguments.words().get(3);
    if (!List.of("J", "B", "D", "R", "I").contains(mode)) {
      return Parsed.invalid("Invalid mode (expecting J, B, D, R, I)", "there is no mode " + mode);
    }
    ArgumentCursor words = new ArgumentCursor(arguments, 4);
    long options = words.readGroup(0, MAX_OPTIONS);
    if (options == Arguments.NO_NUMBER) {
      return Parsed.invalid("Invalid number of feature args", "their number comes before them");
    }
    for (int i = 0; i < options; i++) {
      Parsed refused = readOption(String.valueOf(words.shift()), words);
      if (refused != null) {
        return refused;
      }
    }
    return check();
  }

  private @Nullable Parsed readOption(String word, ArgumentCursor words) {
    int colon = word.indexOf(':');
    String name = colon < 0 ? word : word.substring(0, colon);
    String value = colon < 0 ? "" : word.substring(colon + 1);
    long number = Arguments.parse(value);
    boolean isNumber = colon >= 0 && number != Arguments.NO_NUMBER;
    switch (name) {
      case "meta_device" -> {
        return readMetaDevice(value, words);
      }
      case "internal_hash" -> hash = algorithm(value);
      case "journal_crypt" -> journalCrypt = algorithm(value);
      case "journal_mac" -> journalMac = algorithm(value);
      case "recalculate",
          "reset_recalculate",
          "allow_discards",
          "fix_padding",
          "fix_hmac",
          "legacy_recalculate" -> {
        if (colon >= 0) {
          return Parsed.invalid("Invalid argument", name + " has no value");
        }
        flags.add(name);
        return null;
      }
      default -> {
        return isNumber
            ? readNumber(name, number)
            : Parsed.invalid("Invalid argument", "there is no option " + word);
      }
    }
    boolean good =
        !isBadKey(hash, "internal_hash", name)
            && !isBadKey(journalCrypt, "journal_crypt", name)
            && !isBadKey(journalMac, "journal_mac", name);
    return good
        ? null
        : Parsed.invalid("Invalid " + name + " argument", "it is algorithm[:key], hexadecimal");
  }

  private static boolean isBadKey(@Nullable String read, String of, String name) {
    return name.equals(of) && read == null;
  }

  private @Nullable Parsed readMetaDevice(String value, ArgumentCursor words) {
    return switch (words.device(value)) {
      case DeviceLookup.Answer.Found(String found) -> {
        metaDevice = found;
        yield null;
      }
      case DeviceLookup.Answer.NotFound none ->
          new Parsed.Refused("Device lookup failed", none.errno(), none.explanation());
    };
  }

  private @Nullable Parsed readNumber(String name, long number) {
    switch (name) {
      case "journal_sectors" -> journalSectors = Math.max(number, 1);
      case "interleave_sectors" -> interleaveSectors = number;
      case "buffer_sectors" -> bufferSectors = number;
      case "journal_watermark" -> {
        if (number > MAX_WATERMARK) {
          return Parsed.invalid("Invalid argument", "journal_watermark is a percentage");
        }
        watermark = number;
      }
      case "commit_time" -> commitMillis = number;
      case "sectors_per_bit" -> sectorsPerBit = number;
      case "bitmap_flush_interval" -> flushMillis = number;
      case "block_size" -> {
        boolean size =
            number >= SECTOR_BYTES
                && number <= MAX_BLOCK_SECTORS * SECTOR_BYTES
                && Long.bitCount(number) == 1;
        if (!size) {
          return Parsed.invalid("Invalid block_size argument", "it is 512, 1024, 2048 or 4096");
        }
        blockSectors = (int) number / SECTOR_BYTES;
      }
      default -> {
        return Parsed.invalid("Invalid argument", "there is no option " + name);
      }
    }
    return null;
  }

  /** An algorithm with its key as zeros; null if the key is none. */
  private static @Nullable String algorithm(String value) {
    int colon = value.indexOf(':');
    if (colon < 0) {
      return value;
    }
    String key = value.substring(colon + 1);
    return key.matches("([0-9a-fA-F]{2})*")
        ? value.substring(0, colon + 1) + "0".repeat(key.length())
        : null;
  }

  private @Nullable Parsed check() {
    if (tagBytes == 0) {
      String algorithm = hash == null ? null : hash.split(":", 2)[0];
      if (algorithm == null) {
        return Parsed.invalid("Unknown tag size", "it is a number where no hash says it");
      }
      tagBytes = Digests.bytes(algorithm);
      if (tagBytes == Digests.UNKNOWN) {
        return Parsed.invalid(
            "Invalid internal hash", "there is no algorithm " + algorithm + " here");
      }
    }
    if (tagBytes > MAX_TAG_BYTES) {
      return Parsed.invalid("Too big tag size", "a tag has 4096 bytes at most");
    }
    if (mode.equals("I")) {
      return Parsed.invalid(
          "Integrity profile not supported", "no device here keeps tags beside its sectors");
    }
    if (mode.equals("B") && hash == null) {
      return Parsed.invalid("Bitmap mode can be only used with internal hash", "J or D go without");
    }
    if (flags.contains("allow_discards") && hash == null) {
      return Parsed.invalid("Discard can be only used with internal hash", "leave it out");
    }
    return journalSectors == Arguments.NO_NUMBER
        ? Parsed.invalid(
            "Unknown journal size",
            "the superblock is not read; journal_sectors stands in what dmsetup table prints")
        : sectorCount % blockSectors != 0
            ? Parsed.invalid(
                "Device size is not multiple of block size", "a block is " + blockSectors)
            : null;
  }

  String text() {
    List<String> options = new ArrayList<>();
    if (metaDevice != null) {
      options.add("meta_device:" + metaDevice);
    }
    if (blockSectors > 1) {
      options.add("block_size:" + blockSectors * SECTOR_BYTES);
    }
    flag(options, "recalculate");
    flag(options, "reset_recalculate");
    flag(options, "allow_discards");
    options.add("journal_sectors:" + journalSectors());
    options.add("interleave_sectors:" + (metaDevice == null ? interleaveSectors() : 1));
    options.add("buffer_sectors:" + bufferSectors());
    if (mode.equals("J")) {
      options.add("journal_watermark:" + watermark);
      options.add("commit_time:" + commitMillis);
    }
    if (mode.equals("B")) {
      options.add("sectors_per_bit:" + sectorsPerBit);
      options.add("bitmap_flush_interval:" + flushMillis);
    }
    flag(options, "fix_padding");
    flag(options, "fix_hmac");
    flag(options, "legacy_recalculate");
    algorithm(options, "internal_hash", hash);
    algorithm(options, "journal_crypt", journalCrypt);
    algorithm(options, "journal_mac", journalMac);
    return device
        + " "
        + startSector
        + " "
        + tagBytes
        + " "
        + mode
        + " "
        + options.size()
        + " "
        + String.join(" ", options);
  }

  private void flag(List<String> options, String name) {
    if (flags.contains(name)) {
      options.add(name);
    }
  }

  private static void algorithm(List<String> options, String name, @Nullable String value) {
    if (value != null) {
      options.add(name + ":" + value);
    }
  }
}
