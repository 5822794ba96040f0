package io.faultline.events;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A fault, the case from its cause to its last effect, changed in a way that concerns people. The
 * event's {@code faultId} says which.
 */
public sealed interface FaultEvent extends EventData {

  /** What the fault is from now on. */
  Fault fault();

  /**
   * What it reaches that it did not reach before: {@code severity}, {@code sectors}, {@code
   * devices}, {@code volumes}, {@code filesystems}, {@code files}, {@code metadata}, {@code
   * processes}.
   */
  List<String> grown();

  /**
   * A fault as it is after the change. Lists are cut at {@value #MAX_NAMES}.
   *
   * @param state {@code open}, {@code acknowledged} or {@code resolved}
   * @param severity {@code info}, {@code warning}, {@code error} or {@code critical}
   * @param cause null while nobody has told it
   * @param paths of files that are hit
   * @param sectors of devices that were hit
   * @param files how many are hit
   */
  record Fault(
      String state,
      String severity,
      @Nullable Cause cause,
      Instant openedAt,
      List<String> devices,
      List<String> volumes,
      List<String> filesystems,
      List<String> paths,
      long sectors,
      long files) {

    /** Names and paths that one list shows. */
    public static final int MAX_NAMES = 20;
  }

  /** There is a new fault. */
  record FaultOpened(String host, Fault fault, List<String> grown) implements FaultEvent {}

  /** A fault that was resolved is open again. */
  record FaultReopened(String host, Fault fault, List<String> grown) implements FaultEvent {}

  /** A fault reaches further, in the state that it was in. */
  record FaultGrew(String host, Fault fault, List<String> grown) implements FaultEvent {}

  /**
   * Somebody has seen it.
   *
   * @param by who; null where they did not say
   */
  record FaultAcknowledged(
      String host, Fault fault, List<String> grown, @Nullable String by, @Nullable String reason)
      implements FaultEvent {}

  /**
   * All has recovered or is gone for good, or somebody called it done.
   *
   * @param by who; null where it resolved by itself, or where they did not say
   */
  record FaultResolved(
      String host, Fault fault, List<String> grown, @Nullable String by, @Nullable String reason)
      implements FaultEvent {}
}
