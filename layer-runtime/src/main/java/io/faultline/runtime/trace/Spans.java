package io.faultline.runtime.trace;

import org.jspecify.annotations.Nullable;

/**
 * Makes the spans of a trace. {@link #unexported} makes none and passes on what it got; the one
 * that exports is made only where an endpoint is configured.
 */
public interface Spans extends AutoCloseable {

  /** On which side of a call or record a span is. */
  enum Kind {
    /** A request is answered. */
    SERVER,
    /** A record is read and what follows from it is written. */
    CONSUMER,
    /** Somebody else is called. */
    CLIENT
  }

  /** A piece of work, from its beginning until it is closed. */
  interface Span extends AutoCloseable {

    /** What goes with everything that this work causes; null if there is no trace. */
    @Nullable String traceparent();

    /** Says more of it; null is not said. */
    void attribute(String name, @Nullable String value);

    /** It did not end well. */
    void failed(String reason);

    @Override
    void close();
  }

  /**
   * Begins a piece of work of a trace.
   *
   * @param parent what caused it; without one a {@link Kind#SERVER} span begins a trace, and any
   *     other is of none
   */
  Span begin(String name, Kind kind, @Nullable String parent);

  @Override
  void close();

  /** Spans that nobody sees. */
  static Spans unexported() {
    return UnexportedSpans.INSTANCE;
  }
}
