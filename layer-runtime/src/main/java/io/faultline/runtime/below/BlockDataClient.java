package io.faultline.runtime.below;

import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.access.ServiceCalls;
import io.faultline.runtime.below.BlockDeviceClient.Kind;
import io.faultline.runtime.core.Problem;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Moves the bytes of block devices of the service below, a call at a time. Devices and volumes are
 * read and written in the same way; {@code kind} tells which.
 */
public final class BlockDataClient {

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(30);
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVER_ERRORS = 500;
  private static final int NO_ROOM = 507;

  /** What a read gave. */
  public sealed interface Read {

    /**
     * @param bytes of every sector; zeroes for the bad ones
     * @param bad sectors, the first of the read being 0
     */
    record Content(byte[] bytes, Extents bad) implements Read {}

    /** Nothing of it: 409 the device is another one now, or gone; 503 come again; and so on. */
    record Refused(Problem problem) implements Read {}
  }

  private final ServiceCalls calls;
  private final HttpClient http;
  private final Supplier<String> baseUrl;
  private final Kind kind;

  /**
   * @param baseUrl {@code http://host:port}, without a path; asked at every request
   */
  public BlockDataClient(Supplier<String> baseUrl, Kind kind, ServiceCalls calls) {
    this.baseUrl = baseUrl;
    this.kind = kind;
    this.calls = calls;
    this.http = calls.client(CONNECT_TIMEOUT);
  }

  /**
   * Reads what can be read; latent poison becomes known by it.
   *
   * @param generation of the device that is meant
   */
  public Read read(String host, String device, long generation, long sector, long count) {
    byte[] bytes = new byte[Math.toIntExact(count * SectorRange.SECTOR_BYTES)];
    Extents.Builder bad = Extents.builder();
    long done = 0;
    // An answer names the first bad ranges only: what lies behind the last of them is asked again.
    while (done < count) {
      String query =
          "sector=" + (sector + done) + "&count=" + (count - done) + "&recover=true&generation=";
      Result result = send(request(host, device, query + generation).GET().build());
      switch (result) {
        case Result.Unreachable(Problem problem) -> {
          return new Read.Refused(problem);
        }
        case Result.Answered(HttpResponse<byte[]> response) when response.statusCode() >= 300 -> {
          return new Read.Refused(problem(response));
        }
        case Result.Answered(HttpResponse<byte[]> response) -> {
          Extents named = named(response).shift(-sector);
          long known =
              named.totalSectors() < number(response, "Faultline-Bad-Sectors")
                  ? named.span().endSector()
                  : count;
          int expected = Math.toIntExact((count - done) * SectorRange.SECTOR_BYTES);
          if (response.body().length != expected || known <= done) {
            return new Read.Refused(shorter(device, sector, count));
          }
          System.arraycopy(
              response.body(),
              0,
              bytes,
              (int) (done * SectorRange.SECTOR_BYTES),
              (int) ((known - done) * SectorRange.SECTOR_BYTES));
          bad.addAll(named);
          done = known;
        }
      }
    }
    return new Read.Content(bytes, bad.build());
  }

  private static Problem shorter(String device, long sector, long count) {
    return Problem.refused(
        "past-end",
        "The range reaches past the end",
        device + " does not have all of the sectors " + new SectorRange(sector, count));
  }

  private static Extents named(HttpResponse<byte[]> response) {
    String header = response.headers().firstValue("Faultline-Bad-Ranges").orElse("");
    Extents.Builder named = Extents.builder();
    for (String range : header.isEmpty() ? new String[0] : header.split(",")) {
      int plus = range.indexOf('+');
      named.add(
          Long.parseLong(range.substring(0, plus).strip()),
          Long.parseLong(range.substring(plus + 1).strip()));
    }
    return named.build();
  }

  private static long number(HttpResponse<byte[]> response, String header) {
    return response.headers().firstValueAsLong(header).orElse(0);
  }

  /**
   * Writes whole sectors; poison in whole units that they cover is healed by it.
   *
   * @param holder who has claimed the device: {@code fs:data}
   * @param from the first of the bytes that are written
   * @param lengthBytes how many, whole sectors
   * @return why nothing was written; null if all is
   */
  public @Nullable Problem write(
      String host,
      String device,
      long generation,
      String holder,
      long sector,
      byte[] bytes,
      int from,
      int lengthBytes) {
    String query = "sector=" + sector + "&holder=" + holder + "&generation=" + generation;
    Result result =
        send(
            request(host, device, query)
                .header("Content-Type", "application/octet-stream")
                .PUT(HttpRequest.BodyPublishers.ofByteArray(bytes, from, lengthBytes))
                .build());
    return switch (result) {
      case Result.Unreachable(Problem problem) -> problem;
      case Result.Answered(HttpResponse<byte[]> response) ->
          response.statusCode() < 300 ? null : problem(response);
    };
  }

  private Problem problem(HttpResponse<byte[]> response) {
    int status = response.statusCode();
    Problem told = ServiceProblems.of(status, response.body());
    boolean notNow = status == TOO_MANY_REQUESTS || status >= SERVER_ERRORS && status != NO_ROOM;
    return notNow
        ? Problem.unavailable(
            "The service below at " + baseUrl.get() + " answers " + status + ": " + told.detail())
        : told;
  }

  private HttpRequest.Builder request(String host, String device, String query) {
    // Names have been checked: they need no escaping.
    URI uri =
        URI.create(
            baseUrl.get()
                + "/v1/hosts/"
                + host
                + "/"
                + kind.segment
                + "/"
                + device
                + "/data?"
                + query);
    return calls.signed(HttpRequest.newBuilder(uri)).timeout(REQUEST_TIMEOUT);
  }

  private sealed interface Result {
    record Answered(HttpResponse<byte[]> response) implements Result {}

    record Unreachable(Problem problem) implements Result {}
  }

  private Result send(HttpRequest request) {
    try {
      return new Result.Answered(http.send(request, BodyHandlers.ofByteArray()));
    } catch (IOException e) {
      return new Result.Unreachable(
          Problem.unavailable("The service below at " + baseUrl.get() + " does not answer"));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Result.Unreachable(Problem.unavailable("Interrupted"));
    }
  }
}
