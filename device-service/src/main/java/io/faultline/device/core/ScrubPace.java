package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.Patrolled;
import io.faultline.device.core.DeviceFact.ScrubRun;
import java.time.Duration;
import java.time.Instant;

/**
 * How fast devices are read through. Between two of its facts a scrub or patrol moves at an even
 * pace, so where it is follows from the newest fact and the time.
 *
 * <p>It is never further ahead of that fact than a checkpoint's time allows. So one that nobody let
 * know of the time for a while, because the process was down, goes on from its restart point and
 * does not pretend to have read meanwhile.
 *
 * @param scrubSectorsPerSecond of a scrub that was asked for, from 1 to 2^40
 * @param patrolSectorsPerSecond of the patrol on each device, up to 2^40; 0 for no patrol
 */
public record ScrubPace(long scrubSectorsPerSecond, long patrolSectorsPerSecond) {

  /** 100 GiB a second, and no patrol. */
  public static final ScrubPace USUAL = new ScrubPace(200L << 20, 0);

  /** What a scrub reads before its start is answered: so a small device is done at once. */
  static final Duration FIRST_STEP = Duration.ofMillis(50);

  /** The restart point of a scrub is never older. */
  static final Duration SCRUB_CHECKPOINT = Duration.ofSeconds(2);

  /** The restart point of a patrol is never older. */
  static final Duration PATROL_CHECKPOINT = Duration.ofMinutes(1);

  private static final long MAX_SECTORS_PER_SECOND = 1L << 40;

  public ScrubPace {
    if (scrubSectorsPerSecond < 1 || scrubSectorsPerSecond > MAX_SECTORS_PER_SECOND) {
      throw new IllegalArgumentException(
          "a scrub reads 1 to 2^40 sectors a second, not " + scrubSectorsPerSecond);
    }
    if (patrolSectorsPerSecond < 0 || patrolSectorsPerSecond > MAX_SECTORS_PER_SECOND) {
      throw new IllegalArgumentException(
          "a patrol reads 0 to 2^40 sectors a second, not " + patrolSectorsPerSecond);
    }
  }

  boolean patrols() {
    return patrolSectorsPerSecond > 0;
  }

  /** The sector that a scrub reads next. */
  long position(ScrubRun run, Instant now) {
    return switch (run.state()) {
      case RUNNING ->
          Math.min(
              run.endSector(),
              run.sector() + sectors(scrubSectorsPerSecond, run.movedAt(), now, SCRUB_CHECKPOINT));
      case COMPLETED, STOPPED, INTERRUPTED -> run.sector();
    };
  }

  /** How many sectors a patrol has read since its newest fact. */
  long patrolled(Patrolled patrol, Instant now) {
    return sectors(patrolSectorsPerSecond, patrol.movedAt(), now, PATROL_CHECKPOINT);
  }

  /** When a scrub has read {@code sectors} more than its newest fact says, at the latest. */
  Instant scrubbed(ScrubRun run, long sectors) {
    return when(run.movedAt(), sectors, scrubSectorsPerSecond, SCRUB_CHECKPOINT);
  }

  /** When a patrol has read {@code sectors} more than its newest fact says, at the latest. */
  Instant patrolled(Patrolled patrol, long sectors) {
    return when(patrol.movedAt(), sectors, patrolSectorsPerSecond, PATROL_CHECKPOINT);
  }

  private static long sectors(long perSecond, Instant from, Instant now, Duration atMost) {
    long millis = Math.clamp(Duration.between(from, now).toMillis(), 0, atMost.toMillis());
    return perSecond * millis / 1000;
  }

  private static Instant when(Instant from, long sectors, long perSecond, Duration atMost) {
    long millis =
        sectors >= perSecond * atMost.toSeconds()
            ? atMost.toMillis()
            : Math.ceilDiv(sectors * 1000, perSecond);
    return from.plusMillis(millis);
  }
}
