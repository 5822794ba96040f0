package io.faultline.dm.core.target;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * {@code flakey <device> <sector> <up> <down> [<#features> <features>]}: a stretch of another
 * device that fails at times. The kernel's {@code drivers/md/dm-flakey.c}, whose defaults are
 * printed too. When it fails is not told: nothing below went bad.
 */
final class Flakey {

  private static final long MAX_UNSIGNED_INT = 0xFFFF_FFFFL;
  private static final int MAX_FEATURE_WORDS = 11;
  private static final int MAX_BYTE = 255;
  private static final int MAX_PROBABILITY = 1_000_000_000;

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "flakey";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          if (arguments.count() < 4) {
            return Parsed.invalid(
                "Invalid argument count", "the arguments are: device sector up down [features]");
          }
          long start = arguments.number(1);
          if (start == Arguments.NO_NUMBER) {
            return Parsed.invalid("Invalid device sector", "the sector is a number from 0");
          }
          long up = arguments.unsignedInt(2);
          if (up == Arguments.NO_NUMBER) {
            return Parsed.invalid("Invalid up interval", "an interval is a number of seconds");
          }
          long down = arguments.unsignedInt(3);
          if (down == Arguments.NO_NUMBER) {
            return Parsed.invalid("Invalid down interval", "an interval is a number of seconds");
          }
          if ((up + down & MAX_UNSIGNED_INT) == 0) {
            return Parsed.invalid(
                "Total (up + down) interval is zero", "one of the intervals is not 0");
          }
          if (up + down > MAX_UNSIGNED_INT) {
            return Parsed.invalid("Interval overflow", "up and down are below 2^32 together");
          }
          Features features = new Features(new ArgumentCursor(arguments, 4));
          Parsed refused = features.read();
          if (refused != null) {
            return refused;
          }
          return switch (arguments.device(0)) {
            case DeviceLookup.Answer.Found found ->
                new Parsed.Ok(
                    new Shift(
                        sectorCount,
                        found.name() + " " + start + " " + up + " " + down + " " + features.text(),
                        List.of(new Leg(found.name(), start, sectorCount)),
                        false));
            case DeviceLookup.Answer.NotFound none ->
                new Parsed.Refused("Device lookup failed", none.errno(), none.explanation());
          };
        }
      };

  private Flakey() {}

  /** What happens to requests while it is down. */
  private static final class Features {
    private static final String KNOWN =
        "features are: error_reads drop_writes error_writes corrupt_bio_byte random_read_corrupt"
            + " random_write_corrupt";

    private final ArgumentCursor words;
    private boolean errorReads;
    private boolean dropWrites;
    private boolean errorWrites;
    private long corruptByte;
    private boolean corruptsWrites;
    private long corruptValue;
    private long corruptFlags;
    private long randomRead;
    private long randomWrite;

    Features(ArgumentCursor words) {
      this.words = words;
    }

    @Nullable Parsed read() {
      if (words.left() == 0) {
        errorReads = true;
        errorWrites = true;
        return null;
      }
      long count = words.readGroup(0, MAX_FEATURE_WORDS);
      if (count == Arguments.NO_NUMBER) {
        return Parsed.invalid("Invalid number of feature args", "their number comes before them");
      }
      int behind = words.left() - (int) count;
      while (words.left() > behind) {
        Parsed refused = readOne(behind);
        if (refused != null) {
          return refused;
        }
      }
      return check();
    }

    private @Nullable Parsed readOne(int behind) {
      String name = String.valueOf(words.shift());
      switch (name.toLowerCase(Locale.ROOT)) {
        case "error_reads" -> {
          if (errorReads) {
            return Parsed.invalid("Feature error_reads duplicated", KNOWN);
          }
          errorReads = true;
        }
        case "drop_writes" -> {
          if (dropWrites) {
            return Parsed.invalid("Feature drop_writes duplicated", KNOWN);
          }
          if (errorWrites) {
            return Parsed.invalid("Feature drop_writes conflicts with feature error_writes", KNOWN);
          }
          dropWrites = true;
        }
        case "error_writes" -> {
          if (errorWrites) {
            return Parsed.invalid("Feature error_writes duplicated", KNOWN);
          }
          if (dropWrites) {
            return Parsed.invalid("Feature error_writes conflicts with feature drop_writes", KNOWN);
          }
          errorWrites = true;
        }
        case "corrupt_bio_byte" -> {
          return readCorrupt(behind);
        }
        case "random_read_corrupt" -> {
          if (words.left() == behind) {
            return Parsed.invalid("Feature random_read_corrupt requires a parameter", KNOWN);
          }
          randomRead = words.read(0, MAX_PROBABILITY);
          if (randomRead == Arguments.NO_NUMBER) {
            return Parsed.invalid("Invalid random corrupt argument", "it is in billionths");
          }
        }
        case "random_write_corrupt" -> {
          if (words.left() == behind) {
            return Parsed.invalid("Feature random_write_corrupt requires a parameter", KNOWN);
          }
          randomWrite = words.read(0, MAX_PROBABILITY);
          if (randomWrite == Arguments.NO_NUMBER) {
            return Parsed.invalid("Invalid random corrupt argument", "it is in billionths");
          }
        }
        default -> {
          return Parsed.invalid("Unrecognised flakey feature requested", KNOWN);
        }
      }
      return null;
    }

    private @Nullable Parsed readCorrupt(int behind) {
      if (words.left() == behind) {
        return Parsed.invalid(
            "Feature corrupt_bio_byte requires parameters",
            "its parameters are: byte r|w value flags");
      }
      corruptByte = words.read(1, MAX_UNSIGNED_INT);
      if (corruptByte == Arguments.NO_NUMBER) {
        return Parsed.invalid("Invalid corrupt bio byte", "the first byte is 1");
      }
      String direction = words.shift();
      if ("w".equalsIgnoreCase(direction)) {
        corruptsWrites = true;
      } else if ("r".equalsIgnoreCase(direction)) {
        corruptsWrites = false;
      } else {
        return Parsed.invalid("Invalid corrupt bio direction (r or w)", "it is r or w");
      }
      corruptValue = words.read(0, MAX_BYTE);
      if (corruptValue == Arguments.NO_NUMBER) {
        return Parsed.invalid(
            "Invalid corrupt value to write into bio byte (0-255)", "it is a byte");
      }
      corruptFlags = words.read(0, MAX_UNSIGNED_INT);
      return corruptFlags == Arguments.NO_NUMBER
          ? Parsed.invalid("Invalid corrupt bio flags mask", "it is a number of 32 bits")
          : null;
    }

    private @Nullable Parsed check() {
      boolean writes = corruptByte > 0 && corruptsWrites || randomWrite > 0;
      boolean reads = corruptByte > 0 && !corruptsWrites || randomRead > 0;
      if (dropWrites && writes) {
        return Parsed.invalid(
            "drop_writes is incompatible with random_write_corrupt or corrupt_bio_byte with the"
                + " WRITE flag set",
            KNOWN);
      }
      if (errorWrites && writes) {
        return Parsed.invalid(
            "error_writes is incompatible with random_write_corrupt or corrupt_bio_byte with the"
                + " WRITE flag set",
            KNOWN);
      }
      if (errorReads && reads) {
        return Parsed.invalid(
            "error_reads is incompatible with random_read_corrupt or corrupt_bio_byte with the"
                + " READ flag set",
            KNOWN);
      }
      if (!errorReads && !dropWrites && !errorWrites && !reads && !writes) {
        errorReads = true;
        errorWrites = true;
      }
      return null;
    }

    String text() {
      StringBuilder text = new StringBuilder();
      int count = 0;
      if (errorReads) {
        text.append(" error_reads");
        count++;
      }
      if (dropWrites || errorWrites) {
        text.append(dropWrites ? " drop_writes" : " error_writes");
        count++;
      }
      if (corruptByte > 0) {
        text.append(" corrupt_bio_byte ").append(corruptByte);
        text.append(corruptsWrites ? " w " : " r ").append(corruptValue);
        text.append(' ').append(corruptFlags);
        count += 5;
      }
      if (randomRead > 0) {
        text.append(" random_read_corrupt ").append(randomRead);
        count += 2;
      }
      if (randomWrite > 0) {
        text.append(" random_write_corrupt ").append(randomWrite);
        count += 2;
      }
      return count + text.toString();
    }
  }
}
