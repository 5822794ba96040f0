package io.faultline.dm;

import com.sun.net.httpserver.HttpExchange;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.StringJoiner;
import java.util.TreeMap;

/** What the stand-in's devices hold: bytes and poison, read and written over HTTP. */
final class StandInData {

  static final int SECTOR = SectorRange.SECTOR_BYTES;
  private static final int UNIT = 8;

  private final Map<String, byte[]> content = new TreeMap<>();
  private final Map<String, Extents> poison = new TreeMap<>();
  private long writesLeft = Long.MAX_VALUE;
  private long writes;

  synchronized void put(String host, String device, byte[] bytes) {
    content.put(host + "/" + device, bytes.clone());
  }

  synchronized byte[] bytes(String host, String device, int sector, int count) {
    byte[] all = Objects.requireNonNull(content.get(host + "/" + device));
    return Arrays.copyOfRange(all, sector * SECTOR, (sector + count) * SECTOR);
  }

  synchronized void poison(String host, String device, Extents bad) {
    poison.put(host + "/" + device, bad);
  }

  synchronized Extents poison(String host, String device) {
    return poison.getOrDefault(host + "/" + device, Extents.EMPTY);
  }

  /** After so many writes the service cannot be reached; nobody can write then. */
  synchronized void failAfterWrites(long count) {
    writesLeft = count;
  }

  synchronized long writes() {
    return writes;
  }

  synchronized void answer(
      HttpExchange exchange, String host, String device, boolean isHolder, byte[] request)
      throws IOException {
    Map<String, String> query = new TreeMap<>();
    for (String parameter : exchange.getRequestURI().getQuery().split("&")) {
      int equals = parameter.indexOf('=');
      query.put(parameter.substring(0, equals), parameter.substring(equals + 1));
    }
    int sector = Integer.parseInt(query.get("sector"));
    if (exchange.getRequestMethod().equals("GET")) {
      read(exchange, host, device, sector, Integer.parseInt(query.get("count")));
    } else {
      exchange.sendResponseHeaders(isHolder ? write(host, device, sector, request) : 409, -1);
    }
  }

  private void read(HttpExchange exchange, String host, String device, int sector, int count)
      throws IOException {
    byte[] bytes = bytes(host, device, sector, count);
    Extents bad = poison(host, device).clip(new SectorRange(sector, count));
    StringJoiner named = new StringJoiner(",");
    bad.forEach((from, length) -> named.add(from + "+" + length));
    exchange.getResponseHeaders().set("Faultline-Bad-Sectors", Long.toString(bad.totalSectors()));
    if (!bad.isEmpty()) {
      exchange.getResponseHeaders().set("Faultline-Bad-Ranges", named.toString());
    }
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private int write(String host, String device, int sector, byte[] bytes) {
    SectorRange range = new SectorRange(sector, bytes.length / SECTOR);
    Extents bad = poison(host, device).clip(range);
    if (writesLeft == 0) {
      return 503;
    }
    if (!bad.subtract(Extents.of(range).roundIn(UNIT)).isEmpty()) {
      return 422;
    }
    writesLeft--;
    writes++;
    byte[] all = Objects.requireNonNull(content.get(host + "/" + device));
    System.arraycopy(bytes, 0, all, sector * SECTOR, bytes.length);
    poison(host, device, poison(host, device).subtract(bad));
    return 204;
  }
}
