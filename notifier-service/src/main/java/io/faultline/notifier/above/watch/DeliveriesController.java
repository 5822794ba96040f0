package io.faultline.notifier.above.watch;

import io.faultline.notifier.core.delivery.DeliveryFact.Dead;
import io.faultline.notifier.core.delivery.DeliveryFact.Tried;
import io.faultline.notifier.core.delivery.DeliveryState;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** What was tried, what was given up, and giving that another chance. */
@RestController
public final class DeliveriesController {

  private final WatcherStore store;

  DeliveriesController(WatcherStore store) {
    this.store = store;
  }

  /** The last tries, the newest first. */
  @GetMapping("/v1/watchers/{watcher}/deliveries")
  Map<String, Object> deliveries(
      @PathVariable String watcher,
      @RequestParam(required = false) @Nullable Integer limit,
      @RequestParam(required = false) @Nullable String after) {
    return page(state(known(watcher)).tries(), Edge.page(limit, after), DeliveriesController::view);
  }

  /** What was given up after its last try, the newest first. */
  @GetMapping("/v1/watchers/{watcher}/dead-letters")
  Map<String, Object> dead(
      @PathVariable String watcher,
      @RequestParam(required = false) @Nullable Integer limit,
      @RequestParam(required = false) @Nullable String after) {
    return page(state(known(watcher)).dead(), Edge.page(limit, after), DeliveriesController::view);
  }

  /** Sends again what was given up, from its first try on. */
  @PostMapping("/v1/watchers/{watcher}/deliveries/{delivery}/resend")
  ResponseEntity<Map<String, Object>> resend(
      @PathVariable String watcher, @PathVariable String delivery) {
    CompactedView.Entry<Watcher> entry = known(watcher);
    Dead dead =
        state(entry).dead().descendingMap().values().stream()
            .filter(each -> each.id().equals(delivery))
            .findFirst()
            .orElseThrow(
                () ->
                    new ProblemException(
                        Problem.notFound(
                            "No delivery "
                                + Edge.quote(delivery)
                                + " to "
                                + watcher
                                + " was given up, or it was sent again already")));
    WatchersController.reachable(
        () -> {
          store.ask(entry.value().name(), entry.partition(), WatcherTopics.RESEND + dead.number());
          return true;
        });
    return ResponseEntity.accepted().body(view(dead));
  }

  private CompactedView.Entry<Watcher> known(String watcher) {
    String name = Edge.name("watcher", watcher);
    CompactedView.Entry<Watcher> entry = WatchersController.reachable(store::current).get(name);
    if (entry == null) {
      throw WatchersController.unknown(name);
    }
    return entry;
  }

  private DeliveryState state(CompactedView.Entry<Watcher> of) {
    return WatchersController.reachable(
        () -> {
          store.deliveries().awaitCurrent();
          return store.state(of.value());
        });
  }

  private static <T> Map<String, Object> page(
      NavigableMap<Long, T> all, Edge.Page page, Function<T, Map<String, Object>> view) {
    NavigableMap<Long, T> rest =
        page.after() == null ? all : all.headMap(number(page.after()), false);
    List<Map<String, Object>> items = new ArrayList<>();
    Long next = null;
    for (Map.Entry<Long, T> entry : rest.descendingMap().entrySet()) {
      items.add(view.apply(entry.getValue()));
      if (items.size() == page.limit()) {
        next = entry.getKey().equals(rest.firstKey()) ? null : entry.getKey();
        break;
      }
    }
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("items", items);
    answer.put("next", next == null ? null : next.toString());
    return answer;
  }

  private static long number(String after) {
    if (!after.matches("[0-9]{1,16}")) {
      throw Edge.malformed("after is the next of a page, but it is " + Edge.quote(after));
    }
    return Long.parseLong(after);
  }

  private static Map<String, Object> view(Tried tried) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("event", tried.id());
    view.put("type", tried.type());
    view.put("host", tried.host());
    view.put("time", tried.time());
    view.put("attempt", tried.attempt());
    view.put("outcome", tried.outcome());
    put(view, "status", tried.status());
    put(view, "error", tried.error());
    put(view, "answer", tried.answer());
    view.put("durationMillis", tried.durationMillis());
    put(view, "nextTry", tried.next());
    return view;
  }

  private static Map<String, Object> view(Dead dead) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("event", dead.id());
    view.put("type", dead.type());
    view.put("host", dead.host());
    view.put("time", dead.time());
    view.put("tries", dead.tries());
    view.put("reason", dead.reason());
    return view;
  }

  private static void put(Map<String, Object> view, String name, @Nullable Object value) {
    if (value != null) {
      view.put(name, value);
    }
  }
}
