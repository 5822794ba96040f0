package io.faultline.notifier.above.watch;

import io.faultline.notifier.above.watch.Watcher.Definition;
import io.faultline.notifier.above.watch.Watcher.KeptMute;
import io.faultline.notifier.below.Cursor;
import io.faultline.notifier.core.delivery.Deliveries.Granularity;
import io.faultline.notifier.core.delivery.DeliveryFact.Count;
import io.faultline.notifier.core.delivery.DeliveryFact.Head;
import io.faultline.notifier.core.delivery.DeliveryFact.Held;
import io.faultline.notifier.core.delivery.DeliveryState;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Watchers as they are shown: without their secrets, with how they fare. */
final class WatcherViews {

  private final WatcherStore store;
  private final DeliveryEngine engine;

  WatcherViews(WatcherStore store, DeliveryEngine engine) {
    this.store = store;
    this.engine = engine;
  }

  Map<String, Object> of(Watcher watcher) {
    Definition definition = watcher.definition();
    DeliveryState state = store.state(watcher);
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("name", watcher.name());
    view.put("filter", definition.filter());
    view.put("sink", sink(definition));
    view.put("granularity", text(definition.granularity()));
    view.put("tries", definition.tries().stream().map(Duration::toString).toList());
    if (definition.granularity() == Granularity.FAULT) {
      view.put("groupWait", definition.groupWait().toString());
      view.put("groupInterval", definition.groupInterval().toString());
      view.put("repeatInterval", definition.repeatInterval().toString());
    }
    Map<String, Object> limits = new LinkedHashMap<>();
    limits.put("timeout", definition.timeout().toString());
    limits.put("connections", definition.connections());
    limits.put("ratePerSecond", definition.ratePerSecond());
    view.put("limits", limits);
    view.put("state", state(watcher, state));
    view.put("createdAt", watcher.createdAt());
    view.put("mutes", watcher.mutes().stream().map(WatcherViews::mute).toList());
    fare(watcher, state, view);
    return view;
  }

  private static Map<String, Object> sink(Definition definition) {
    Map<String, Object> sink = new LinkedHashMap<>();
    sink.put("type", text(definition.type()));
    if (definition.url() != null) {
      sink.put("url", definition.url());
    }
    if (definition.topic() != null) {
      sink.put("topic", definition.topic());
    }
    return sink;
  }

  private static String text(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static String state(Watcher watcher, DeliveryState state) {
    if (watcher.paused()) {
      return "paused";
    }
    boolean disabled =
        !state.isNew() && Objects.equals(state.head().disabled(), watcher.revision());
    return disabled ? "disabled" : "active";
  }

  static Map<String, Object> mute(KeptMute mute) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("name", mute.name());
    view.put("filter", mute.filter());
    view.put("since", mute.since());
    view.put("until", mute.until());
    put(view, "by", mute.by());
    put(view, "reason", mute.reason());
    return view;
  }

  private static void put(Map<String, Object> view, String name, @Nullable Object value) {
    if (value != null) {
      view.put(name, value);
    }
  }

  /** How it fares: what a list of watchers shows at a glance. */
  private void fare(Watcher watcher, DeliveryState state, Map<String, Object> view) {
    if (state.isNew()) {
      view.put("delivered", 0);
      view.put("health", "ok");
      view.put("cursor", watcher.start());
      return;
    }
    Head head = state.head();
    view.put("delivered", head.count(Count.DELIVERED));
    view.put("failed", head.count(Count.FAILED));
    view.put("dead", head.count(Count.DEAD));
    view.put("muted", head.count(Count.MUTED));
    view.put("inhibited", head.count(Count.INHIBITED));
    view.put("resyncs", head.count(Count.RESYNCS));
    view.put("failures", head.failing());
    view.put("health", health(state));
    view.put("waiting", state.held().size() + state.notices().size());
    put(view, "nextTry", nextTry(state));
    put(view, "lastDelivered", head.lastDelivered());
    put(view, "lastError", head.lastError());
    view.put("cursor", new Cursor(head.place().fingerprint(), head.place().next()).toString());
    WatcherRun run = engine.run(watcher.name());
    if (run != null) {
      view.put("behind", run.behind());
    }
  }

  private static String health(DeliveryState state) {
    return state.head().failing() > 0
        ? "failing"
        : state.held().isEmpty() && state.notices().isEmpty() ? "ok" : "behind";
  }

  private static @Nullable Instant nextTry(DeliveryState state) {
    Instant next = null;
    for (Held held : state.held().values()) {
      if (held.due() != null && (next == null || held.due().isBefore(next))) {
        next = held.due();
      }
    }
    return next;
  }
}
