package io.faultline.notifier.core;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What people and programs ask of the notifier about one host. */
public sealed interface NotifierCommand {

  /**
   * Cases, the newest first.
   *
   * @param after the place after which to go on; null at the newest
   */
  record ListFaults(FaultQuery query, @Nullable FaultPlace after, int limit)
      implements NotifierCommand {}

  /**
   * Where the cases stand that {@link ListFaults} would give, in few bytes: asked of every host.
   */
  record FindFaults(FaultQuery query, @Nullable FaultPlace after, int limit)
      implements NotifierCommand {}

  /** These cases as a list shows them; one that has gone is left out. */
  record GetFaults(List<String> ids) implements NotifierCommand {}

  /** How a fault made its way up. */
  record GetFaultPath(String id) implements NotifierCommand {}

  record GetFault(String id) implements NotifierCommand {}

  record AcknowledgeFault(String id, @Nullable String by, @Nullable String reason)
      implements NotifierCommand {}

  record ResolveFault(String id, @Nullable String by, @Nullable String reason)
      implements NotifierCommand {}

  /**
   * How much is bad where, of a device or volume.
   *
   * @param count sectors from {@code sector} on; null to the end
   * @param bins into which they are divided
   */
  record GetStrip(String device, long sector, @Nullable Long count, int bins)
      implements NotifierCommand {}

  record GetTopology() implements NotifierCommand {}

  /** How much there is of the host, in a line: what a question to all hosts begins with. */
  record GetOverview() implements NotifierCommand {}
}
