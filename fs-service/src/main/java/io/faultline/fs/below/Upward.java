package io.faultline.fs.below;

import io.faultline.events.Json;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.ServiceUrls;
import io.faultline.runtime.access.ServiceCalls;
import io.faultline.runtime.core.Problem;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import tools.jackson.core.JacksonException;

/** Asks dm-service which volumes a range of a block device is in. */
public final class Upward {

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);

  /**
   * What a volume would lose.
   *
   * @param effect {@code data_lost}, {@code redundancy_lost} or {@code target_failed}
   */
  public record VolumeEffect(String volume, Extents ranges, String effect) {

    /** Whether what stands on the volume cannot read these ranges any more. */
    public boolean losesData() {
      return !effect.equals("redundancy_lost");
    }
  }

  /** How asking ended. */
  public sealed interface Answer {

    /** These volumes are touched; none where nothing stands on the device. */
    record Volumes(List<VolumeEffect> volumes) implements Answer {}

    /** dm-service has never heard of the device. */
    record Unknown() implements Answer {}

    record Failed(Problem problem) implements Answer {}
  }

  private record Body(List<VolumeEffect> volumes) {}

  private final ServiceCalls calls;
  private final HttpClient http;
  private final ServiceUrls urls;

  public Upward(ServiceUrls urls, ServiceCalls calls) {
    this.urls = urls;
    this.calls = calls;
    this.http = calls.client(CONNECT_TIMEOUT);
  }

  public Answer ask(String host, String device, SectorRange range) {
    // Names have been checked: they need no escaping in a path.
    URI uri =
        URI.create(
            urls.dmService()
                + "/v1/hosts/"
                + host
                + "/block-devices/"
                + device
                + "/upward?sector="
                + range.startSector()
                + "&count="
                + range.sectorCount());
    HttpRequest request =
        calls
            .signed(HttpRequest.newBuilder(uri))
            .header("Accept", "application/json")
            .timeout(REQUEST_TIMEOUT)
            .GET()
            .build();
    try {
      HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
      if (response.statusCode() == 404) {
        return new Answer.Unknown();
      }
      if (response.statusCode() >= 300) {
        return failed("answered " + response.statusCode());
      }
      Body body = Json.LENIENT.readValue(response.body(), Body.class);
      return new Answer.Volumes(List.copyOf(body.volumes()));
    } catch (IOException e) {
      return failed("does not answer");
    } catch (JacksonException e) {
      return failed("answered what is no list of volumes");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failed("was not waited for");
    }
  }

  private Answer failed(String how) {
    return new Answer.Failed(Problem.unavailable("dm-service at " + urls.dmService() + " " + how));
  }
}
