package io.faultline.standalone.behaviour;

import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * Takes the map of a filesystem as it is, adds what no call makes, and imports the whole as
 * somebody would who dumped a real one.
 */
final class MapImport {

  private static final String FILESYSTEM = "filesystems/" + FileCalls.FILESYSTEM;
  private static final String FREE = "free space";
  private static final String HEAD = " EXT: DEV BLOCK-RANGE OWNER FILE-OFFSET TOTAL FLAGS\n";

  private final Machine machine;
  private final StringBuilder dump = new StringBuilder(HEAD);
  private final Map<Long, String> paths = new TreeMap<>();
  private int lines;

  MapImport(Machine machine) {
    this.machine = machine;
  }

  /** An owner that the filesystem has just now not, in place of some free space. */
  void withOwner(String name, long sectors) {
    boolean placed = false;
    for (JsonNode owner : owners()) {
      long start = owner.path("sector").asLong();
      long count = owner.path("count").asLong();
      if (!placed && owner.path("owner").asString().equals(FREE) && count > sectors) {
        placed = true;
        add("1:0 " + range(start, sectors) + name + " " + sectors);
        add("1:0 " + range(start + sectors, count - sectors) + FREE + " " + (count - sectors));
      } else {
        add("1:0 " + line(owner));
      }
    }
    send();
  }

  private JsonNode owners() {
    return machine.rest.json(FILESYSTEM + "/owners").path("owners");
  }

  private void add(String line) {
    dump.append(lines++).append(": ").append(line).append('\n');
  }

  private static String range(long start, long count) {
    return "[" + start + ".." + (start + count - 1) + "]: ";
  }

  private String line(JsonNode owner) {
    long start = owner.path("sector").asLong();
    long count = owner.path("count").asLong();
    if (!owner.path("inode").isNumber()) {
      return range(start, count) + owner.path("owner").asString() + " " + count;
    }
    long inode = owner.path("inode").asLong();
    String path = owner.path("paths").path(0).asString("");
    if (!path.isEmpty()) {
      paths.put(inode, path);
    }
    long offset = owner.path("fileOffsetBytes").asLong() / Stack.SECTOR;
    boolean shared = owner.path("flags").toString().contains("shared");
    return range(start, count)
        + inode
        + " "
        + offset
        + ".."
        + (offset + count - 1)
        + " "
        + count
        + (shared ? " 0100000" : "");
  }

  private void send() {
    put("/fsmap", dump.toString());
    StringBuilder names = new StringBuilder();
    paths.forEach((inode, name) -> names.append(inode).append(' ').append(name).append('\n'));
    put("/paths", names.toString());
  }

  private void put(String what, String text) {
    machine.rest.send("PUT", FILESYSTEM + what, "text/plain", text).mustSucceed();
  }
}
