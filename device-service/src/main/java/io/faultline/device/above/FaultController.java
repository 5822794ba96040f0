package io.faultline.device.above;

import io.faultline.device.below.DataPath;
import io.faultline.device.core.FaultViews;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.Replies;
import jakarta.servlet.http.HttpServletRequest;
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

/** Sectors go bad and are cleared. */
@RestController
public final class FaultController {

  private final SliceEdge edge;
  private final DataPath data;
  private final int rangesPerCall;

  /**
   * @param rangesPerCall ranges that go bad in one call at most
   */
  public FaultController(SliceEdge edge, DataPath data, int rangesPerCall) {
    this.edge = edge;
    this.data = data;
    this.rangesPerCall = rangesPerCall;
  }

  @PostMapping(
      path = "/v1/hosts/{host}/devices/{device}/faults",
      consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<byte[]> inject(
      @PathVariable String host,
      @PathVariable String device,
      @RequestBody InjectionBody injection,
      HttpServletRequest request) {
    Edge.name("host", host);
    Edge.name("device", device);
    return Replies.toResponse(
        edge.command(host, injection.command(device, rangesPerCall), request));
  }

  @GetMapping("/v1/hosts/{host}/devices/{device}/faults")
  Map<String, @Nullable Object> faults(
      @PathVariable String host,
      @PathVariable String device,
      @RequestParam(required = false) @Nullable Integer limit,
      @RequestParam(required = false) @Nullable String after,
      @RequestParam(defaultValue = "false") boolean latent) {
    Edge.name("host", host);
    Edge.name("device", device);
    Edge.Page page = Edge.page(limit, after);
    return edge.device(
        host, device, found -> FaultViews.page(found, page.limit(), page.after(), latent));
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
}
