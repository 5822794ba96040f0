package io.faultline.notifier.core.delivery;

import io.faultline.notifier.core.delivery.Deciding.Line;
import io.faultline.notifier.core.delivery.DeliveryFact.Count;
import io.faultline.notifier.core.delivery.DeliveryFact.Dead;
import io.faultline.notifier.core.delivery.DeliveryFact.Held;
import io.faultline.notifier.core.delivery.DeliveryFact.Ref;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Events on their way to one watcher, one at a time of each host and those of other hosts beside
 * it.
 *
 * <pre>
 *   the log of a partition    --a--b--a--c--b--a--b--c--|--b--a-->
 *                               |     |                 |
 *                         a held: one waits             main: read once for all hosts
 *                         for its next try
 * </pre>
 *
 * <p>The log is the queue. What is read at the main place is sent at once; {@code window} remembers
 * which of it is not done, and the place that is kept is before the first of these. A host whose
 * event has to wait, or that is slower than the others, is <em>held</em>: it has a place of its
 * own, and the main place goes on without it. When it may go on, a scan reads again what it missed,
 * once for all hosts that may. A scan that reaches the main place <em>attaches</em> its hosts: what
 * is read from then on comes to them directly, and when nothing waits any more they are not held.
 */
final class EventLanes<E> {

  /** Events of one host that are at hand from what is read live. */
  private static final int LANE = 64;

  /** Events that are read and not done, of hosts that are not held. */
  private static final int WINDOW = 1_024;

  /** Hosts that may be held; with more the main place waits. */
  static final int MAX_HELD = 4_096;

  /** Events at hand, of all hosts together. */
  private static final int AT_HAND = 4_096;

  /** Hosts of one scan. */
  private static final int SCANNED = 1_000;

  /** A call that takes longer holds its host back, not the others. */
  private static final Duration SLOW = Duration.ofSeconds(1);

  private final Deciding<E> deciding;
  private final int partitions;
  private final int connections;
  private final Map<String, Lane<E>> lanes = new HashMap<>();
  private final Deque<Lane<E>> turns = new ArrayDeque<>();
  private final Deque<Mark> window = new ArrayDeque<>();
  private final Map<String, Deque<Mark>> marks = new HashMap<>();
  private final Set<String> behind = new HashSet<>();
  private final Set<String> ahead = new HashSet<>();
  private Place main;
  private int underWay;
  private int atHand;

  /** The receiver wants no more calls: none is begun. */
  private boolean unwanted;

  /** Something that was read at the main place. */
  private static final class Mark {
    final @Nullable String host;
    final Place after;
    boolean done;

    Mark(@Nullable String host, Place after) {
      this.host = host;
      this.after = after;
    }
  }

  EventLanes(Deciding<E> deciding, int partitions, int connections) {
    this.deciding = deciding;
    this.partitions = partitions;
    this.connections = connections;
    this.main = deciding.place();
    behind.addAll(deciding.state().held().keySet());
  }

  Place main() {
    return main;
  }

  /** Whether more of what is live is to be read. */
  boolean wantsMore(Instant now) {
    while (window.size() >= WINDOW) {
      Mark first = window.getFirst();
      Lane<E> lane = lanes.get(Objects.requireNonNull(first.host));
      boolean slow = lane != null && lane.since != null && lane.since.plus(SLOW).isBefore(now);
      if (!slow) {
        return false;
      }
      hold(first.host, Objects.requireNonNull(lane));
    }
    return deciding.state().held().size() < MAX_HELD;
  }

  /** Nothing for the watcher lies before that place. */
  void passed(Place now) {
    main = now;
    if (window.isEmpty()) {
      deciding.place(now);
    } else {
      Mark mark = new Mark(null, now);
      mark.done = true;
      Mark last = window.getLast();
      if (last.host == null) {
        window.removeLast();
      }
      window.add(mark);
    }
  }

  /** An event for the watcher was read at the main place. */
  void heard(Waiting<E> event, Place after, Instant now) {
    Held held = deciding.state().held().get(event.host());
    Lane<E> lane = lanes.get(event.host());
    if (held == null) {
      if (lane == null) {
        lane = new Lane<>(event.after().before(topic(event), event.offset()), true);
        lanes.put(event.host(), lane);
      }
      if (lane.size() >= LANE || atHand >= AT_HAND) {
        hold(event.host(), lane);
        lane.attached = false;
        passed(after);
        settle(event.host(), lane);
        return;
      }
      mark(event.host(), after);
      add(event, lane, now);
      return;
    }
    if (lane != null && lane.attached && !lane.end().covers(topic(event), event.offset())) {
      if (lane.size() >= LANE || atHand >= AT_HAND) {
        lane.attached = false;
        settle(event.host(), lane);
      } else {
        add(event, lane, now);
      }
    }
    passed(after);
  }

  private int topic(Waiting<E> event) {
    return event.slot() / partitions;
  }

  private void mark(String host, Place after) {
    main = after;
    Mark mark = new Mark(host, after);
    window.add(mark);
    marks.computeIfAbsent(host, _ -> new ArrayDeque<>()).add(mark);
  }

  private void add(Waiting<E> read, Lane<E> lane, Instant now) {
    // A scan for several hosts begins before the place of most of them.
    Waiting<E> event = read.after(read.after().notBefore(lane.end()));
    lane.add(event);
    atHand++;
    send(lane, now);
  }

  /** Its first event is sent if it is its turn. */
  private void send(Lane<E> lane, Instant now) {
    if (unwanted || lane.isEmpty() || lane.since != null || lane.queued) {
      return;
    }
    if (underWay >= connections) {
      lane.queued = true;
      turns.add(lane);
      return;
    }
    lane.since = now;
    underWay++;
    Waiting<E> first = lane.first();
    deciding.output(new Output.SendEvent<>(first, triesOf(first) + 1));
  }

  private int triesOf(Waiting<E> event) {
    Held held = deciding.state().held().get(event.host());
    return held != null && event.id().equals(held.id()) ? held.tries() : 0;
  }

  /** The host gets a place of its own, before the first of its events that is not done. */
  private void hold(String host, Lane<E> lane) {
    if (deciding.state().held().containsKey(host)) {
      return;
    }
    HostPlace place = lane.isEmpty() ? lane.end() : before(lane.first());
    deciding.fact(DeliveryState.held(host), new Held(place, 0, null, null));
    Deque<Mark> waiting = marks.remove(host);
    if (waiting != null) {
      waiting.forEach(mark -> mark.done = true);
    }
    advance();
  }

  private HostPlace before(Waiting<E> event) {
    return event.after().before(topic(event), event.offset());
  }

  private void advance() {
    Place done = null;
    while (!window.isEmpty() && window.getFirst().done) {
      done = window.removeFirst().after;
    }
    if (done != null) {
      deciding.place(done);
    }
  }

  /** A try of the host's first event came to its end. */
  void sent(Waiting<E> event, TryEnd end, RetrySchedule schedule, double chance, Instant now) {
    Lane<E> lane = Objects.requireNonNull(lanes.get(event.host()));
    underWay--;
    lane.since = null;
    int tries = triesOf(event) + 1;
    Line line = new Line(event.id(), event.type(), event.host(), tries);
    switch (end.outcome()) {
      case TAKEN -> {
        deciding.tried(line, end, "delivered", null);
        done(event, lane);
      }
      case UNWANTED -> {
        unwanted = true;
        deciding.tried(line, end, "disabled", null);
        waitFor(event, lane, tries, now);
      }
      case FAILED -> {
        Instant next = schedule.next(tries, now, chance, end.retryAfter());
        if (next != null) {
          deciding.tried(line, end, "failed", next);
          waitFor(event, lane, tries, next);
        } else {
          deciding.tried(line, end, "dead", null);
          bury(event, tries, String.valueOf(end.error()), now);
          done(event, lane);
        }
      }
    }
    if (lanes.get(event.host()) == lane) {
      send(lane, now);
    }
    Lane<E> next = turns.poll();
    if (next != null) {
      next.queued = false;
      send(next, now);
    }
  }

  private void done(Waiting<E> event, Lane<E> lane) {
    lane.removeFirst();
    atHand--;
    if (deciding.state().held().containsKey(event.host())) {
      deciding.fact(DeliveryState.held(event.host()), new Held(event.after(), 0, null, null));
    } else {
      Deque<Mark> waiting = Objects.requireNonNull(marks.get(event.host()));
      waiting.removeFirst().done = true;
      if (waiting.isEmpty()) {
        marks.remove(event.host());
      }
      advance();
    }
    settle(event.host(), lane);
  }

  /** A lane without events is given up: its host is up to date, or waits for a scan. */
  private void settle(String host, Lane<E> lane) {
    if (!lane.isEmpty() || lane.scanned) {
      return;
    }
    lanes.remove(host);
    Held held = deciding.state().held().get(host);
    if (held == null) {
      return;
    }
    if (!held.place().equals(lane.end())) {
      held = new Held(lane.end(), 0, null, null);
      deciding.fact(DeliveryState.held(host), held);
    }
    if (!lane.attached) {
      behind.add(host);
    } else if (held.tries() == 0 && main(held).reaches(held.place())) {
      deciding.fact(DeliveryState.held(host), null);
    } else {
      // Its place was kept when the main one was not yet: what it waits for comes that way.
      lanes.put(host, lane);
      ahead.add(host);
    }
  }

  private HostPlace main(Held of) {
    return main.of(of.place().partition(), partitions);
  }

  private void settleAhead() {
    for (String host : List.copyOf(ahead)) {
      ahead.remove(host);
      Lane<E> lane = lanes.get(host);
      if (lane != null && lane.attached) {
        settle(host, lane);
      }
    }
  }

  private void waitFor(Waiting<E> event, Lane<E> lane, int tries, Instant due) {
    atHand -= lane.size();
    lanes.remove(event.host());
    if (lane.queued) {
      turns.remove(lane);
    }
    hold(event.host(), lane);
    deciding.fact(
        DeliveryState.held(event.host()), new Held(before(event), tries, due, event.id()));
    behind.add(event.host());
  }

  private void bury(Waiting<E> event, int tries, String reason, Instant now) {
    long number = deciding.count(Count.DEAD);
    deciding.fact(
        DeliveryState.dead(number),
        new Dead(
            number,
            event.id(),
            event.type(),
            event.host(),
            tries,
            now,
            reason,
            new Ref(main.fingerprint(), event.slot(), event.offset()),
            null));
    deciding.output(new Output.BuryEvent<>(event, tries, reason));
  }

  /** When the next held host may go on; null if none is waiting for that. */
  @Nullable Instant nextDue(Instant now) {
    Instant next = null;
    for (String host : behind) {
      Held held = Objects.requireNonNull(deciding.state().held().get(host));
      Instant due = held.due() == null ? now : held.due();
      if (next == null || due.isBefore(next)) {
        next = due;
      }
    }
    return next;
  }

  /** What is to be read again for hosts that may go on; null if there are none. */
  Deliveries.@Nullable Scan scan(Instant now) {
    settleAhead();
    Set<String> hosts = new HashSet<>();
    long[] from = main.next().clone();
    for (String host : behind) {
      Held held = Objects.requireNonNull(deciding.state().held().get(host));
      if (hosts.size() < SCANNED && (held.due() == null || !held.due().isAfter(now))) {
        hosts.add(host);
        HostPlace place = held.place();
        for (int topic = 0; topic < place.next().length; topic++) {
          int slot = topic * partitions + place.partition();
          from[slot] = Math.min(from[slot], place.next()[topic]);
        }
      }
    }
    if (hosts.isEmpty()) {
      return null;
    }
    for (String host : hosts) {
      behind.remove(host);
      Lane<E> lane = new Lane<>(deciding.state().held().get(host).place(), false);
      lane.scanned = true;
      lanes.put(host, lane);
    }
    return new Deliveries.Scan(hosts, new Place(main.fingerprint(), from), main);
  }

  /** A scan read an event that the watcher wants. */
  void scanned(Waiting<E> event, Instant now) {
    Lane<E> lane = lanes.get(event.host());
    if (lane == null || !lane.scanned || lane.end().covers(topic(event), event.offset())) {
      return;
    }
    if (atHand >= AT_HAND) {
      lane.scanned = false;
      settle(event.host(), lane);
      return;
    }
    add(event, lane, now);
  }

  /**
   * A scan came to its end.
   *
   * @param reached up to where it read
   */
  void scanEnded(Deliveries.Scan scan, Place reached) {
    for (String host : scan.hosts()) {
      Lane<E> lane = lanes.get(host);
      if (lane != null && lane.scanned) {
        HostPlace end = reached.of(lane.end().partition(), partitions);
        lane.reached(end);
        lane.scanned = false;
        lane.attached = lane.end().reaches(main.of(lane.end().partition(), partitions));
        settle(host, lane);
      }
    }
  }

  /**
   * What a scan was to read is gone.
   *
   * @return the hosts that miss something
   */
  Set<String> scanGone(Deliveries.Scan scan, Place earliest) {
    Set<String> missing = new HashSet<>();
    for (String host : scan.hosts()) {
      Lane<E> lane = lanes.get(host);
      if (lane == null || !lane.scanned) {
        continue;
      }
      lane.scanned = false;
      HostPlace left = earliest.of(lane.end().partition(), partitions);
      if (!lane.end().reaches(left)) {
        lane.reached(left);
        missing.add(host);
      }
      settle(host, lane);
    }
    return missing;
  }

  /** What was to be read at the main place is gone. */
  void gone(Place earliest) {
    for (Map.Entry<String, Lane<E>> entry : Map.copyOf(lanes).entrySet()) {
      hold(entry.getKey(), entry.getValue());
    }
    window.clear();
    marks.clear();
    main = earliest;
    deciding.place(earliest);
  }

  /** Calls that have not come to their end. */
  int underWay() {
    return underWay;
  }
}
