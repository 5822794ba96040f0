package io.faultline.notifier.above;

import io.faultline.events.Json;
import io.faultline.notifier.core.FaultPlace;
import io.faultline.notifier.core.NotifierCommand.FindFaults;
import io.faultline.notifier.core.NotifierCommand.GetFaults;
import io.faultline.runtime.Reply;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One list of the fault cases of many hosts, the newest first. Every host says where its next cases
 * stand, which takes a few bytes each; what is on the page is then asked for.
 */
final class FaultMerge {

  private final HostWalk hosts;

  FaultMerge(HostWalk hosts) {
    this.hosts = hosts;
  }

  /** The next cases of one host. */
  private static final class Run {
    final String host;
    final Deque<FaultPlace> places = new ArrayDeque<>();
    @Nullable FaultPlace next;

    Run(JsonNode found) {
      host = found.get("host").asString();
      take(found);
    }

    void take(JsonNode found) {
      found.get("places").forEach(place -> places.add(FaultPlace.parse(place.asString())));
      next = found.get("next").isNull() ? null : FaultPlace.parse(found.get("next").asString());
    }

    /** Before this nothing of the host comes any more; null at its end. */
    @Nullable FaultPlace head() {
      return places.isEmpty() ? next : places.peek();
    }
  }

  Reply page(FaultListQuery asked) {
    List<Run> runs = new ArrayList<>();
    FindFaults find = new FindFaults(asked.query(), asked.after(), asked.limit());
    for (JsonNode found : hosts.askAll(find)) {
      Run run = new Run(found);
      if (asked.hosts().isEmpty() || asked.hosts().contains(run.host)) {
        runs.add(run);
      }
    }
    Map<FaultPlace, String> page = new LinkedHashMap<>();
    FaultPlace last = asked.after();
    FaultPlace next = null;
    int questions = 0;
    for (Run first = first(runs); first != null; first = first(runs)) {
      FaultPlace place = first.places.poll();
      if (page.size() == asked.limit() || (place == null && questions == HostWalk.MAX_ASKED)) {
        next = page.isEmpty() ? first.next : last;
        break;
      }
      if (place != null) {
        page.put(place, first.host);
        last = place;
        continue;
      }
      questions++;
      Reply more = hosts.ask(first.host, new FindFaults(asked.query(), first.next, asked.limit()));
      if (!more.isSuccess()) {
        return more;
      }
      first.take(Json.LENIENT.readTree(more.body()));
    }
    return answer(page, next);
  }

  private static @Nullable Run first(List<Run> runs) {
    Run first = null;
    FaultPlace least = null;
    for (Run run : runs) {
      FaultPlace head = run.head();
      if (head != null && (least == null || head.compareTo(least) < 0)) {
        first = run;
        least = head;
      }
    }
    return first;
  }

  private Reply answer(Map<FaultPlace, String> page, @Nullable FaultPlace next) {
    Map<String, List<String>> idsByHost = new LinkedHashMap<>();
    page.forEach(
        (place, host) -> idsByHost.computeIfAbsent(host, _ -> new ArrayList<>()).add(place.id()));
    Map<String, JsonNode> cases = new HashMap<>();
    for (Map.Entry<String, List<String>> entry : idsByHost.entrySet()) {
      Reply reply = hosts.ask(entry.getKey(), new GetFaults(entry.getValue()));
      if (!reply.isSuccess()) {
        return reply;
      }
      Json.LENIENT
          .readTree(reply.body())
          .get("items")
          .forEach(found -> cases.put(found.get("id").asString(), found));
    }
    ArrayNode items = Json.LENIENT.createArrayNode();
    for (FaultPlace place : page.keySet()) {
      JsonNode found = cases.get(place.id());
      if (found != null) {
        items.add(found);
      }
    }
    ObjectNode body = Json.LENIENT.createObjectNode();
    body.set("items", items);
    body.put("next", next == null ? null : next.text());
    return new Reply(200, "application/json", Json.LENIENT.writeValueAsBytes(body));
  }
}
