package io.faultline.device.above;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.faultline.device.below.DataPath;
import io.faultline.device.core.DeviceCommand;
import io.faultline.device.core.DeviceViews;
import io.faultline.events.ConsumedBy;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import io.faultline.runtime.http.Replies;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Sectors go bad, are found and are cleared. */
@RestController
public final class FaultController {

  private static final int MAX_MAPPING_ID = 255;

  /** What is to go bad. */
  record Injection(
      long sector,
      long count,
      @JsonProperty("notify") @Nullable Boolean announced,
      @Nullable Consumer consumedBy) {}

  /** Whose load hit it. */
  record Consumer(long pid, @Nullable String mapping) {}

  private final SliceEdge edge;
  private final DataPath data;

  public FaultController(SliceEdge edge, DataPath data) {
    this.edge = edge;
    this.data = data;
  }

  @PostMapping(
      path = "/v1/hosts/{host}/devices/{device}/faults",
      consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<byte[]> inject(
      @PathVariable String host,
      @PathVariable String device,
      @RequestBody Injection injection,
      HttpServletRequest request) {
    Edge.name("host", host);
    Edge.name("device", device);
    SectorRange range = Edge.sectorRange(injection.sector(), injection.count());
    boolean announce = injection.announced() == null || injection.announced();
    ConsumedBy consumedBy = consumedBy(injection.consumedBy());
    if (!announce && consumedBy != null) {
      throw new ProblemException(
          Problem.refused(
                  "consumed-latent",
                  "Poison that was consumed is known",
                  "consumedBy goes with notify true: a load that hit poison has found it")
              .at("/notify", "false with consumedBy"));
    }
    return Replies.toResponse(
        edge.command(
            host,
            new DeviceCommand.Inject(
                device, range.startSector(), range.sectorCount(), announce, consumedBy),
            request));
  }

  private static @Nullable ConsumedBy consumedBy(@Nullable Consumer consumer) {
    if (consumer == null) {
      return null;
    }
    Edge.number("consumedBy.pid", consumer.pid());
    String mapping = consumer.mapping();
    if (mapping == null || mapping.isEmpty() || mapping.length() > MAX_MAPPING_ID) {
      throw Edge.malformed(
          "consumedBy.mapping is the id of a mapping, but it is " + Edge.quote(mapping));
    }
    return new ConsumedBy(consumer.pid(), mapping);
  }

  @GetMapping("/v1/hosts/{host}/devices/{device}/faults")
  Map<String, @Nullable Object> faults(
      @PathVariable String host,
      @PathVariable String device,
      @RequestParam(required = false) @Nullable Integer limit,
      @RequestParam(required = false) @Nullable String after) {
    Edge.name("host", host);
    Edge.name("device", device);
    Edge.Page page = Edge.page(limit, after);
    List<Map<String, @Nullable Object>> faults = edge.device(host, device, DeviceViews::openFaults);
    return SliceEdge.page(faults, page, fault -> String.valueOf(fault.get("faultId")));
  }

  @DeleteMapping("/v1/hosts/{host}/devices/{device}/faults")
  ResponseEntity<byte[]> clear(
      @PathVariable String host,
      @PathVariable String device,
      @RequestParam long sector,
      @RequestParam long count,
      HttpServletRequest request) {
    Edge.name("host", host);
    Edge.name("device", device);
    SectorRange range = Edge.sectorRange(sector, count);
    return Replies.toResponse(
        SliceEdge.available(() -> data.clear(host, device, range, SliceEdge.traceparent(request))));
  }

  @PostMapping("/v1/hosts/{host}/devices/{device}/scrub")
  ResponseEntity<byte[]> scrub(
      @PathVariable String host, @PathVariable String device, HttpServletRequest request) {
    Edge.name("host", host);
    Edge.name("device", device);
    return Replies.toResponse(edge.command(host, new DeviceCommand.Scrub(device), request));
  }

  @GetMapping("/v1/hosts/{host}/devices/{device}/scrub")
  Map<String, @Nullable Object> scrubbed(@PathVariable String host, @PathVariable String device) {
    Edge.name("host", host);
    Edge.name("device", device);
    return edge.device(host, device, DeviceViews::scrub);
  }
}
