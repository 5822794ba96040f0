package io.faultline.notifier.above;

import io.faultline.events.Json;
import io.faultline.events.Names;
import io.faultline.notifier.core.NotifierCommand;
import io.faultline.notifier.core.NotifierCommand.AcknowledgeFault;
import io.faultline.notifier.core.NotifierCommand.GetFault;
import io.faultline.notifier.core.NotifierCommand.ListFaults;
import io.faultline.notifier.core.NotifierCommand.ResolveFault;
import io.faultline.notifier.core.Severity;
import io.faultline.runtime.Reply;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.Replies;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Fault cases: what a fault has become, from its cause to its last effect. */
@RestController
public final class FaultsController {

  private static final Set<String> STATES = Set.of("open", "acknowledged", "resolved");
  private static final Set<String> PARAMETERS =
      Set.of("state", "host", "device", "severity", "limit", "after");
  private static final Pattern FAULT_ID =
      Pattern.compile("([a-z0-9][a-z0-9._-]{0,62}):[0-9A-Za-z]{1,62}");

  /**
   * Cases are large: a page has no more of them, whatever is asked for, and says where the next
   * begins.
   */
  private static final int LONGEST_PAGE = 100;

  private static final int MAX_NAME = 128;
  private static final int MAX_REASON = 1024;

  private final HostWalk hosts;

  public FaultsController(HostWalk hosts) {
    this.hosts = hosts;
  }

  /** Who says it, and why; both may be left out. */
  public record Said(@Nullable String by, @Nullable String reason) {

    static final Said NOTHING = new Said(null, null);
  }

  @GetMapping("/v1/faults")
  ResponseEntity<byte[]> list(
      HttpServletRequest request,
      @RequestParam(required = false) @Nullable List<String> state,
      @RequestParam(required = false) @Nullable String host,
      @RequestParam(required = false) @Nullable List<String> device,
      @RequestParam(required = false) @Nullable String severity,
      @RequestParam(required = false) @Nullable Integer limit,
      @RequestParam(required = false) @Nullable String after) {
    Checks.onlyParameters(request, PARAMETERS);
    int wanted = Math.min(Checks.limit(limit), LONGEST_PAGE);
    ListFaults list =
        new ListFaults(
            set("state", state, STATES::contains, "one of acknowledged, open, resolved"),
            set("device", device, Names::isName, "a name"),
            severity(severity),
            null,
            wanted);
    if (after != null && !FAULT_ID.matcher(after).matches()) {
      throw Edge.malformed("after is the next of a page, but it is " + Edge.quote(after));
    }
    if (host != null) {
      return Replies.toResponse(hosts.ask(Edge.name("host", host), from(list, after, wanted)));
    }
    return everywhere(list, after, wanted);
  }

  private static ListFaults from(ListFaults list, @Nullable String after, int limit) {
    return new ListFaults(list.states(), list.devices(), list.severity(), after, limit);
  }

  /** Host after host in the order of their names, which is the order of the ids. */
  private ResponseEntity<byte[]> everywhere(ListFaults list, @Nullable String after, int limit) {
    ArrayNode items = Json.LENIENT.createArrayNode();
    @Nullable String next = null;
    String firstHost = after == null ? "" : after.substring(0, after.indexOf(':'));
    List<String> known = hosts.withFaults();
    int asked = 0;
    for (int i = 0; i < known.size() && next == null; i++) {
      String host = known.get(i);
      if (host.compareTo(firstHost) < 0) {
        continue;
      }
      if (items.size() >= limit || ++asked > HostWalk.MAX_ASKED) {
        // Everything of the hosts before it has been told.
        next = host + ":0";
        break;
      }
      Reply reply =
          hosts.ask(host, from(list, host.equals(firstHost) ? after : null, limit - items.size()));
      if (!reply.isSuccess()) {
        return Replies.toResponse(reply);
      }
      JsonNode page = Json.LENIENT.readTree(reply.body());
      page.get("items").forEach(items::add);
      next = page.get("next").isNull() ? null : page.get("next").asString();
    }
    ObjectNode page = Json.LENIENT.createObjectNode();
    page.set("items", items);
    page.put("next", next);
    return Replies.toResponse(
        new Reply(200, "application/json", Json.LENIENT.writeValueAsBytes(page)));
  }

  @GetMapping("/v1/faults/{id}")
  ResponseEntity<byte[]> get(@PathVariable String id) {
    return send(id, new GetFault(id), null);
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
    Checks.length("by", checked.by(), MAX_NAME);
    Checks.length("reason", checked.reason(), MAX_REASON);
    return checked;
  }

  private static Set<String> set(
      String name, @Nullable List<String> values, Predicate<String> right, String rule) {
    if (values == null) {
      return Set.of();
    }
    for (String value : values) {
      if (!right.test(value)) {
        throw Edge.malformed(name + " is " + rule + ", but it is " + Edge.quote(value));
      }
    }
    return new TreeSet<>(values);
  }

  private static @Nullable Severity severity(@Nullable String text) {
    if (text == null) {
      return null;
    }
    Severity severity = Severity.byText(text);
    if (severity == null) {
      throw Edge.malformed(
          "severity is one of "
              + Arrays.stream(Severity.values()).map(Severity::text).toList()
              + ", but it is "
              + Edge.quote(text));
    }
    return severity;
  }
}
