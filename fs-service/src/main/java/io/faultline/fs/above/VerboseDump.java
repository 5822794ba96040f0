package io.faultline.fs.above;

import io.faultline.fs.core.Fork;
import io.faultline.fs.core.MapRecord;
import io.faultline.fs.core.SpecialOwner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code xfs_io -c "fsmap -v"}: columns, ends inclusive, in 512-byte sectors; a key of the flags at
 * the end if there were any (xfsprogs {@code io/fsmap.c}).
 *
 * <pre>
 *  EXT: DEV   BLOCK-RANGE        OWNER              FILE-OFFSET          AG AG-OFFSET         TOTAL FLAGS
 *    0: 259:2 [0..31]:           static fs metadata                      0  (0..31)              32
 *    7: 259:2 [192..6335]:       132                0..6143              0  (192..6335)        6144
 *   43: 259:2 [12896..12903]:    139                extent map           0  (12896..12903)        8
 *   45: 259:2 [12912..12919]:    139                168..175             0  (12912..12919)        8 0010000
 *  FLAG Values:
 *     01000000 Attribute fork
 * </pre>
 *
 * Blocks of an extent map carry no flags. A log or realtime device has no AG columns.
 */
final class VerboseDump implements DumpFormat {

  private static final int ATTRIBUTE_FORK = 01000000;
  private static final int SHARED = 00100000;
  private static final int UNWRITTEN = 00010000;
  private static final int STRIPE_FLAGS = 00001111;

  private static final String NAMES =
      Stream.of(SpecialOwner.values())
          .map(owner -> Pattern.quote(owner.kernelName()))
          .collect(Collectors.joining("|"));

  private static final Pattern HEAD = Pattern.compile("\\s*EXT: DEV\\s+BLOCK-RANGE\\s+OWNER\\s.*");

  private static final Pattern RECORD =
      Pattern.compile(
          "\\s*(?<ext>\\d+): (?<dev>\\d+:\\d+|0x[0-9a-f]+)\\s+"
              + "\\[(?<start>\\d+)\\.\\.(?<end>\\d+)]:\\s+"
              + "(?:(?<name>"
              + NAMES
              + ")|(?<inode>\\d+)\\s+(?:(?<map>extent map)|(?<from>\\d+)\\.\\.(?<to>\\d+)))\\s+"
              + "(?:(?<ag>\\d+)\\s+\\((?<agfrom>\\d+)\\.\\.(?<agto>\\d+)\\)\\s+)?"
              + "(?<total>\\d+)(?:\\s+(?<flags>[0-7]{7}))?\\s*");

  private static final Pattern OWNER =
      Pattern.compile("\\s*\\d+: \\S+\\s+\\[\\d+\\.\\.\\d+]:\\s+(?<owner>[^\\d\\s].*?)\\s{2,}.*");

  private static final Pattern KEY_HEAD = Pattern.compile("\\s*FLAG Values:\\s*");
  private static final Pattern KEY = Pattern.compile("\\s+[0-7]{8} \\S.*");

  private boolean headSeen;
  private boolean keySeen;
  private boolean flagsExpected;

  @Override
  public boolean tellsShared() {
    return true;
  }

  @Override
  public @Nullable DumpLine parse(long lineNumber, String line, boolean whole) {
    LineNumbers in = new LineNumbers(lineNumber, line);
    if (!headSeen) {
      if (!HEAD.matcher(line).matches()) {
        throw in.bad("the first line is the head, EXT: DEV BLOCK-RANGE OWNER …");
      }
      headSeen = true;
      flagsExpected = line.contains("FLAGS");
      return null;
    }
    if (line.isEmpty()) {
      return null;
    }
    if (KEY_HEAD.matcher(line).matches()) {
      keySeen = true;
      return null;
    }
    if (keySeen) {
      if (!KEY.matcher(line).matches()) {
        throw in.bad("after FLAG Values: come the flags and nothing else");
      }
      return null;
    }
    DumpLine record = record(in, line);
    boolean flagsMayBeCut = flagsExpected && !whole && !line.matches(".*\\s[0-7]{7}");
    if (flagsMayBeCut) {
      throw in.bad("the last line has its end: without it nobody knows whether flags came");
    }
    return record;
  }

  private static DumpLine record(LineNumbers in, String line) {
    Matcher matcher = RECORD.matcher(line);
    if (!matcher.matches()) {
      Matcher owner = OWNER.matcher(line);
      throw owner.matches() && !isKnown(owner.group("owner"))
          ? in.unknownOwner(owner.group("owner"))
          : in.bad(
              "a record is EXT: DEV [START..END]: OWNER [FILE-OFFSET] [AG (START..END)] TOTAL"
                  + " [FLAGS]");
    }
    long start = in.number("BLOCK-RANGE", matcher.group("start"));
    long count =
        in.count(
            "the start of BLOCK-RANGE",
            start,
            "the end of BLOCK-RANGE",
            matcher.group("end"),
            "TOTAL",
            matcher.group("total"));
    boolean inGroup = matcher.group("ag") != null;
    if (inGroup) {
      in.number("AG", matcher.group("ag"));
      in.count(
          "the start of AG-OFFSET",
          in.number("AG-OFFSET", matcher.group("agfrom")),
          "the end of AG-OFFSET",
          matcher.group("agto"),
          "TOTAL",
          matcher.group("total"));
    }
    long number = in.number("EXT", matcher.group("ext"));
    MapRecord record = record(in, matcher, start, count);
    return new DumpLine(number, matcher.group("dev"), record, inGroup);
  }

  private static boolean isKnown(String owner) {
    return Stream.of(SpecialOwner.values()).anyMatch(each -> each.kernelName().equals(owner));
  }

  private static MapRecord record(LineNumbers in, Matcher matcher, long start, long count) {
    int flags = flags(in, matcher.group("flags"));
    String name = matcher.group("name");
    if (name != null) {
      if ((flags & ~STRIPE_FLAGS) != 0) {
        throw in.bad("FLAGS of what is no file are those of the stripe only");
      }
      return MapRecord.special(start, count, special(name));
    }
    long inode = in.inode(matcher.group("inode"));
    if (matcher.group("map") != null) {
      return new MapRecord(start, count, null, inode, Fork.BMBT, 0, false, false);
    }
    long offset = in.number("FILE-OFFSET", matcher.group("from"));
    in.count(
        "the start of FILE-OFFSET",
        offset,
        "the end of FILE-OFFSET",
        matcher.group("to"),
        "TOTAL",
        matcher.group("total"));
    return new MapRecord(
        start,
        count,
        null,
        inode,
        (flags & ATTRIBUTE_FORK) != 0 ? Fork.ATTR : Fork.DATA,
        offset,
        (flags & SHARED) != 0,
        (flags & UNWRITTEN) != 0);
  }

  private static int flags(LineNumbers in, @Nullable String text) {
    int flags = text == null ? 0 : Integer.parseInt(text, 8);
    int known = ATTRIBUTE_FORK | SHARED | UNWRITTEN | STRIPE_FLAGS;
    if ((flags & ~known) != 0) {
      throw in.bad("FLAGS are those of the key at the end, but these are " + text);
    }
    return flags;
  }

  private static SpecialOwner special(String name) {
    for (SpecialOwner owner : SpecialOwner.values()) {
      if (owner.kernelName().equals(name)) {
        return owner;
      }
    }
    throw new IllegalStateException(name);
  }
}
