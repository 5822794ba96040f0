package io.faultline.dm.core.target;

import io.faultline.ranges.RangeConsumer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code crypt <cipher> <key> <iv sector> <device> <sector> [<#options> <options>]}: a stretch of
 * another device, encrypted. The kernel's {@code drivers/md/dm-crypt.c}. One encryption sector is
 * read whole or not at all. Of a key only its length is kept, as zeros.
 */
record Crypt(
    long sectorCount,
    String cipher,
    String key,
    long ivSector,
    Leg leg,
    List<String> options,
    int unitSectors)
    implements Target {

  private static final int SECTOR_BYTES = 512;
  private static final int MAX_SECTOR_BYTES = 4096;
  private static final int MAX_OPTIONS = 9;
  private static final int MAX_TAG_BYTES = 480;
  private static final Pattern HEX = Pattern.compile("([0-9a-fA-F]{2})*|-");
  private static final Pattern KEYRING = Pattern.compile(":(\\d{1,9}):[a-z]+:.+");
  private static final Pattern SECTOR_SIZE = Pattern.compile("sector_size:(\\d{1,5})");
  private static final Pattern INTEGRITY = Pattern.compile("integrity:(\\d{1,9}):(.*)");
  private static final Pattern INTEGRITY_KEY = Pattern.compile("integrity_key_size:(\\d{1,9})");

  /** In the order in which the kernel prints them. */
  private static final List<String> FLAGS =
      List.of(
          "allow_discards",
          "same_cpu_crypt",
          "high_priority",
          "submit_from_crypt_cpus",
          "no_read_workqueue",
          "no_write_workqueue");

  private static final String LARGE_SECTORS = "iv_large_sectors";

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "crypt";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          if (arguments.count() < 5) {
            return Parsed.invalid(
                "Not enough arguments", "the arguments are: cipher key iv-sector device sector");
          }
          String key = arguments.words().get(1);
          if (key.startsWith(":") && !KEYRING.matcher(key).matches()) {
            return Parsed.invalid("Cannot parse key size", "a key of a ring is :size:type:name");
          }
          Options options = new Options(sectorCount, new ArgumentCursor(arguments, 5));
          Parsed refused = options.read();
          if (refused != null) {
            return refused;
          }
          if (!key.startsWith(":") && !HEX.matcher(key).matches()) {
            return Parsed.invalid("Error decoding and setting key", "a key is hexadecimal");
          }
          long iv = arguments.number(2);
          if (iv == Arguments.NO_NUMBER || iv % options.unitSectors != 0) {
            return Parsed.invalid(
                "Invalid iv_offset sector", "it is a multiple of " + options.unitSectors);
          }
          DeviceLookup.Answer device = arguments.device(3);
          if (device instanceof DeviceLookup.Answer.NotFound none) {
            return new Parsed.Refused("Device lookup failed", none.errno(), none.explanation());
          }
          long start = arguments.number(4);
          if (start == Arguments.NO_NUMBER) {
            return Parsed.invalid("Invalid device sector", "the sector is a number from 0");
          }
          return new Parsed.Ok(
              new Crypt(
                  sectorCount,
                  arguments.words().get(0),
                  KeyText.blind(key),
                  iv,
                  new Leg(((DeviceLookup.Answer.Found) device).name(), start, sectorCount),
                  options.inOrder(),
                  options.unitSectors));
        }
      };

  private static final class Options {
    private final long sectorCount;
    private final ArgumentCursor words;
    private final List<String> flags = new ArrayList<>();
    private @Nullable String integrity;
    private @Nullable String integrityKey;
    private boolean largeSectors;
    private int unitSectors = 1;

    Options(long sectorCount, ArgumentCursor words) {
      this.sectorCount = sectorCount;
      this.words = words;
    }

    @Nullable Parsed read() {
      if (words.left() == 0) {
        return null;
      }
      long count = words.readGroup(0, MAX_OPTIONS);
      if (count == Arguments.NO_NUMBER) {
        return Parsed.invalid("Invalid number of feature args", "their number comes before them");
      }
      for (int i = 0; i < count; i++) {
        Parsed refused = readOne(String.valueOf(words.shift()));
        if (refused != null) {
          return refused;
        }
      }
      return null;
    }

    private @Nullable Parsed readOne(String word) {
      String lower = word.toLowerCase(Locale.ROOT);
      Matcher size = SECTOR_SIZE.matcher(word);
      Matcher profile = INTEGRITY.matcher(word);
      Matcher profileKey = INTEGRITY_KEY.matcher(word);
      if (FLAGS.contains(lower)) {
        if (!flags.contains(lower)) {
          flags.add(lower);
        }
      } else if (profile.matches()) {
        int tagBytes = Integer.parseInt(profile.group(1));
        if (tagBytes == 0 || tagBytes > MAX_TAG_BYTES) {
          return Parsed.invalid("Invalid integrity arguments", "a tag has 1 to 480 bytes");
        }
        String name = profile.group(2).toLowerCase(Locale.ROOT);
        if (!name.equals("aead") && !name.equals("none")) {
          return Parsed.invalid("Unknown integrity profile", "profiles are: aead none");
        }
        integrity = word;
      } else if (profileKey.matches()) {
        integrityKey = word;
      } else if (size.matches()) {
        int bytes = Integer.parseInt(size.group(1));
        if (bytes < SECTOR_BYTES || bytes > MAX_SECTOR_BYTES || Integer.bitCount(bytes) != 1) {
          return Parsed.invalid(
              "Invalid feature value for sector_size", "it is 512, 1024, 2048 or 4096");
        }
        unitSectors = bytes / SECTOR_BYTES;
        if (sectorCount % unitSectors != 0) {
          return Parsed.invalid(
              "Device size is not multiple of sector_size feature",
              sectorCount + " sectors are no multiple of " + unitSectors);
        }
      } else if (lower.equals(LARGE_SECTORS)) {
        largeSectors = true;
      } else {
        return Parsed.invalid("Invalid feature arguments", "there is no option " + word);
      }
      return null;
    }

    List<String> inOrder() {
      List<String> all = new ArrayList<>();
      FLAGS.stream().filter(flags::contains).forEach(all::add);
      if (integrity != null) {
        all.add(integrity);
      }
      if (integrityKey != null) {
        all.add(integrityKey);
      }
      if (unitSectors > 1) {
        all.add("sector_size:" + unitSectors * SECTOR_BYTES);
      }
      if (largeSectors) {
        all.add(LARGE_SECTORS);
      }
      return List.copyOf(all);
    }
  }

  @Override
  public String arguments() {
    String line =
        cipher + " " + key + " " + ivSector + " " + leg.device() + " " + leg.startSector();
    return options.isEmpty() ? line : line + " " + options.size() + " " + String.join(" ", options);
  }

  @Override
  public List<Leg> legs() {
    return List.of(leg);
  }

  @Override
  public void forward(long offset, long count, ForwardConsumer out) {
    out.piece(offset, count, leg.device(), leg.startSector() + offset);
  }

  @Override
  public void inverse(int ofLeg, long legOffset, long count, RangeConsumer out) {
    // sectors  |--|--|--|--|--|--|--|--|
    // bad            |-----|
    // units    |-----------|-----------|
    long from = legOffset / unitSectors * unitSectors;
    long end = (legOffset + count + unitSectors - 1) / unitSectors * unitSectors;
    out.accept(from, end - from);
  }

  /** A unit of several sectors is as good as the worst of them. */
  @Override
  public boolean joint() {
    return unitSectors > 1;
  }

  @Override
  public boolean additive() {
    return true;
  }

  @Override
  public boolean directAccess() {
    return false;
  }
}
