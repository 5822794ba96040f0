package io.faultline.notifier.above;

import io.faultline.notifier.core.FaultPlace;
import io.faultline.notifier.core.NotifierCommand;
import io.faultline.notifier.core.NotifierCommand.AcknowledgeFault;
import io.faultline.notifier.core.NotifierCommand.GetFault;
import io.faultline.notifier.core.NotifierCommand.GetFaultPath;
import io.faultline.notifier.core.NotifierCommand.ListFaults;
import io.faultline.notifier.core.NotifierCommand.ResolveFault;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.Replies;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import jakarta.servlet.http.HttpServletRequest;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** Fault cases: what a fault has become, from its cause to its last effect. */
@RestController
public final class FaultsController {

  private static final Pattern FAULT_ID =
      Pattern.compile("([a-z0-9][a-z0-9._-]{0,62}):[0-9A-Za-z]{1,62}");

  private static final int MAX_NAME = 128;
  private static final int MAX_REASON = 1024;

  private final HostWalk hosts;
  private final FaultMerge everywhere;

  public FaultsController(HostWalk hosts) {
    this.hosts = hosts;
    this.everywhere = new FaultMerge(hosts);
  }

  /** Who says it, and why; both may be left out. */
  public record Said(@Nullable String by, @Nullable String reason) {

    static final Said NOTHING = new Said(null, null);
  }

  @Operation(
      summary = "Fault cases, the newest first",
      parameters = {
        @Parameter(
            in = ParameterIn.QUERY,
            name = "state",
            description = "open, acknowledged, resolved"),
        @Parameter(in = ParameterIn.QUERY, name = "host"),
        @Parameter(in = ParameterIn.QUERY, name = "device", description = "leaves and volumes"),
        @Parameter(in = ParameterIn.QUERY, name = "volume"),
        @Parameter(in = ParameterIn.QUERY, name = "filesystem"),
        @Parameter(
            in = ParameterIn.QUERY,
            name = "severity",
            description = "at least: info, warning, error, critical"),
        @Parameter(
            in = ParameterIn.QUERY,
            name = "cause",
            description = "media_error, device_removed, mapping_lost"),
        @Parameter(
            in = ParameterIn.QUERY,
            name = "path",
            description = "* within a folder, ** across, ? one character"),
        @Parameter(in = ParameterIn.QUERY, name = "since", description = "opened then or later"),
        @Parameter(in = ParameterIn.QUERY, name = "until", description = "opened before"),
        @Parameter(in = ParameterIn.QUERY, name = "limit", description = "1 to 1000; 100 at most"),
        @Parameter(in = ParameterIn.QUERY, name = "after", description = "the next of a page")
      })
  @GetMapping("/v1/faults")
  ResponseEntity<byte[]> list(@Parameter(hidden = true) HttpServletRequest request) {
    FaultListQuery asked = FaultListQuery.parse(request.getParameterMap());
    FaultPlace after = asked.after();
    if (asked.hosts().size() == 1) {
      return Replies.toResponse(
          hosts.ask(
              asked.hosts().iterator().next(),
              new ListFaults(asked.query(), after, asked.limit())));
    }
    return Replies.toResponse(everywhere.page(asked));
  }

  @GetMapping("/v1/faults/{id}")
  ResponseEntity<byte[]> get(@PathVariable String id) {
    return send(id, new GetFault(id), null);
  }

  @GetMapping("/v1/faults/{id}/path")
  ResponseEntity<byte[]> path(@PathVariable String id) {
    return send(id, new GetFaultPath(id), null);
  }

  @PostMapping("/v1/faults/{id}/acknowledge")
  ResponseEntity<byte[]> acknowledge(
      @PathVariable String id,
      @RequestBody(required = false) @Nullable Said said,
      HttpServletRequest request) {
    Said checked = checked(said);
    return send(
        id, new AcknowledgeFault(id, checked.by(), checked.reason()), Edge.commandId(request));
  }

  @PostMapping("/v1/faults/{id}/resolve")
  ResponseEntity<byte[]> resolve(
      @PathVariable String id,
      @RequestBody(required = false) @Nullable Said said,
      HttpServletRequest request) {
    Said checked = checked(said);
    return send(id, new ResolveFault(id, checked.by(), checked.reason()), Edge.commandId(request));
  }

  private ResponseEntity<byte[]> send(
      String id, NotifierCommand command, @Nullable String commandId) {
    var matcher = FAULT_ID.matcher(id);
    if (!matcher.matches()) {
      throw Edge.malformed("The id of a fault is host:ulid, but this one is " + Edge.quote(id));
    }
    return Replies.toResponse(hosts.ask(matcher.group(1), command, commandId));
  }

  private static Said checked(@Nullable Said said) {
    Said checked = said == null ? Said.NOTHING : said;
    Checks.line("by", checked.by(), MAX_NAME);
    Checks.text("reason", checked.reason(), MAX_REASON);
    return checked;
  }
}
