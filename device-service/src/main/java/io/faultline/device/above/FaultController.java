package io.faultline.device.above;

import io.faultline.device.below.DataPath;
import io.faultline.device.core.FaultViews;
import io.faultline.events.Json;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.Problems;
import io.faultline.runtime.Reply;
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
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

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
    Reply reply = edge.command(host, injection.command(device, rangesPerCall), request);
    return Replies.toResponse(reply.status() == 422 ? pointing(reply, injection.pointer()) : reply);
  }

  /** The rules do not know in which form the range came that reaches past the end. */
  private static Reply pointing(Reply reply, String pointer) {
    JsonNode problem = Json.LENIENT.readTree(reply.body());
    if (!(problem instanceof ObjectNode pointed)
        || !problem.path("type").asString().equals("/problems/past-end")) {
      return reply;
    }
    pointed
        .putArray("errors")
        .addObject()
        .put("pointer", pointer)
        .put("detail", problem.path("detail").asString());
    return new Reply(reply.status(), reply.contentType(), Problems.json(pointed));
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
