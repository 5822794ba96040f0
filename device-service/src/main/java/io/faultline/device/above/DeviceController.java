package io.faultline.device.above;

import io.faultline.device.above.UpperLayers.Standing;
import io.faultline.device.core.Device;
import io.faultline.device.core.DeviceCommand;
import io.faultline.device.core.DeviceKind;
import io.faultline.device.core.DeviceProblems;
import io.faultline.device.core.DeviceState;
import io.faultline.device.core.DeviceViews;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import io.faultline.runtime.http.Replies;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Which devices there are. */
@RestController
public final class DeviceController {

  /** What a new device is to be. */
  record Shape(
      @Nullable String kind,
      long sizeBytes,
      @Nullable Long logicalBlockBytes,
      @Nullable Long clearUnitBytes,
      @Nullable Boolean clearsPoison) {}

  private final SliceEdge edge;
  private final UpperLayers upper;

  public DeviceController(SliceEdge edge, UpperLayers upper) {
    this.edge = edge;
    this.upper = upper;
  }

  @GetMapping("/v1/hosts/{host}/devices")
  Map<String, @Nullable Object> devices(
      @PathVariable String host,
      @RequestParam(required = false) @Nullable Integer limit,
      @RequestParam(required = false) @Nullable String after) {
    Edge.name("host", host);
    Edge.Page page = Edge.page(limit, after);
    List<Map<String, @Nullable Object>> devices =
        new ArrayList<>(
            SliceEdge.available(
                () ->
                    edge.slice()
                        .read(
                            host,
                            state -> state.devices().stream().map(DeviceViews::device).toList())));
    devices.addAll(edge.slice().damagedViews(host));
    devices.sort(Comparator.comparing(device -> String.valueOf(device.get("name"))));
    return SliceEdge.page(devices, page, device -> String.valueOf(device.get("name")));
  }

  @GetMapping("/v1/hosts/{host}/devices/{device}")
  Map<String, @Nullable Object> device(@PathVariable String host, @PathVariable String device) {
    Edge.name("host", host);
    Edge.name("device", device);
    return edge.device(host, device, DeviceViews::device);
  }

  @PutMapping(path = "/v1/hosts/{host}/devices/{device}", consumes = "application/json")
  ResponseEntity<byte[]> create(
      @PathVariable String host,
      @PathVariable String device,
      @RequestBody Shape shape,
      HttpServletRequest request) {
    Edge.name("host", host);
    Edge.name("device", device);
    if (shape.kind() == null) {
      throw Edge.malformedAt("/kind", "kind is missing: one of " + DeviceKind.labels());
    }
    // 0 is well formed, and refused by the rule that names what would be right.
    Edge.numberAt("/sizeBytes", shape.sizeBytes());
    number("/logicalBlockBytes", shape.logicalBlockBytes());
    number("/clearUnitBytes", shape.clearUnitBytes());
    boolean isNew =
        SliceEdge.available(() -> edge.slice().read(host, state -> state.device(device) == null));
    if (isNew && upper.isVolume(host, device)) {
      throw new ProblemException(DeviceProblems.nameTaken(device));
    }
    return Replies.toResponse(
        edge.command(
            host,
            new DeviceCommand.Create(
                device,
                shape.kind(),
                shape.sizeBytes(),
                shape.logicalBlockBytes(),
                shape.clearUnitBytes(),
                shape.clearsPoison()),
            request));
  }

  private static void number(String pointer, @Nullable Long value) {
    if (value != null) {
      Edge.numberAt(pointer, value);
    }
  }

  @DeleteMapping("/v1/hosts/{host}/devices/{device}")
  ResponseEntity<byte[]> delete(
      @PathVariable String host,
      @PathVariable String device,
      @RequestParam(defaultValue = "false") boolean damaged,
      HttpServletRequest request) {
    Edge.name("host", host);
    Edge.name("device", device);
    if (damaged) {
      return Replies.toResponse(edge.slice().giveUp(host, device, SliceEdge.traceparent(request)));
    }
    for (String holder : edge.device(host, device, DeviceController::withoutClaim)) {
      if (upper.standing(host, holder, device) == Standing.STANDS) {
        throw new ProblemException(DeviceProblems.stillNeeded(device, holder));
      }
    }
    return Replies.toResponse(edge.command(host, new DeviceCommand.Delete(device), request));
  }

  /** Who stood on it before it was plugged, and has not claimed it since. */
  private static List<String> withoutClaim(Device device) {
    return device.state() == DeviceState.ACTIVE
        ? device.shares().keySet().stream()
            .filter(holder -> !device.claims().containsKey(holder))
            .toList()
        : List.of();
  }
}
