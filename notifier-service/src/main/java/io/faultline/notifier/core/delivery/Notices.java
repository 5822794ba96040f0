package io.faultline.notifier.core.delivery;

import io.faultline.notifier.core.delivery.Deciding.Line;
import io.faultline.notifier.core.delivery.DeliveryFact.Count;
import io.faultline.notifier.core.delivery.DeliveryFact.Dead;
import io.faultline.notifier.core.delivery.DeliveryFact.Notice;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What is delivered and is not in a log as it is: notifications of faults, gaps, and what is sent
 * again by hand. Few, and kept as a whole; in order per host, one at a time.
 */
final class Notices<E> {

  private final Deciding<E> deciding;
  private final int connections;
  private final Map<String, TreeSet<Long>> ofHost = new HashMap<>();
  private final Map<String, Long> ofFault = new HashMap<>();
  private final Map<String, Long> underWay = new HashMap<>();

  Notices(Deciding<E> deciding, int connections) {
    this.deciding = deciding;
    this.connections = connections;
    deciding.state().notices().values().forEach(this::know);
  }

  private void know(Notice notice) {
    ofHost.computeIfAbsent(notice.host(), _ -> new TreeSet<>()).add(notice.number());
    if (notice.faultId() != null) {
      ofFault.put(notice.faultId(), notice.number());
    }
  }

  /** Whether the last that was to be said of a fault is not yet. */
  boolean isUnsaid(String faultId) {
    return ofFault.containsKey(faultId);
  }

  /** Calls that have not come to their end. */
  int underWay() {
    return underWay.size();
  }

  long nextNumber() {
    return deciding.count(Count.NOTICES);
  }

  void add(Notice notice) {
    deciding.fact(DeliveryState.notice(notice.number()), notice);
    know(notice);
  }

  /** Sends what is due. */
  void tick(Instant now) {
    for (Map.Entry<String, TreeSet<Long>> entry : ofHost.entrySet()) {
      if (underWay.size() >= connections) {
        return;
      }
      Notice first = first(entry.getValue());
      if (!underWay.containsKey(entry.getKey()) && !first.due().isAfter(now)) {
        underWay.put(entry.getKey(), first.number());
        deciding.output(new Output.SendNotice<>(first, first.tries() + 1));
      }
    }
  }

  private Notice first(TreeSet<Long> numbers) {
    return Objects.requireNonNull(deciding.state().notices().get(numbers.first()));
  }

  /** When the next is due; null if nothing waits. */
  @Nullable Instant nextDue() {
    Instant next = null;
    for (Map.Entry<String, TreeSet<Long>> entry : ofHost.entrySet()) {
      Instant due = first(entry.getValue()).due();
      if (!underWay.containsKey(entry.getKey()) && (next == null || due.isBefore(next))) {
        next = due;
      }
    }
    return next;
  }

  void sent(Notice notice, TryEnd end, RetrySchedule schedule, double chance, Instant now) {
    underWay.remove(notice.host());
    int tries = notice.tries() + 1;
    Line line = new Line(notice.id(), notice.type(), notice.host(), tries);
    switch (end.outcome()) {
      case TAKEN -> {
        deciding.tried(line, end, "delivered", null);
        forget(notice);
      }
      case UNWANTED -> {
        deciding.tried(line, end, "disabled", null);
        again(notice, tries, now);
      }
      case FAILED -> {
        Instant next = schedule.next(tries, now, chance, end.retryAfter());
        if (next != null) {
          deciding.tried(line, end, "failed", next);
          again(notice, tries, next);
        } else {
          deciding.tried(line, end, "dead", null);
          bury(notice, tries, String.valueOf(end.error()), now);
          forget(notice);
        }
      }
    }
  }

  private void again(Notice notice, int tries, Instant due) {
    deciding.fact(
        DeliveryState.notice(notice.number()),
        new Notice(
            notice.number(),
            notice.id(),
            notice.type(),
            notice.host(),
            notice.faultId(),
            notice.time(),
            tries,
            due,
            notice.ref(),
            notice.content()));
  }

  private void bury(Notice notice, int tries, String reason, Instant now) {
    long number = deciding.count(Count.DEAD);
    deciding.fact(
        DeliveryState.dead(number),
        new Dead(
            number,
            notice.id(),
            notice.type(),
            notice.host(),
            tries,
            now,
            reason,
            notice.ref(),
            notice.content()));
    deciding.output(new Output.BuryNotice<>(notice, tries, reason));
  }

  private void forget(Notice notice) {
    deciding.fact(DeliveryState.notice(notice.number()), null);
    TreeSet<Long> numbers = Objects.requireNonNull(ofHost.get(notice.host()));
    numbers.remove(notice.number());
    if (numbers.isEmpty()) {
      ofHost.remove(notice.host());
    }
    if (notice.faultId() != null) {
      ofFault.remove(notice.faultId(), notice.number());
    }
  }
}
