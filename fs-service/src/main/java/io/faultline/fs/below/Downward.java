package io.faultline.fs.below;

import io.faultline.events.Json;
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
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/** Asks dm-service where a range of a volume lies on leaf devices. */
public final class Downward {

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);

  /** Sectors of a leaf device. */
  public record Piece(String device, long sector, long count, long volumeSector) {}

  /** Sectors that nothing lies below of. */
  public record Hole(long volumeSector, long count, String kind) {}

  /** How asking ended. */
  public sealed interface Answer {

    /**
     * @param alternatives where the same can be read instead
     * @param next the sector of the volume to go on with; null if this is all
     */
    record Mapped(
        List<Piece> pieces, List<Hole> holes, List<Piece> alternatives, @Nullable Long next)
        implements Answer {}

    /** It is not known just now, or the volume is gone. */
    record Failed(Problem problem) implements Answer {}
  }

  private final ServiceCalls calls;
  private final HttpClient http;
  private final ServiceUrls urls;

  public Downward(ServiceUrls urls, ServiceCalls calls) {
    this.urls = urls;
    this.calls = calls;
    this.http = calls.client(CONNECT_TIMEOUT);
  }

  /** One page of the way down. */
  public Answer ask(String host, String volume, long sector, long count) {
    // Names have been checked: they need no escaping in a path.
    URI uri =
        URI.create(
            urls.dmService()
                + "/v1/hosts/"
                + host
                + "/volumes/"
                + volume
                + "/map?sector="
                + sector
                + "&count="
                + count);
    HttpRequest request =
        calls
            .signed(HttpRequest.newBuilder(uri))
            .header("Accept", "application/json")
            .timeout(REQUEST_TIMEOUT)
            .GET()
            .build();
    try {
      HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
      return response.statusCode() < 300
          ? Json.LENIENT.readValue(response.body(), Answer.Mapped.class)
          : failed("answered " + response.statusCode());
    } catch (IOException e) {
      return failed("does not answer");
    } catch (JacksonException e) {
      return failed("answered what is no map");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failed("was not waited for");
    }
  }

  private Answer failed(String how) {
    return new Answer.Failed(Problem.unavailable("dm-service at " + urls.dmService() + " " + how));
  }
}
