package io.faultline.notifier.core;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What people and programs ask of the notifier about one host. */
public sealed interface NotifierCommand {

  /**
   * Cases by id, ascending.
   *
   * @param states {@code open}, {@code acknowledged}, {@code resolved}; empty for all
   * @param devices empty for all
   * @param severity at least this; null for all
   * @param after the id after which to go on; null from the first
   */
  record ListFaults(
      Set<String> states,
      Set<String> devices,
      @Nullable Severity severity,
      @Nullable String after,
      int limit)
      implements NotifierCommand {}

  record GetFault(String id) implements NotifierCommand {}

  record AcknowledgeFault(String id, @Nullable String by, @Nullable String reason)
      implements NotifierCommand {}

  record ResolveFault(String id, @Nullable String by, @Nullable String reason)
      implements NotifierCommand {}

  record GetTopology() implements NotifierCommand {}

  /** How much there is of the host, in a line: what a question to all hosts begins with. */
  record GetOverview() implements NotifierCommand {}
}
