package io.faultline.standalone.behaviour;

import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * Takes the map of a filesystem as it is, adds a file on its realtime device, and imports the whole
 * as somebody would who dumped a real one.
 */
final class RealtimeImport {

  private static final String FILESYSTEM = "filesystems/" + FileCalls.FILESYSTEM;
  private static final long INODE = 5000;

  private final Machine machine;

  RealtimeImport(Machine machine) {
    this.machine = machine;
  }

  void withFile(String path, long sectors) {
    StringBuilder dump = new StringBuilder(" EXT: DEV BLOCK-RANGE OWNER FILE-OFFSET TOTAL FLAGS\n");
    int number = 0;
    dump.append(number++)
        .append(": 1:1 [0..")
        .append(sectors - 1)
        .append("]: " + INODE + " 0..")
        .append(sectors - 1)
        .append(' ')
        .append(sectors)
        .append('\n');
    Map<Long, String> paths = new TreeMap<>();
    paths.put(INODE, path);
    for (JsonNode owner : machine.rest.json(FILESYSTEM + "/owners").path("owners")) {
      dump.append(number++).append(": 1:0 ").append(line(owner)).append('\n');
      if (owner.path("inode").isNumber()) {
        paths.put(owner.path("inode").asLong(), owner.path("paths").path(0).asString());
      }
    }
    String query = "?data=1:0&realtime=1:1";
    machine
        .rest
        .send("PUT", FILESYSTEM + "/fsmap" + query, "text/plain", dump.toString())
        .mustSucceed();
    StringBuilder lines = new StringBuilder();
    paths.forEach((inode, name) -> lines.append(inode).append(' ').append(name).append('\n'));
    machine.rest.send("PUT", FILESYSTEM + "/paths", "text/plain", lines.toString()).mustSucceed();
  }

  private static String line(JsonNode owner) {
    long start = owner.path("sector").asLong();
    long count = owner.path("count").asLong();
    String range = "[" + start + ".." + (start + count - 1) + "]: ";
    if (!owner.path("inode").isNumber()) {
      return range + owner.path("owner").asString() + " " + count;
    }
    long offset = owner.path("fileOffsetBytes").asLong() / Stack.SECTOR;
    return range
        + owner.path("inode").asLong()
        + " "
        + offset
        + ".."
        + (offset + count - 1)
        + " "
        + count;
  }
}
