package io.faultline.notifier.core;

import io.faultline.events.FaultEvent;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A fault changed in a way that concerns people. One input changes a fault at most once; what it
 * did to it besides is in {@code grown}.
 *
 * <p>It is no part of the fault case: what a case has become does not depend on the order in which
 * the layers' topics are read, but when something is news does.
 *
 * @param at the time of the event, or when somebody said so
 * @param severity of the fault from now on
 * @param grown what it reaches that it did not reach before; empty where it did not grow
 * @param eventId the event that did it; null where somebody did by hand
 * @param by who did it by hand
 * @param fault what it is from now on
 */
public record FaultChange(
    String faultId,
    Kind kind,
    Instant at,
    Severity severity,
    Set<Growth> grown,
    @Nullable String eventId,
    @Nullable String by,
    @Nullable String reason,
    FaultEvent.Fault fault) {

  /** What happened to the fault, the gravest first. */
  public enum Kind {
    OPENED,
    REOPENED,
    RESOLVED,
    ACKNOWLEDGED,
    /** It is in the state that it was in, and reaches further. */
    GREW;

    /** As in answers: {@code opened}. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** In what a fault can grow. */
  public enum Growth {
    SEVERITY,
    /** More sectors of a device or volume are hit. */
    SECTORS,
    DEVICES,
    VOLUMES,
    FILESYSTEMS,
    FILES,
    METADATA,
    PROCESSES;

    /** As in events: {@code files}. */
    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public FaultChange {
    grown = grown.isEmpty() ? Set.of() : Set.copyOf(EnumSet.copyOf(grown));
  }

  /** As others are told. */
  FaultEvent event(String host) {
    List<String> in = grown.stream().sorted(Comparator.naturalOrder()).map(Growth::text).toList();
    return switch (kind) {
      case OPENED -> new FaultEvent.FaultOpened(host, fault, in);
      case REOPENED -> new FaultEvent.FaultReopened(host, fault, in);
      case GREW -> new FaultEvent.FaultGrew(host, fault, in);
      case ACKNOWLEDGED -> new FaultEvent.FaultAcknowledged(host, fault, in, by, reason);
      case RESOLVED -> new FaultEvent.FaultResolved(host, fault, in, by, reason);
    };
  }
}
