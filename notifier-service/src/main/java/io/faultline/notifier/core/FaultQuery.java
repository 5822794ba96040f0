package io.faultline.notifier.core;

import io.faultline.events.Cause;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which fault cases somebody wants: those that every field lets through. An empty set or null lets
 * everything through.
 *
 * @param devices block devices that the fault hit, leaves and volumes alike
 * @param volumes as {@code devices}, but volumes only
 * @param severity at least this
 * @param paths patterns for paths of files that were hit
 * @param since opened at this time or later
 * @param until opened before this time
 */
public record FaultQuery(
    Set<CaseState> states,
    Set<Cause> causes,
    Set<String> devices,
    Set<String> volumes,
    Set<String> filesystems,
    @Nullable Severity severity,
    Set<String> paths,
    @Nullable Instant since,
    @Nullable Instant until) {

  /** Every case. */
  public static final FaultQuery ALL =
      new FaultQuery(Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), null, Set.of(), null, null);

  /** Values that one field may have. */
  public static final int MAX_VALUES = EventFilter.MAX_VALUES;
}
