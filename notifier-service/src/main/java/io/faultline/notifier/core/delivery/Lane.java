package io.faultline.notifier.core.delivery;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** The events of one host that are at hand, in their order; the first may be under way. */
final class Lane<E> {

  private final Deque<Waiting<E>> waiting = new ArrayDeque<>();

  /** Where the host goes on after the last that is at hand. */
  private HostPlace end;

  /** Whether what is read live comes in here: nothing of the host lies in between. */
  boolean attached;

  /** Whether what a scan reads comes in here. */
  boolean scanned;

  /** Since when the first is under way; null if it is not. */
  @Nullable Instant since;

  /** Whether it waits for its turn to be sent. */
  boolean queued;

  Lane(HostPlace end, boolean attached) {
    this.end = end;
    this.attached = attached;
  }

  HostPlace end() {
    return end;
  }

  void reached(HostPlace place) {
    end = end.notBefore(place);
  }

  void add(Waiting<E> event) {
    waiting.add(event);
    end = event.after();
  }

  int size() {
    return waiting.size();
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  Waiting<E> first() {
    return waiting.getFirst();
  }

  void removeFirst() {
    waiting.removeFirst();
    since = null;
  }
}
