package io.faultline.notifier.above;

import io.faultline.events.Json;
import io.faultline.notifier.core.NotifierCommand.GetStrip;
import io.faultline.notifier.core.NotifierCommand.GetTopology;
import io.faultline.runtime.Reply;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.Replies;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Who stands on whom, and in what state. */
@RestController
public final class TopologyController {

  /** A host's topology may be large. */
  private static final int MAX_BYTES = 8 * 1024 * 1024;

  private static final int DEFAULT_BINS = 1_000;
  private static final int MAX_BINS = 10_000;

  private final HostWalk hosts;

  public TopologyController(HostWalk hosts) {
    this.hosts = hosts;
  }

  @GetMapping("/v1/topology")
  ResponseEntity<byte[]> all(
      HttpServletRequest request,
      @RequestParam(required = false) @Nullable Integer limit,
      @RequestParam(required = false) @Nullable String after) {
    Checks.onlyParameters(request, Set.of("limit", "after"));
    int wanted = Math.min(Checks.limit(limit), HostWalk.MAX_ASKED);
    String last = after == null ? "" : Edge.name("host", after);
    ArrayNode items = Json.LENIENT.createArrayNode();
    long bytes = 0;
    boolean more = false;
    for (String host : hosts.withThings()) {
      if (host.compareTo(last) <= 0) {
        continue;
      }
      if (items.size() >= wanted || bytes > MAX_BYTES) {
        more = true;
        break;
      }
      Reply reply = hosts.ask(host, new GetTopology());
      if (!reply.isSuccess()) {
        return Replies.toResponse(reply);
      }
      items.add(Json.LENIENT.readTree(reply.body()));
      bytes += reply.body().length;
      last = host;
    }
    ObjectNode page = Json.LENIENT.createObjectNode();
    page.set("items", items);
    page.put("next", more ? last : null);
    return Replies.toResponse(
        new Reply(200, "application/json", Json.LENIENT.writeValueAsBytes(page)));
  }

  @GetMapping("/v1/topology/{host}")
  ResponseEntity<byte[]> one(@PathVariable String host) {
    Reply reply = hosts.ask(Edge.name("host", host), new GetTopology());
    return reply.isSuccess() && isEmpty(Json.LENIENT.readTree(reply.body()))
        ? Replies.toResponse(Problem.notFound("Nothing is known of a host " + host))
        : Replies.toResponse(reply);
  }

  /** How much is bad where, of a device or volume: true to scale, however many ranges it is. */
  @GetMapping("/v1/topology/{host}/block-devices/{device}/strip")
  ResponseEntity<byte[]> strip(
      @PathVariable String host,
      @PathVariable String device,
      HttpServletRequest request,
      @RequestParam(required = false) @Nullable Long sector,
      @RequestParam(required = false) @Nullable Long count,
      @RequestParam(required = false) @Nullable Integer bins) {
    Checks.onlyParameters(request, Set.of("sector", "count", "bins"));
    int wanted = bins == null ? DEFAULT_BINS : bins;
    if (wanted < 1 || wanted > MAX_BINS) {
      throw Edge.malformed("bins is a number from 1 to " + MAX_BINS + ", but it is " + wanted);
    }
    if (sector != null && sector < 0) {
      throw Edge.malformed("sector is a number from 0, but it is " + sector);
    }
    if (count != null && count < 1) {
      throw Edge.malformed("count is a number from 1, but it is " + count);
    }
    return Replies.toResponse(
        hosts.ask(
            Edge.name("host", host),
            new GetStrip(Edge.name("device", device), sector == null ? 0 : sector, count, wanted)));
  }

  private static boolean isEmpty(JsonNode topology) {
    return topology.get("deviceCount").asInt() == 0
        && topology.get("volumeCount").asInt() == 0
        && topology.get("filesystemCount").asInt() == 0;
  }
}
