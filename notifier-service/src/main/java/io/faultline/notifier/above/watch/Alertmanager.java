package io.faultline.notifier.above.watch;

import io.faultline.events.FaultEvent.Fault;
import io.faultline.events.Json;
import io.faultline.notifier.NotifierProperties;
import io.faultline.notifier.core.delivery.DeliveryFact.Content;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.apache.hc.core5.http.ContentType;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What Alertmanager's version 2 interface takes: alerts that fire until they are said to be over,
 * or until nobody repeats them.
 */
final class Alertmanager {

  static final ContentType JSON = ContentType.APPLICATION_JSON;

  private static final String PATH = "/api/v2/alerts";

  /** An alert that was not repeated for so many intervals is over: as Prometheus does it. */
  private static final int INTERVALS = 4;

  /** A test fires for so long. */
  private static final Duration TEST = Duration.ofMinutes(1);

  private final NotifierProperties.Links links;

  Alertmanager(NotifierProperties.Links links) {
    this.links = links;
  }

  /** Where alerts go of an Alertmanager that is at that URL. */
  static String alerts(String url) {
    String base = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    return base.endsWith(PATH) ? base : base + PATH;
  }

  byte[] body(Watcher watcher, Message message, Instant now) {
    ArrayNode alerts = Json.LENIENT.createArrayNode();
    Content content = message.content();
    Fault fault = content == null ? null : content.fault();
    if (content == null || fault == null) {
      alerts.add(marked(watcher, message, now));
      return Json.LENIENT.writeValueAsBytes(alerts);
    }
    String before = content.severityBefore();
    if (before != null && !before.equals(fault.severity())) {
      // A label is part of what an alert is: the one under the old severity is over.
      alerts.add(alert(watcher, message, fault, before, now));
    }
    boolean over = fault.state().equals("resolved");
    Instant end =
        over
            ? message.time()
            : now.plus(watcher.definition().repeatInterval().multipliedBy(INTERVALS));
    alerts.add(alert(watcher, message, fault, fault.severity(), end));
    return Json.LENIENT.writeValueAsBytes(alerts);
  }

  private ObjectNode alert(
      Watcher watcher, Message message, Fault fault, String severity, Instant end) {
    ObjectNode alert = Json.LENIENT.createObjectNode();
    String cause =
        fault.cause() == null ? "unknown" : fault.cause().name().toLowerCase(Locale.ROOT);
    ObjectNode labels = alert.putObject("labels");
    labels.put("alertname", "FaultlineFault");
    labels.put("host", message.host());
    labels.put("fault", message.faultId());
    labels.put("cause", cause);
    labels.put("severity", severity);
    labels.put("watcher", watcher.name());
    put(labels, "device", fault.devices().isEmpty() ? null : fault.devices().getFirst());
    ObjectNode annotations = alert.putObject("annotations");
    annotations.put(
        "summary", cause + " on " + message.host() + " " + String.join(", ", fault.devices()));
    annotations.put(
        "description",
        fault.sectors()
            + " sectors hit, volumes: "
            + fault.volumes()
            + ", filesystems: "
            + fault.filesystems()
            + ", files: "
            + fault.files());
    annotations.put("runbook_url", links.runbook() + cause);
    alert.put("startsAt", fault.openedAt().toString());
    alert.put("endsAt", end.toString());
    alert.put("generatorURL", links.publicUrl() + "/v1/faults/" + message.faultId());
    return alert;
  }

  private static void put(ObjectNode node, String name, @Nullable String value) {
    if (value != null) {
      node.put(name, value);
    }
  }

  /** What is about no fault: a gap, a test. */
  private ObjectNode marked(Watcher watcher, Message message, Instant now) {
    ObjectNode alert = Json.LENIENT.createObjectNode();
    ObjectNode labels = alert.putObject("labels");
    boolean test = message.type().endsWith("_test");
    labels.put("alertname", test ? "FaultlineTest" : "FaultlineEventsMissed");
    labels.put("severity", test ? "info" : "warning");
    labels.put("watcher", watcher.name());
    ObjectNode annotations = alert.putObject("annotations");
    annotations.put(
        "summary", test ? "A test" : "Events were removed before they could be delivered");
    annotations.put("runbook_url", links.runbook() + (test ? "test" : "events_missed"));
    alert.put("startsAt", message.time().toString());
    alert.put("endsAt", now.plus(TEST).toString());
    alert.put("generatorURL", links.publicUrl() + "/v1/watchers/" + watcher.name());
    return alert;
  }
}
