package io.faultline.notifier.above;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.notifier.below.EventFeed;
import io.faultline.notifier.below.EventFeed.Step;
import io.micrometer.core.instrument.Counter;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;

/**
 * Writes what a feed brings as server-sent events (WHATWG HTML, 9.2), until the client or the feed
 * ends. It runs in the request's own (virtual) thread, which may block on the client as long as it
 * likes: the feed is bounded.
 */
final class EventStream {

  private static final byte[] HEARTBEAT = ": heartbeat\n\n".getBytes(UTF_8);
  private static final String RESYNC =
      "\nevent: resync\ndata: {\"reason\":\"what followed this point is not kept any more\"}\n\n";

  private final EventFeed feed;
  private final OutputStream out;
  private final Duration heartbeat;
  private final Counter streamed;
  private long written = System.nanoTime();
  private boolean unflushed;

  EventStream(EventFeed feed, OutputStream out, Duration heartbeat, Counter streamed) {
    this.feed = feed;
    this.out = out;
    this.heartbeat = heartbeat;
    this.streamed = streamed;
  }

  /**
   * @throws IOException when the client is gone
   */
  void run(Duration retry) throws IOException, InterruptedException {
    out.write((": faultline\nretry: " + retry.toMillis() + "\n\n").getBytes(UTF_8));
    flush();
    boolean goesOn = true;
    while (goesOn) {
      goesOn = step(feed.next(unflushed ? Duration.ZERO : untilHeartbeat()));
    }
    flush();
  }

  private boolean step(Step step) throws IOException {
    switch (step) {
      case Step.Heard heard -> {
        write(heard.event().serverSent(heard.cursor()));
        streamed.increment();
      }
      case Step.Resync resync -> write(("id: " + resync.cursor() + RESYNC).getBytes(UTF_8));
      case Step.Idle _ -> idle();
      case Step.Overflowed _, Step.Ended _ -> {
        return false;
      }
    }
    return true;
  }

  private void write(byte[] event) throws IOException {
    out.write(event);
    unflushed = true;
  }

  /** Many events that come together go out together. */
  private void idle() throws IOException {
    if (unflushed) {
      flush();
    } else if (untilHeartbeat().isZero()) {
      out.write(HEARTBEAT);
      flush();
    }
  }

  private void flush() throws IOException {
    out.flush();
    unflushed = false;
    written = System.nanoTime();
  }

  private Duration untilHeartbeat() {
    Duration left = heartbeat.minusNanos(System.nanoTime() - written);
    return left.isNegative() ? Duration.ZERO : left;
  }
}
