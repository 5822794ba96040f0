package io.faultline.notifier.core.delivery;

import io.faultline.events.Cause;
import io.faultline.notifier.core.delivery.DeliveryFact.Dead;
import io.faultline.notifier.core.delivery.DeliveryFact.Group;
import io.faultline.notifier.core.delivery.DeliveryFact.Head;
import io.faultline.notifier.core.delivery.DeliveryFact.Held;
import io.faultline.notifier.core.delivery.DeliveryFact.Lifted;
import io.faultline.notifier.core.delivery.DeliveryFact.Notice;
import io.faultline.notifier.core.delivery.DeliveryFact.Tried;
import io.faultline.runtime.core.Fact;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The fold of what is kept of the deliveries to one watcher. */
public final class DeliveryState {

  /** Tries that are kept for people to see. */
  public static final int KEPT_TRIES = 100;

  /** Dead deliveries that can be sent again; the oldest make room. */
  public static final int KEPT_DEAD = 1_000;

  static final String HEAD = "head";

  /** When something is due, and of what; in the order of time. */
  record Due(Instant at, String key) implements Comparable<Due> {
    @Override
    public int compareTo(Due other) {
      int order = at.compareTo(other.at);
      return order != 0 ? order : key.compareTo(other.key);
    }
  }

  private @Nullable Head head;
  private final Map<String, Held> held = new HashMap<>();
  private final NavigableMap<Long, Tried> tries = new TreeMap<>();
  private final NavigableMap<Long, Dead> dead = new TreeMap<>();
  private final NavigableMap<Long, Notice> notices = new TreeMap<>();
  private final Map<String, Group> groups = new HashMap<>();
  private final NavigableSet<Due> flushes = new TreeSet<>();
  private final Map<String, Set<String>> removals = new HashMap<>();
  private final Set<String> lifted = new HashSet<>();

  static String held(String host) {
    return "held/" + host;
  }

  static String tried(long number) {
    return "try/" + number % KEPT_TRIES;
  }

  static String dead(long number) {
    return "dead/" + number % KEPT_DEAD;
  }

  static String notice(long number) {
    return "notice/" + number;
  }

  static String group(String faultId) {
    return "group/" + faultId;
  }

  static String lifted(String mute, String faultId) {
    return "lifted/" + mute + "/" + faultId;
  }

  /** Whether nothing is kept yet. */
  public boolean isNew() {
    return head == null;
  }

  public Head head() {
    return Objects.requireNonNull(head);
  }

  public Map<String, Held> held() {
    return held;
  }

  public NavigableMap<Long, Tried> tries() {
    return tries;
  }

  public NavigableMap<Long, Dead> dead() {
    return dead;
  }

  public NavigableMap<Long, Notice> notices() {
    return notices;
  }

  public Map<String, Group> groups() {
    return groups;
  }

  NavigableSet<Due> flushes() {
    return flushes;
  }

  boolean isLifted(String mute, String faultId) {
    return lifted.contains(lifted(mute, faultId));
  }

  Set<String> lifted() {
    return lifted;
  }

  /** Faults of the host that are removals of devices and not resolved. */
  Set<String> removals(String host) {
    return removals.getOrDefault(host, Set.of());
  }

  /** The only thing that changes the state. */
  public void evolve(Fact<DeliveryFact> fact) {
    String key = fact.key();
    switch (fact.value()) {
      case null -> forget(key);
      case Head now -> head = now;
      case Held now -> held.put(rest(key), now);
      case Tried now -> keep(tries, now.number(), now, KEPT_TRIES);
      case Dead now -> keep(dead, now.number(), now, KEPT_DEAD);
      case Notice now -> notices.put(now.number(), now);
      case Group now -> {
        forgetGroup(now.faultId());
        groups.put(now.faultId(), now);
        if (now.flushAt() != null) {
          flushes.add(new Due(now.flushAt(), now.faultId()));
        }
        if (now.fault().cause() == Cause.DEVICE_REMOVED && !now.resolved()) {
          removals.computeIfAbsent(now.host(), _ -> new TreeSet<>()).add(now.faultId());
        }
      }
      case Lifted _ -> lifted.add(key);
    }
  }

  private static <T> void keep(NavigableMap<Long, T> ring, long number, T value, int size) {
    ring.put(number, value);
    ring.remove(number - size);
  }

  private void forget(String key) {
    String rest = rest(key);
    switch (key.substring(0, key.length() - rest.length())) {
      case "held/" -> held.remove(rest);
      case "notice/" -> notices.remove(Long.parseLong(rest));
      case "group/" -> forgetGroup(rest);
      case "lifted/" -> lifted.remove(key);
      case "dead/" -> dead.values().removeIf(old -> dead(old.number()).equals(key));
      case "try/" -> tries.values().removeIf(old -> tried(old.number()).equals(key));
      default -> throw new IllegalArgumentException("nothing is forgotten under " + key);
    }
  }

  private void forgetGroup(String faultId) {
    Group old = groups.remove(faultId);
    if (old == null) {
      return;
    }
    if (old.flushAt() != null) {
      flushes.remove(new Due(old.flushAt(), faultId));
    }
    Set<String> ofHost = removals.get(old.host());
    if (ofHost != null && ofHost.remove(faultId) && ofHost.isEmpty()) {
      removals.remove(old.host());
    }
  }

  private static String rest(String key) {
    return key.substring(key.indexOf('/') + 1);
  }
}
