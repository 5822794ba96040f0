package io.faultline.dm.below;

import io.faultline.dm.core.Answers;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.access.ServiceCalls;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.function.Supplier;

/** The bytes of leaf devices, over device-service's HTTP. */
public final class DeviceBytes implements LeafData {

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(30);
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVER_ERRORS = 500;

  private final ServiceCalls calls;
  private final HttpClient http;
  private final Supplier<String> baseUrl;

  /**
   * @param baseUrl {@code http://host:port}, without a path; asked at every request
   */
  public DeviceBytes(Supplier<String> baseUrl, ServiceCalls calls) {
    this.baseUrl = baseUrl;
    this.calls = calls;
    this.http = calls.client(CONNECT_TIMEOUT);
  }

  @Override
  public Content read(String host, Answers.CopyPlace place, long sector, long count)
      throws UnreachableException {
    byte[] bytes = new byte[Math.toIntExact(count * SectorRange.SECTOR_BYTES)];
    Extents.Builder bad = Extents.builder();
    long done = 0;
    // An answer names the first bad ranges only: what lies behind the last of them is asked again.
    while (done < count) {
      HttpResponse<byte[]> response =
          send(
              request(
                      host,
                      place,
                      "sector="
                          + (sector + done)
                          + "&count="
                          + (count - done)
                          + "&recover=true&generation="
                          + place.generation())
                  .GET()
                  .build());
      Extents named = named(response).shift(-sector);
      long known =
          response.statusCode() < 300
                  && named.totalSectors() < number(response, "Faultline-Bad-Sectors")
              ? named.span().endSector()
              : count;
      int expected = Math.toIntExact((count - done) * SectorRange.SECTOR_BYTES);
      if (response.statusCode() >= 300 || response.body().length != expected || known <= done) {
        return new Content(new byte[bytes.length], Extents.of(0, count));
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
    return new Content(bytes, bad.build());
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

  @Override
  public boolean write(String host, Answers.CopyPlace place, long sector, byte[] bytes)
      throws UnreachableException {
    HttpResponse<byte[]> response =
        send(
            request(
                    host,
                    place,
                    "sector="
                        + sector
                        + "&holder="
                        + place.holder()
                        + "&generation="
                        + place.generation())
                .header("Content-Type", "application/octet-stream")
                .PUT(HttpRequest.BodyPublishers.ofByteArray(bytes))
                .build());
    return response.statusCode() < 300;
  }

  private HttpRequest.Builder request(String host, Answers.CopyPlace place, String query) {
    // Names have been checked: they need no escaping.
    URI uri =
        URI.create(
            baseUrl.get() + "/v1/hosts/" + host + "/devices/" + place.device() + "/data?" + query);
    return calls.signed(HttpRequest.newBuilder(uri)).timeout(REQUEST_TIMEOUT);
  }

  private HttpResponse<byte[]> send(HttpRequest request) throws UnreachableException {
    try {
      HttpResponse<byte[]> response = http.send(request, BodyHandlers.ofByteArray());
      if (response.statusCode() >= SERVER_ERRORS || response.statusCode() == TOO_MANY_REQUESTS) {
        throw new UnreachableException("device-service answers " + response.statusCode());
      }
      return response;
    } catch (IOException e) {
      throw new UnreachableException("device-service does not answer: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnreachableException("interrupted");
    }
  }
}
