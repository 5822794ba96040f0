package io.faultline.device.above;

import io.faultline.device.above.UpperLayers.Standing;
import io.faultline.device.core.DeviceCommand;
import io.faultline.events.Json;
import io.faultline.runtime.Reply;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.Replies;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * Who stands on a device.
 *
 * <p>A claim that a crash left behind is looked for when somebody else wants the device: if it is
 * old, and the service of its holder says that it does not stand here, it is released.
 */
@RestController
public final class ClaimController {

  private static final Pattern ETAG = Pattern.compile("\"?([0-9]{1,16})\"?");

  /** Who claims. */
  record Holder(@Nullable String holder) {}

  private final SliceEdge edge;
  private final UpperLayers upper;
  private final Duration staleAge;
  private final InstantSource clock;

  public ClaimController(
      SliceEdge edge, UpperLayers upper, Duration staleAge, InstantSource clock) {
    this.edge = edge;
    this.upper = upper;
    this.staleAge = staleAge;
    this.clock = clock;
  }

  @PutMapping(
      path = "/v1/hosts/{host}/devices/{device}/claim",
      consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<byte[]> claim(
      @PathVariable String host,
      @PathVariable String device,
      @RequestBody Holder body,
      HttpServletRequest request) {
    Edge.name("host", host);
    Edge.name("device", device);
    String holder = holder(body.holder());
    Reply reply = edge.command(host, new DeviceCommand.Claim(device, holder), request);
    if (reply.status() == 409 && releaseStale(host, device, holder, request)) {
      reply = edge.command(host, new DeviceCommand.Claim(device, holder), request);
    }
    ResponseEntity<byte[]> answer = Replies.toResponse(reply);
    return reply.isSuccess() ? withRevision(answer, reply) : answer;
  }

  private static ResponseEntity<byte[]> withRevision(ResponseEntity<byte[]> answer, Reply reply) {
    long revision = Json.LENIENT.readTree(reply.body()).path("revision").asLong();
    HttpHeaders headers = new HttpHeaders();
    headers.addAll(answer.getHeaders());
    headers.setETag("\"" + revision + "\"");
    return new ResponseEntity<>(answer.getBody(), headers, answer.getStatusCode());
  }

  /** Answers whether a claim was released that stood in the way of {@code wanting}. */
  private boolean releaseStale(
      String host, String device, String wanting, HttpServletRequest request) {
    Instant old = clock.instant().minus(staleAge);
    Map<String, Long> suspects =
        edge.device(
            host,
            device,
            found -> {
              Map<String, Long> revisions = new TreeMap<>();
              found
                  .claims()
                  .forEach(
                      (holder, claim) -> {
                        if (!holder.equals(wanting) && !claim.since().isAfter(old)) {
                          revisions.put(holder, claim.revision());
                        }
                      });
              return revisions;
            });
    boolean released = false;
    for (Map.Entry<String, Long> suspect : suspects.entrySet()) {
      if (upper.standing(host, suspect.getKey(), device) == Standing.GONE) {
        released |=
            edge.slice()
                .command(
                    host,
                    new DeviceCommand.Release(device, suspect.getKey(), suspect.getValue()),
                    null,
                    SliceEdge.traceparent(request))
                .isSuccess();
      }
    }
    return released;
  }

  @DeleteMapping("/v1/hosts/{host}/devices/{device}/claim")
  ResponseEntity<byte[]> release(
      @PathVariable String host,
      @PathVariable String device,
      @RequestBody(required = false) @Nullable Holder body,
      @RequestParam(name = "holder", required = false) @Nullable String named,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch,
      HttpServletRequest request) {
    Edge.name("host", host);
    Edge.name("device", device);
    String holder = holder(body == null || body.holder() == null ? named : body.holder());
    return Replies.toResponse(
        edge.command(host, new DeviceCommand.Release(device, holder, revision(ifMatch)), request));
  }

  private static String holder(@Nullable String holder) {
    if (holder == null) {
      throw Edge.malformedAt("/holder", "holder is missing: dm:<volume> or fs:<filesystem>");
    }
    return holder;
  }

  private static @Nullable Long revision(@Nullable String ifMatch) {
    if (ifMatch == null || ifMatch.equals("*")) {
      return null;
    }
    Matcher etag = ETAG.matcher(ifMatch.trim());
    if (!etag.matches()) {
      throw Edge.malformed(
          "If-Match is the revision of a claim in quotes, but it is " + Edge.quote(ifMatch));
    }
    return Long.parseLong(etag.group(1));
  }
}
