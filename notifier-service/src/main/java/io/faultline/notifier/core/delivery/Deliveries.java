package io.faultline.notifier.core.delivery;

import io.faultline.events.Event;
import io.faultline.events.FaultEvent;
import io.faultline.notifier.core.EventFilter;
import io.faultline.notifier.core.Layer;
import io.faultline.notifier.core.delivery.DeliveryFact.Content;
import io.faultline.notifier.core.delivery.DeliveryFact.Count;
import io.faultline.notifier.core.delivery.DeliveryFact.Dead;
import io.faultline.notifier.core.delivery.DeliveryFact.Head;
import io.faultline.notifier.core.delivery.DeliveryFact.Notice;
import io.faultline.runtime.core.Fact;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The deliveries to one watcher. What is kept is {@link DeliveryState}, a fold of records; whoever
 * begins with that state goes on with the very next try at its time. What is at hand beside it is
 * in the log and is read again.
 *
 * <p>Every call may decide something: {@link #take} answers what. For one thread.
 *
 * @param <E> what an event is to whoever sends it
 */
public final class Deliveries<E> {

  /** The host of what is said of no host. */
  public static final String NO_HOST = "-";

  /** The type of what tells of a gap. */
  public static final String RESYNC = "io.faultline.resync";

  /** Whether a watcher is told of every event or of every fault. */
  public enum Granularity {
    EVENT,
    FAULT
  }

  /**
   * What the watcher is told that decides on its deliveries.
   *
   * @param connections calls to it at a time
   * @param revision of the watcher; a receiver that wanted no more is asked again under the next
   */
  public record Settings(
      Granularity granularity,
      EventFilter filter,
      List<Mute> mutes,
      RetrySchedule schedule,
      Grouping grouping,
      int connections,
      long revision) {

    /** Whether something that was read has to be looked at at all. */
    public boolean concerns(Layer layer, Event event) {
      return granularity == Granularity.EVENT
          ? filter.matches(layer, event) || (layer == Layer.NOTIFIER && !mutes.isEmpty())
          : layer == Layer.NOTIFIER && filter.covers(layer, event);
    }
  }

  /**
   * What was decided: facts to keep, in one step, and what to do.
   *
   * @param facts the newest of each key
   */
  public record Decided<E>(List<Fact<DeliveryFact>> facts, List<Output<E>> outputs) {}

  /** What is to be read again: for these hosts, from one position to the other. */
  public record Scan(Set<String> hosts, Place from, Place to) {}

  private final Settings settings;
  private final Deciding<E> deciding;
  private final Mutes mutes;
  private final EventLanes<E> lanes;
  private final Notices<E> notices;
  private final FaultGroups<E> groups;

  /** The receiver wants no more calls: none is begun. */
  private boolean unwanted;

  /**
   * @param state of a watcher that has begun; see {@link #begin}
   * @param partitions of every topic
   */
  public Deliveries(DeliveryState state, Settings settings, int partitions) {
    this.settings = settings;
    this.deciding = new Deciding<>(state);
    this.mutes = new Mutes(deciding, settings.mutes());
    this.lanes = new EventLanes<>(deciding, partitions, settings.connections());
    this.notices = new Notices<>(deciding, settings.connections());
    this.groups = new FaultGroups<>(deciding, notices, mutes, settings.grouping());
  }

  /** How a new watcher begins, at that place. */
  public static List<Fact<DeliveryFact>> begin(
      String watcherId, @Nullable String replay, Place place) {
    return List.of(new Fact<>(DeliveryState.HEAD, Head.begin(watcherId, replay, place)));
  }

  /** How one begins anew from that place: what was counted and shown stays, what waits goes. */
  public static List<Fact<DeliveryFact>> replay(
      DeliveryState state, @Nullable String replay, Place place) {
    Head head = state.head();
    List<Fact<DeliveryFact>> facts = new ArrayList<>();
    facts.add(
        new Fact<>(
            DeliveryState.HEAD,
            new Head(
                head.watcherId(),
                replay,
                place,
                head.counts(),
                null,
                0,
                head.lastDelivered(),
                null)));
    state.held().keySet().forEach(host -> facts.add(Fact.gone(DeliveryState.held(host))));
    state.notices().keySet().forEach(number -> facts.add(Fact.gone(DeliveryState.notice(number))));
    state.groups().keySet().forEach(fault -> facts.add(Fact.gone(DeliveryState.group(fault))));
    return facts;
  }

  /** Everything that was decided since this was asked last. */
  public Decided<E> take() {
    return deciding.take();
  }

  /** Where what is live has been read to. */
  public Place main() {
    return lanes.main();
  }

  /** Calls that have not come to their end. */
  public int underWay() {
    return lanes.underWay() + notices.underWay();
  }

  /** Whether more of what is live is to be read now. */
  public boolean wantsMore(Instant now) {
    return lanes.wantsMore(now) && groups.wantsMore();
  }

  /** Nothing that concerns the watcher lies before that place. */
  public void passed(Place now) {
    lanes.passed(now);
  }

  /**
   * Something that {@link Settings#concerns} the watcher was read.
   *
   * @param after the place after it
   */
  public void heard(Waiting<E> waiting, Layer layer, Event event, Place after, Instant now) {
    if (settings.granularity() == Granularity.FAULT) {
      if (event.data() instanceof FaultEvent told) {
        groups.heard(event, told, now);
      }
      lanes.passed(after);
      return;
    }
    mutes.heard(layer, event, now);
    if (wanted(layer, event, now)) {
      lanes.heard(waiting, after, now);
    } else {
      lanes.passed(after);
    }
  }

  private boolean wanted(Layer layer, Event event, Instant now) {
    if (!settings.filter().matches(layer, event)) {
      return false;
    }
    if (mutes.holds(layer, event, now)) {
      deciding.count(Count.MUTED);
      return false;
    }
    return true;
  }

  /** What was to be read is gone up to that place. */
  public void gone(Place earliest, Instant now) {
    lanes.gone(lanes.main().notBefore(earliest));
    gap(NO_HOST, "events were removed before they could be delivered", now);
  }

  private void gap(String host, String detail, Instant now) {
    deciding.count(Count.RESYNCS);
    long number = notices.nextNumber();
    String id = "resync:" + deciding.state().head().watcherId() + ":" + number;
    deciding.shown(new Deciding.Line(id, RESYNC, host, 0), now, "resync", detail);
    notices.add(
        new Notice(number, id, RESYNC, host, null, now, 0, now, null, Content.ofGap(detail)));
  }

  /** What is to be read again now; null if nothing is. Ends with one of the calls below. */
  public @Nullable Scan scan(Instant now) {
    return unwanted ? null : lanes.scan(now);
  }

  /** A scan read something of one of its hosts that {@link Settings#concerns} the watcher. */
  public void scanned(Waiting<E> waiting, Layer layer, Event event, Instant now) {
    if (wanted(layer, event, now)) {
      lanes.scanned(waiting, now);
    }
  }

  /** A scan has read up to that place, which may be before its end. */
  public void scanEnded(Scan scan, Place reached) {
    lanes.scanEnded(scan, reached);
  }

  /** What a scan was to read is gone up to that place. */
  public void scanGone(Scan scan, Place earliest, Instant now) {
    for (String host : lanes.scanGone(scan, earliest)) {
      gap(host, "events of " + host + " were removed before they could be delivered", now);
    }
  }

  /** Time has passed. */
  public void tick(Instant now) {
    if (!unwanted) {
      groups.tick(now);
      notices.tick(now);
    }
  }

  /** When {@link #tick} or {@link #scan} have something to do; null if nothing waits for time. */
  public @Nullable Instant nextDue(Instant now) {
    return earlier(earlier(lanes.nextDue(now), notices.nextDue()), groups.nextDue());
  }

  private static @Nullable Instant earlier(@Nullable Instant one, @Nullable Instant other) {
    return one == null || (other != null && other.isBefore(one)) ? other : one;
  }

  /**
   * A try of {@link Output.SendEvent} ended.
   *
   * @param chance from 0 to 1, for the jitter
   */
  public void sent(Waiting<E> waiting, TryEnd end, double chance, Instant now) {
    lanes.sent(waiting, end, settings.schedule(), chance, now);
    disabledIf(end);
  }

  /** A try of {@link Output.SendNotice} ended. */
  public void noticed(Notice notice, TryEnd end, double chance, Instant now) {
    notices.sent(notice, end, settings.schedule(), chance, now);
    disabledIf(end);
  }

  private void disabledIf(TryEnd end) {
    if (end.outcome() == TryEnd.Outcome.UNWANTED) {
      unwanted = true;
      deciding.disable(settings.revision());
    }
  }

  /** A dead delivery is sent again, from its first try on. */
  public void resend(Dead dead, Instant now) {
    deciding.fact(DeliveryState.dead(dead.number()), null);
    notices.add(
        new Notice(
            notices.nextNumber(),
            dead.id(),
            dead.type(),
            dead.host(),
            null,
            now,
            0,
            now,
            dead.ref(),
            dead.content()));
  }
}
