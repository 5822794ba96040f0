package io.faultline.device.above;

import io.faultline.events.Json;
import io.faultline.events.Names;
import io.faultline.runtime.ServiceUrls;
import io.faultline.runtime.access.ServiceCalls;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The three questions that a device asks upward, by HTTP: does the holder of this claim stand here,
 * is this name a volume, and who stands on the one who stands on me. None is needed to work:
 * without an answer a claim stays, a name is free, and the direct holders are all that is told.
 */
public final class UpperLayers {

  /** Volumes on volumes are followed this far. */
  private static final int MAX_DEPTH = 64;

  private static final Duration CONNECT_TIMEOUT = Duration.ofMillis(500);
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(2);

  private final ServiceCalls calls;
  private final HttpClient http;
  private final ServiceUrls urls;

  public UpperLayers(ServiceUrls urls, ServiceCalls calls) {
    this.urls = urls;
    this.calls = calls;
    this.http = calls.client(CONNECT_TIMEOUT);
  }

  /** What the service of a holder says. */
  public enum Standing {
    /** It has the device in a table, or is mounted on it. */
    STANDS,
    /** There is no such holder, or it stands elsewhere. */
    GONE,
    /** There is no answer to rely on. */
    UNKNOWN
  }

  /**
   * Whether a holder stands on a device. A 404 alone is not believed: the service that gives it
   * must have volumes (or filesystems) at all, or it is another one.
   */
  public Standing standing(String host, String holder, String device) {
    String all = collection(host, holder);
    HttpResponse<byte[]> response = send(all + "/" + nameOf(holder));
    if (response == null) {
      return Standing.UNKNOWN;
    }
    JsonNode found = json(response);
    if (found != null) {
      boolean stands = holder.startsWith("dm:") ? names(found, device) : isOn(found, device);
      return stands ? Standing.STANDS : Standing.GONE;
    }
    return response.statusCode() == 404 && status(all + "?limit=1") == 200
        ? Standing.GONE
        : Standing.UNKNOWN;
  }

  /** A volume needs what either of its tables names. */
  private static boolean names(JsonNode volume, String device) {
    // What does not say on what it stands is not known to have left.
    return !volume.path("below").isArray()
        || contains(volume.path("below"), device)
        || contains(volume.path("inactive").path("below"), device);
  }

  private static boolean contains(JsonNode names, String name) {
    return names.valueStream().anyMatch(each -> each.asString("").equals(name));
  }

  /** A filesystem that is not mounted holds nothing. */
  private static boolean isOn(JsonNode filesystem, String device) {
    boolean unmounted = filesystem.path("state").asString("").equals("unmounted");
    boolean elsewhere =
        filesystem.path("data").isString()
            && Stream.of("data", "log", "realtime")
                .noneMatch(role -> filesystem.path(role).asString("").equals(device));
    return !unmounted && !elsewhere;
  }

  /** Whether a name is known to be a volume's; devices and volumes share one name space. */
  public boolean isVolume(String host, String name) {
    return status(collection(host, "dm:" + name) + "/" + name) == 200;
  }

  /**
   * The direct holders and all that stand on them, topmost first, each once. Who stands above a
   * volume that is higher than {@value #MAX_DEPTH} is not told, nor who stands above one that did
   * not answer.
   */
  public List<String> topmostFirst(String host, Collection<String> direct) {
    // Each is asked once: a diamond would have the same asked on every way, a loop for ever.
    Map<String, List<String>> asked = new HashMap<>();
    Set<String> bottomUp = new LinkedHashSet<>(direct);
    Set<String> level = new LinkedHashSet<>(direct);
    for (int depth = 0; !level.isEmpty() && depth < MAX_DEPTH; depth++) {
      Set<String> next = new LinkedHashSet<>();
      for (String holder : level) {
        List<String> holders = asked.get(holder);
        if (holders == null) {
          holders = holdersOf(host, holder);
          if (holders == null) {
            // Whoever does not answer for one does not for the next: waiting adds up.
            return new ArrayList<>(bottomUp).reversed();
          }
          asked.put(holder, holders);
        }
        for (String above : holders) {
          // Who is found again stands higher than was thought.
          bottomUp.remove(above);
          bottomUp.add(above);
          next.add(above);
        }
      }
      level = next;
    }
    return new ArrayList<>(bottomUp).reversed();
  }

  /**
   * Who stands on a volume: the filesystem that claims it, and volumes that have it in a table.
   * Nobody stands on a filesystem.
   *
   * @return null if there is no answer at all
   */
  private @Nullable List<String> holdersOf(String host, String holder) {
    if (!holder.startsWith("dm:")) {
      return List.of();
    }
    HttpResponse<byte[]> response = send(collection(host, holder) + "/" + nameOf(holder));
    if (response == null) {
      return null;
    }
    JsonNode volume = json(response);
    Set<String> holders = new LinkedHashSet<>();
    if (volume != null) {
      // A volume does not claim the one that it stands on.
      volume
          .path("above")
          .valueStream()
          .map(each -> each.asString(""))
          .filter(Names::isName)
          .forEach(each -> holders.add("dm:" + each));
      collect(volume.path("claim"), holders);
      collect(volume.path("claims"), holders);
    }
    return List.copyOf(holders);
  }

  /** A claim is a holder, an object that has one, or an array of either. */
  private static void collect(JsonNode claim, Set<String> holders) {
    if (claim.isString() && Names.isName(nameOf(claim.asString()))) {
      holders.add(claim.asString());
    } else if (claim.isObject()) {
      collect(claim.path("holder"), holders);
    } else if (claim.isArray()) {
      claim.forEach(each -> collect(each, holders));
    }
  }

  private String collection(String host, String holder) {
    // Names have been checked: they need no escaping in a path.
    return holder.startsWith("dm:")
        ? urls.dmService() + "/v1/hosts/" + host + "/volumes"
        : urls.fsService() + "/v1/hosts/" + host + "/filesystems";
  }

  private static String nameOf(String holder) {
    return holder.substring(holder.indexOf(':') + 1);
  }

  private int status(String url) {
    HttpResponse<byte[]> response = send(url);
    return response == null ? 0 : response.statusCode();
  }

  private static @Nullable JsonNode json(HttpResponse<byte[]> response) {
    try {
      return response.statusCode() == 200 ? Json.LENIENT.readTree(response.body()) : null;
    } catch (JacksonException e) {
      return null;
    }
  }

  private @Nullable HttpResponse<byte[]> send(String url) {
    try {
      return http.send(
          calls
              .signed(HttpRequest.newBuilder(URI.create(url)))
              .header("Accept", "application/json")
              .timeout(REQUEST_TIMEOUT)
              .build(),
          HttpResponse.BodyHandlers.ofByteArray());
    } catch (IOException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }
}
