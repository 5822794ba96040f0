package io.faultline.standalone.behaviour;

import io.faultline.standalone.behaviour.Rest.Answer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** What a case does with files, as calls of one filesystem's interface. */
final class FileCalls {

  static final String FILESYSTEM = "x";
  private static final String BASE = "filesystems/" + FILESYSTEM;

  private final Rest rest;

  FileCalls(Rest rest) {
    this.rest = rest;
  }

  /** A piece of a device. */
  record Place(String device, long sector, long count) {}

  private static String file(String path) {
    StringBuilder encoded = new StringBuilder(BASE).append("/files");
    for (String name : path.substring(1).split("/")) {
      encoded.append('/').append(URLEncoder.encode(name, StandardCharsets.UTF_8));
    }
    return encoded.toString();
  }

  Answer read(String path, long offset, long length) {
    return rest.send(
        "GET", file(path) + "?offset=" + offset + "&length=" + length, "application/json", "");
  }

  Answer write(String path, long offset, String bytes) {
    return rest.send("PUT", file(path) + "?offset=" + offset, "application/octet-stream", bytes);
  }

  /** A whole file, new or in place of what was there. */
  Answer create(String path, String bytes) {
    return rest.send("PUT", file(path), "application/octet-stream", bytes);
  }

  Answer makeDirectory(String path) {
    return rest.send("PUT", file(path) + "?directory=true", "application/octet-stream", "");
  }

  Answer stat(String path) {
    return rest.get(file(path) + "?stat=true");
  }

  Answer list(String path) {
    return rest.get(path.equals("/") ? BASE + "/files/" : file(path));
  }

  Answer unlink(String path) {
    return rest.delete(file(path));
  }

  /** {@code :punch}, {@code :reflink} and their like. */
  Answer change(String path, String verb, String json) {
    return rest.post(file(path) + ":" + verb, json);
  }

  Answer setXattr(String path, String name, String value) {
    return rest.send("PUT", file(path) + "?xattr=" + name, "application/octet-stream", value);
  }

  /** Where a page of a file lies, down to the devices. */
  Place placeOf(String path, long offset) {
    JsonNode layout = rest.json(file(path) + "?layout=true");
    for (JsonNode extent : layout.path("extents")) {
      long start = extent.path("offsetBytes").asLong();
      if (offset < start || offset >= start + extent.path("lengthBytes").asLong()) {
        continue;
      }
      long into = (offset - start) / Stack.SECTOR;
      JsonNode pieces = extent.path("pieces");
      for (JsonNode piece : pieces) {
        long count = piece.path("count").asLong();
        if (into < count) {
          String device = piece.path("device").asString();
          return new Place(device, piece.path("sector").asLong() + into, Stack.PAGE_SECTORS);
        }
        into -= count;
      }
      return new Place(
          extent.path("device").asString(),
          extent.path("sector").asLong() + into,
          Stack.PAGE_SECTORS);
    }
    throw new AssertionError(path + " has nothing at " + offset + ": " + layout);
  }

  /** The first sectors of a kind of metadata or of free space, from a sector of the data device. */
  List<Place> owned(String owner, long fromSector) {
    List<Place> places = new ArrayList<>();
    JsonNode found = rest.json(BASE + "/owners?device=data&sector=" + fromSector).path("owners");
    for (JsonNode each : found) {
      if (each.path("owner").asString().equals(owner)) {
        places.add(new Place("", each.path("sector").asLong(), each.path("count").asLong()));
      }
    }
    return places;
  }

  /** What of the data device a fork of a file owns. */
  List<Place> fork(long inode, String fork) {
    List<Place> places = new ArrayList<>();
    for (JsonNode each : rest.json(BASE + "/owners?device=data").path("owners")) {
      boolean its =
          each.path("inode").asLong(-1) == inode && each.path("fork").asString().equals(fork);
      if (its) {
        places.add(new Place("", each.path("sector").asLong(), each.path("count").asLong()));
      }
    }
    return places;
  }
}
