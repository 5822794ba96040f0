package io.faultline.fs.core;

/**
 * A record of the reverse map as the key of a fact: the record itself, so that a change of one is
 * one key that goes and one that comes. The start comes first and has all its digits, so that a
 * store gives the records of a device in their order.
 *
 * <pre>
 * role/start.count.owner.fork.offset.[u][s]     hexadecimal; ~ before a special owner;
 *                                               u unwritten, s said to be shared
 * </pre>
 */
final class ExtentKeys {

  private static final Role[] ROLES = Role.values();
  private static final Fork[] FORKS = Fork.values();

  private ExtentKeys() {}

  /** The record in a role, and back. */
  record Place(Role role, MapRecord record) {}

  static String write(Role role, MapRecord record) {
    SpecialOwner special = record.special();
    StringBuilder key = new StringBuilder(64);
    String start = Long.toHexString(record.startSector());
    key.append(role.ordinal()).append('/').append("0".repeat(16 - start.length())).append(start);
    key.append('.').append(Long.toHexString(record.sectorCount())).append('.');
    key.append(special == null ? Long.toHexString(record.inode()) : "~" + special.ordinal());
    key.append('.').append(record.fork().ordinal());
    key.append('.').append(Long.toHexString(record.fileOffsetSectors()));
    key.append('.').append(record.unwritten() ? "u" : "").append(record.shared() ? "s" : "");
    return key.toString();
  }

  static Place read(String key) {
    Role role = ROLES[key.charAt(0) - '0'];
    String[] parts = key.substring(2).split("\\.", -1);
    boolean special = parts[2].charAt(0) == '~';
    return new Place(
        role,
        new MapRecord(
            Long.parseLong(parts[0], 16),
            Long.parseLong(parts[1], 16),
            special ? SpecialOwner.ofOrdinal(Integer.parseInt(parts[2].substring(1))) : null,
            special ? 0 : Long.parseLong(parts[2], 16),
            FORKS[Integer.parseInt(parts[3])],
            Long.parseLong(parts[4], 16),
            parts[5].endsWith("s"),
            parts[5].startsWith("u")));
  }
}
