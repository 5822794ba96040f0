package io.faultline.device.above;

import io.faultline.device.core.BadBlocks;
import io.faultline.device.core.BadBlocksReport;
import io.faultline.device.core.Device;
import io.faultline.device.core.DeviceProblems;
import io.faultline.events.Json;
import io.faultline.runtime.access.Caller;
import io.faultline.runtime.access.Role;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import jakarta.servlet.http.HttpServletRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.util.InvalidMimeTypeException;
import org.springframework.util.MimeTypeUtils;
import org.springframework.web.HttpMediaTypeNotAcceptableException;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * What is bad of a device, as lines, as JSON, or in the form of the tools for its kind. A form is
 * asked for by {@code ?format=}, or by its media type {@code
 * application/vnd.faultline.<format>+json}.
 */
@RestController
public final class BadBlocksController {

  private static final String VENDOR = "vnd.faultline.";
  private static final String SUFFIX = "+json";
  private static final String SYSFS = "sysfs";

  private final SliceEdge edge;

  public BadBlocksController(SliceEdge edge) {
    this.edge = edge;
  }

  @GetMapping("/v1/hosts/{host}/devices/{device}/badblocks")
  ResponseEntity<byte[]> badBlocks(
      @PathVariable String host,
      @PathVariable String device,
      @RequestParam(required = false) @Nullable String format,
      @RequestParam(defaultValue = "false") boolean human,
      @RequestHeader(name = HttpHeaders.ACCEPT, required = false) @Nullable String accept,
      HttpServletRequest request)
      throws HttpMediaTypeNotAcceptableException {
    Edge.name("host", host);
    Edge.name("device", device);
    BadBlocks seen = edge.device(host, device, Device::badBlocks);
    BadBlocks bad =
        SliceEdge.available(() -> seen.untold(edge.slice().backlog().untold(host, device)));
    boolean operator = Caller.of(request).role().covers(Role.OPERATOR);
    return format == null ? accepted(bad, accept, human, operator) : inForm(bad, format, human);
  }

  private static ResponseEntity<byte[]> inForm(BadBlocks bad, String format, boolean human) {
    BadBlocksReport report = report(bad, format);
    if (report == null) {
      throw new ProblemException(DeviceProblems.formatNotOffered(bad, Edge.quote(format)));
    }
    boolean text = report.printing() == BadBlocksReport.Printing.TEXT;
    return printed(bad, report, human, text ? MediaType.TEXT_PLAIN : MediaType.APPLICATION_JSON);
  }

  /** The first form that is accepted and that there is for the device. */
  private static ResponseEntity<byte[]> accepted(
      BadBlocks bad, @Nullable String accept, boolean human, boolean operator)
      throws HttpMediaTypeNotAcceptableException {
    for (MediaType type : accepted(accept)) {
      if (type.includes(MediaType.TEXT_PLAIN)) {
        return inForm(bad, SYSFS, human);
      }
      if (type.includes(MediaType.APPLICATION_JSON)) {
        return ResponseEntity.ok()
            .contentType(MediaType.APPLICATION_JSON)
            .body(Json.LENIENT.writeValueAsBytes(sets(bad, operator)));
      }
      BadBlocksReport report = report(bad, formatOf(type));
      if (report != null) {
        return printed(bad, report, human, new MediaType(type.getType(), type.getSubtype()));
      }
    }
    throw new HttpMediaTypeNotAcceptableException(
        List.of(MediaType.TEXT_PLAIN, MediaType.APPLICATION_JSON));
  }

  private static ResponseEntity<byte[]> printed(
      BadBlocks bad, BadBlocksReport report, boolean human, MediaType type) {
    return ResponseEntity.ok()
        .contentType(type)
        .body(ReportPrinter.print(report.printing(), report.body(bad, human)));
  }

  private static @Nullable BadBlocksReport report(BadBlocks bad, String format) {
    for (BadBlocksReport report : bad.reports()) {
      if (report.format().equals(format)) {
        return report;
      }
    }
    return null;
  }

  private static String formatOf(MediaType type) {
    String subtype = type.getSubtype();
    return type.getType().equals("application")
            && subtype.startsWith(VENDOR)
            && subtype.endsWith(SUFFIX)
        ? subtype.substring(VENDOR.length(), subtype.length() - SUFFIX.length())
        : "";
  }

  private static Map<String, Object> sets(BadBlocks bad, boolean operator) {
    Map<String, Object> sets = new LinkedHashMap<>();
    sets.put("ranges", bad.known().toPairs());
    // What nobody has come upon yet is what whoever injects it knows.
    if (operator) {
      sets.put("latent", bad.latent().toPairs());
    }
    sets.put("unacknowledged", bad.unacknowledged().toPairs());
    return sets;
  }

  /** What the client takes, the most specific first; text where it does not say. */
  private static List<MediaType> accepted(@Nullable String accept) {
    if (accept == null || accept.isBlank()) {
      return List.of(MediaType.ALL);
    }
    try {
      List<MediaType> accepted = MediaType.parseMediaTypes(accept);
      MimeTypeUtils.sortBySpecificity(accepted);
      return accepted;
    } catch (InvalidMediaTypeException | InvalidMimeTypeException e) {
      return List.of();
    }
  }
}
