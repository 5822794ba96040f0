package io.faultline.device.above;

import io.faultline.device.core.DeviceCommand;
import io.faultline.device.core.DeviceProblems;
import io.faultline.device.core.DeviceViews;
import io.faultline.device.core.UnplugMode;
import io.faultline.events.Json;
import io.faultline.runtime.Reply;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import io.faultline.runtime.http.Replies;
import jakarta.servlet.http.HttpServletRequest;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;

/** Devices leave and come back. */
@RestController
public final class RemovalController {

  /** How one device leaves. */
  record Unplug(@Nullable String mode, @Nullable String deadline) {}

  /** How several leave together. */
  record UnplugSeveral(
      @Nullable List<@Nullable String> devices, @Nullable String mode, @Nullable String deadline) {}

  private final SliceEdge edge;
  private final UpperLayers upper;
  private final Duration usualDeadline;

  public RemovalController(SliceEdge edge, UpperLayers upper, Duration usualDeadline) {
    this.edge = edge;
    this.upper = upper;
    this.usualDeadline = usualDeadline;
  }

  @PostMapping(
      path = "/v1/hosts/{host}/devices/{device}/unplug",
      consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<byte[]> unplug(
      @PathVariable String host,
      @PathVariable String device,
      @RequestBody Unplug how,
      HttpServletRequest request) {
    Edge.name("host", host);
    Edge.name("device", device);
    return unplug(host, List.of(device), how.mode(), how.deadline(), request);
  }

  @PostMapping(path = "/v1/hosts/{host}/unplug", consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<byte[]> unplugSeveral(
      @PathVariable String host, @RequestBody UnplugSeveral how, HttpServletRequest request) {
    Edge.name("host", host);
    if (how.devices() == null) {
      throw Edge.malformedAt("/devices", "devices is missing: the names of the devices that leave");
    }
    List<String> devices = new ArrayList<>();
    for (String device : how.devices()) {
      devices.add(Edge.nameAt("/devices/" + devices.size(), "device", device));
    }
    return unplug(host, devices, how.mode(), how.deadline(), request);
  }

  private ResponseEntity<byte[]> unplug(
      String host,
      List<String> devices,
      @Nullable String mode,
      @Nullable String deadline,
      HttpServletRequest request) {
    DeviceCommand command =
        new DeviceCommand.Unplug(devices, mode(mode), duration(deadline, usualDeadline));
    Reply reply = edge.command(host, command, request);
    Problem held = reply.status() == 409 ? held(host, devices, reply) : null;
    return held == null ? Replies.toResponse(reply) : Replies.toResponse(held);
  }

  /**
   * The refusal of an orderly removal, with everybody who stands higher; null if it is another one.
   */
  private @Nullable Problem held(String host, List<String> devices, Reply reply) {
    JsonNode problem = Json.LENIENT.readTree(reply.body());
    if (!problem.path("type").asString().equals("/problems/held")) {
      return null;
    }
    TreeSet<String> direct = new TreeSet<>();
    for (String device : devices) {
      direct.addAll(edge.device(host, device, found -> List.copyOf(found.claims().keySet())));
    }
    return Problem.conflict(
            "held", problem.path("title").asString(), problem.path("detail").asString())
        .with("holders", upper.topmostFirst(host, direct));
  }

  private static UnplugMode mode(@Nullable String text) {
    for (UnplugMode mode : UnplugMode.values()) {
      if (mode.label().equals(text)) {
        return mode;
      }
    }
    throw Edge.malformedAt(
        "/mode", "mode is planned, surprise or orderly, but it is " + Edge.quote(text));
  }

  private static Duration duration(@Nullable String text, Duration usual) {
    try {
      return text == null ? usual : Duration.parse(text);
    } catch (DateTimeException e) {
      throw Edge.malformedAt(
          "/deadline", "deadline is an ISO 8601 duration (PT10S), but it is " + Edge.quote(text));
    }
  }

  @GetMapping("/v1/hosts/{host}/devices/{device}/removal")
  Map<String, @Nullable Object> removal(@PathVariable String host, @PathVariable String device) {
    Edge.name("host", host);
    Edge.name("device", device);
    return edge.device(
        host,
        device,
        found -> {
          Map<String, @Nullable Object> removal = DeviceViews.removal(found);
          if (removal == null) {
            throw new ProblemException(DeviceProblems.neverRemoved(device));
          }
          return removal;
        });
  }

  @PostMapping("/v1/hosts/{host}/devices/{device}/plug")
  ResponseEntity<byte[]> plug(
      @PathVariable String host, @PathVariable String device, HttpServletRequest request) {
    Edge.name("host", host);
    Edge.name("device", device);
    return Replies.toResponse(edge.command(host, new DeviceCommand.Plug(device), request));
  }
}
