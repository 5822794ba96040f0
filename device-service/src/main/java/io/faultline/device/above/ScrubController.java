package io.faultline.device.above;

import io.faultline.device.core.DeviceCommand;
import io.faultline.device.core.ScrubMode;
import io.faultline.device.core.ScrubPace;
import io.faultline.device.core.ScrubViews;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.Replies;
import jakarta.servlet.http.HttpServletRequest;
import java.time.InstantSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** Devices are read through for latent poison. */
@RestController
public final class ScrubController {

  /** What is to be read; nothing said is everything. */
  record Scrub(@Nullable String mode, @Nullable Long sector, @Nullable Long count) {}

  private final SliceEdge edge;
  private final ScrubPace pace;
  private final InstantSource clock;

  public ScrubController(SliceEdge edge, ScrubPace pace, InstantSource clock) {
    this.edge = edge;
    this.pace = pace;
    this.clock = clock;
  }

  @PostMapping("/v1/hosts/{host}/devices/{device}/scrub")
  ResponseEntity<byte[]> start(
      @PathVariable String host,
      @PathVariable String device,
      @RequestBody(required = false) @Nullable Scrub scrub,
      HttpServletRequest request) {
    Edge.name("host", host);
    Edge.name("device", device);
    Scrub asked = scrub == null ? new Scrub(null, null, null) : scrub;
    return Replies.toResponse(
        edge.command(
            host,
            new DeviceCommand.Scrub(
                device, mode(asked.mode()), InjectionBody.range(asked.sector(), asked.count())),
            request));
  }

  private static ScrubMode mode(@Nullable String text) {
    if (text == null) {
      return ScrubMode.FULL;
    }
    for (ScrubMode mode : ScrubMode.values()) {
      if (mode.label().equals(text)) {
        return mode;
      }
    }
    throw Edge.malformedAt("/mode", "mode is full or short, but it is " + Edge.quote(text));
  }

  @GetMapping("/v1/hosts/{host}/devices/{device}/scrub")
  Map<String, @Nullable Object> scrub(@PathVariable String host, @PathVariable String device) {
    Edge.name("host", host);
    Edge.name("device", device);
    return edge.device(host, device, found -> ScrubViews.scrub(found, pace, clock.instant()));
  }

  @DeleteMapping("/v1/hosts/{host}/devices/{device}/scrub")
  ResponseEntity<byte[]> stop(
      @PathVariable String host, @PathVariable String device, HttpServletRequest request) {
    Edge.name("host", host);
    Edge.name("device", device);
    return Replies.toResponse(edge.command(host, new DeviceCommand.StopScrub(device), request));
  }

  @PostMapping("/v1/hosts/{host}/devices/{device}/scrub/stop")
  ResponseEntity<byte[]> stopToo(
      @PathVariable String host, @PathVariable String device, HttpServletRequest request) {
    return stop(host, device, request);
  }
}
