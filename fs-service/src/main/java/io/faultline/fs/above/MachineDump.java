package io.faultline.fs.above;

import io.faultline.fs.core.Fork;
import io.faultline.fs.core.MapRecord;
import io.faultline.fs.core.SpecialOwner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code xfs_io -c "fsmap -m"}: comma-separated, ends inclusive, in 512-byte sectors.
 *
 * <pre>
 * EXT,MAJOR,MINOR,PSTART,PEND,OWNER,OSTART,OEND,LENGTH
 * 7,259,2,192,6335,inode_132_data,0,6143,6144
 * 8,259,2,6336,6343,inode_139_data_bmbt,,,8
 * 9,259,2,6344,6351,special_88:3,,,8
 * </pre>
 *
 * The head comes again with every batch of records that the kernel answered. Neither unwritten nor
 * shared extents are told.
 */
final class MachineDump implements DumpFormat {

  private static final String HEAD = "EXT,MAJOR,MINOR,PSTART,PEND,OWNER,OSTART,OEND,LENGTH";
  private static final int COLUMNS = 9;
  private static final Pattern SPECIAL = Pattern.compile("special_(\\d{1,10}):(\\d{1,10})");
  private static final Pattern INODE = Pattern.compile("inode_(\\d+)_(data|attr)(_bmbt)?");

  private boolean headSeen;

  @Override
  public boolean tellsShared() {
    return false;
  }

  @Override
  public @Nullable DumpLine parse(long lineNumber, String line, boolean whole) {
    if (line.equals(HEAD)) {
      headSeen = true;
      return null;
    }
    LineNumbers in = new LineNumbers(lineNumber, line);
    if (!headSeen) {
      throw in.bad("the first line is " + HEAD);
    }
    if (line.isEmpty()) {
      return null;
    }
    String[] columns = line.split(",", -1);
    if (columns.length != COLUMNS) {
      throw in.bad("a record has " + COLUMNS + " columns, but this one has " + columns.length);
    }
    long start = in.number("PSTART", columns[3]);
    long count = in.count("PSTART", start, "PEND", columns[4], "LENGTH", columns[8]);
    String device = in.number("MAJOR", columns[1]) + ":" + in.number("MINOR", columns[2]);
    MapRecord record = record(in, columns, start, count);
    return new DumpLine(in.number("EXT", columns[0]), device, record, false);
  }

  private static MapRecord record(LineNumbers in, String[] columns, long start, long count) {
    String owner = columns[5];
    Matcher special = SPECIAL.matcher(owner);
    if (special.matches()) {
      in.requireEmpty("OSTART", columns[6]);
      in.requireEmpty("OEND", columns[7]);
      return MapRecord.special(start, count, special(in, special.group(1), special.group(2)));
    }
    Matcher inode = INODE.matcher(owner);
    if (!inode.matches()) {
      throw in.unknownOwner(owner);
    }
    long number = in.inode(inode.group(1));
    if (inode.group(3) != null) {
      in.requireEmpty("OSTART", columns[6]);
      in.requireEmpty("OEND", columns[7]);
      return new MapRecord(start, count, null, number, Fork.BMBT, 0, false, false);
    }
    long offset = in.number("OSTART", columns[6]);
    in.count("OSTART", offset, "OEND", columns[7], "LENGTH", columns[8]);
    Fork fork = inode.group(2).equals("attr") ? Fork.ATTR : Fork.DATA;
    return new MapRecord(start, count, null, number, fork, offset, false, false);
  }

  private static SpecialOwner special(LineNumbers in, String type, String code) {
    return SpecialOwner.ofCodes((int) in.number("OWNER", type), (int) in.number("OWNER", code))
        .orElseThrow(() -> in.unknownOwner("special_" + type + ":" + code));
  }
}
