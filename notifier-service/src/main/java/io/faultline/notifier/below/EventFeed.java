package io.faultline.notifier.below;

import io.faultline.notifier.below.EventHub.Subscribed;
import io.faultline.notifier.below.Subscription.Live;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One follower's way along the events: from where it begins through the past to what is live, every
 * event once. For one thread.
 *
 * <pre>
 *   partition a   --------|=========|.........|--->
 *   partition b   --|===============|.........|--->
 *                   from            V          now
 *
 *   ===  read from Kafka, in pieces, as fast as the follower takes it
 *   ...  waits in the subscription, which began at V
 * </pre>
 *
 * <p>While the follower is far behind there is no subscription, so nothing piles up in memory. Only
 * when it is near does it subscribe; the hub says at which position V, what lies before V is read
 * from Kafka, and the rest has been waiting since.
 */
public final class EventFeed implements AutoCloseable {

  /** What becomes of a follower that does not keep up with the live events. */
  public enum WhenSlow {
    /** It is told {@link Step.Overflowed}, and that was all. */
    DROP,
    /** It reads what it missed from Kafka. */
    READ_AGAIN
  }

  /** What {@link #next} brings. */
  public sealed interface Step {

    /**
     * @param cursor where to go on after this event
     * @param slot the partition that it was read from
     * @param offset its own
     */
    record Heard(HeardEvent event, Cursor cursor, int slot, long offset) implements Step {}

    /**
     * What lay at the cursor is gone.
     *
     * @param cursor the earliest that is left: it goes on from there
     */
    record Resync(Cursor cursor) implements Step {}

    /** Nothing came that the filter lets through. */
    record Idle() implements Step {}

    /** Too much was waiting; the feed is at its end. */
    record Overflowed() implements Step {}

    /** The hub stops; the feed is at its end. */
    record Ended() implements Step {}
  }

  /** Closer than this many records a follower subscribes. */
  private static final long NEAR = 1_000;

  /** Events that one piece of the past brings, and records that are looked at for them. */
  private static final int PIECE_EVENTS = 500;

  private static final int PIECE_RECORDS = 10_000;
  private static final long PIECE_BYTES = 8L * 1024 * 1024;
  private static final long QUEUE_BYTES = 32L * 1024 * 1024;

  private final EventHub hub;
  private final TopicLayout layout;
  private final PastReader past;
  private final Predicate<HeardEvent> wanted;
  private final WhenSlow whenSlow;
  private final Subscription.Room room;

  private final Deque<Step.Heard> read = new ArrayDeque<>();
  private Cursor position;
  private volatile @Nullable Subscribed subscribed;
  private boolean resync;

  EventFeed(
      EventHub hub,
      TopicLayout layout,
      PastReader past,
      From from,
      Predicate<HeardEvent> wanted,
      WhenSlow whenSlow,
      int queue) {
    this.hub = hub;
    this.layout = layout;
    this.past = past;
    this.wanted = wanted;
    this.whenSlow = whenSlow;
    this.room = new Subscription.Room(queue, QUEUE_BYTES, this::overflowed);
    if (from instanceof From.Now) {
      Subscribed live = hub.subscribe(wanted, room);
      this.subscribed = live;
      this.position = live.from();
    } else {
      EventHub.Start start = hub.start(layout, past, from);
      this.position = start.cursor();
      this.resync = start.resync();
    }
  }

  /** At once, whatever the follower is just doing: it may be stuck. */
  private void overflowed() {
    if (whenSlow == WhenSlow.DROP) {
      hub.countDropped();
    }
  }

  /** Where the follower is: after everything that {@link #next} has brought. */
  public Cursor position() {
    return position;
  }

  /**
   * What comes next.
   *
   * @param longest how long to wait for it
   * @throws UnreachableException if Kafka does not answer; the feed can go on later
   */
  public Step next(Duration longest) throws InterruptedException {
    if (resync) {
      resync = false;
      return new Step.Resync(position);
    }
    Step.Heard ready = read.poll();
    if (ready != null) {
      position = ready.cursor();
      return ready;
    }
    Subscribed live = subscribed;
    if (live == null) {
      Cursor now = hub.now();
      if (distance(now) > NEAR) {
        return readPiece(now);
      }
      live = hub.subscribe(wanted, room);
      subscribed = live;
    }
    return position.reaches(live.from()) ? nextLive(live, longest) : readPiece(live.from());
  }

  private long distance(Cursor to) {
    long records = 0;
    for (int slot = 0; slot < layout.slots(); slot++) {
      records += Math.max(0, to.next(slot) - position.next(slot));
    }
    return records;
  }

  private Step readPiece(Cursor to) {
    Piece piece = new Piece();
    try {
      Cursor end = past.read(position, to, piece);
      Step.Heard last = read.pollLast();
      if (last == null) {
        position = end;
        return new Step.Idle();
      }
      // What came after the last event of the piece was not for this follower.
      read.addLast(new Step.Heard(last.event(), end, last.slot(), last.offset()));
      Step.Heard first = read.remove();
      position = first.cursor();
      return first;
    } catch (PastReader.GoneException e) {
      read.clear();
      position = position.notBefore(past.earliest());
      return new Step.Resync(position);
    }
  }

  private final class Piece implements PastReader.Sink {
    private final long[] at = position.toArray();
    private int records;
    private long bytes;

    @Override
    public boolean take(PastReader.Read taken) {
      at[taken.slot()] = taken.next();
      HeardEvent event = taken.event();
      if (event != null && wanted.test(event)) {
        read.add(
            new Step.Heard(
                event, new Cursor(layout.fingerprint(), at), taken.slot(), taken.next() - 1));
        bytes += event.sizeBytes();
      }
      return ++records < PIECE_RECORDS && read.size() < PIECE_EVENTS && bytes < PIECE_BYTES;
    }
  }

  private Step nextLive(Subscribed live, Duration longest) throws InterruptedException {
    Live next = live.subscription().poll(longest);
    if (next != null) {
      boolean had = next.position().next(next.slot()) <= position.next(next.slot());
      position = position.notBefore(next.position());
      return had
          ? new Step.Idle()
          : new Step.Heard(
              next.event(), position, next.slot(), next.position().next(next.slot()) - 1);
    }
    return switch (live.subscription().state()) {
      case OPEN -> {
        Cursor now = hub.positionIfEmpty(live.subscription());
        position = now == null ? position : position.notBefore(now);
        yield new Step.Idle();
      }
      case OVERFLOWED -> {
        subscribed = null;
        yield whenSlow == WhenSlow.DROP ? new Step.Overflowed() : new Step.Idle();
      }
      case ENDED -> new Step.Ended();
    };
  }

  /** Makes {@link #next} return soon, also one that waits. For any thread. */
  public void wake() {
    Subscribed live = subscribed;
    if (live != null) {
      live.subscription().wake();
    }
  }

  @Override
  public void close() {
    Subscribed live = subscribed;
    subscribed = null;
    if (live != null) {
      hub.unsubscribe(live.subscription());
    }
  }
}
