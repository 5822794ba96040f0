package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.Patrolled;
import io.faultline.device.core.DeviceFact.ScrubRun;
import io.faultline.events.DeviceEvent;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Stamp;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Devices are read through to come upon latent poison: by a scrub when somebody asks, by a patrol
 * all the time.
 *
 * <p>Both move by ticks. A tick that finds nothing and has no checkpoint to write changes nothing.
 * What is found and how far the scrub has come is one decision, so wherever it is interrupted,
 * every sector is found once.
 *
 * <pre>
 * sectors  [ read and told        | read since            | to be read          )
 *          start                  restart point (fact)    position now          end
 * </pre>
 */
final class Scrubs {

  /** How far around known poison a short scrub reads: the huge page that it lies in, 2 MiB. */
  static final long SHORT_REACH_SECTORS = 4096;

  private final ScrubPace pace;

  Scrubs(ScrubPace pace) {
    this.pace = pace;
  }

  Decision<DeviceFact> start(DeviceHost host, Stamp stamp, DeviceCommand.Scrub scrub) {
    Device device = host.device(scrub.device());
    if (device == null) {
      return Decision.refuse(DeviceProblems.unknownDevice(host.host(), scrub.device()));
    }
    if (device.state() == DeviceState.REMOVED) {
      return Decision.refuse(DeviceProblems.removed(device));
    }
    SectorRange asked = scrub.range() == null ? device.whole() : scrub.range();
    if (asked.endSector() > device.sectors()) {
      return Decision.refuse(
          DeviceProblems.pastEnd(device, asked)
              .at("/sector", "the device has " + device.sectors() + " sectors"));
    }
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    ScrubRun before = device.scrub();
    if (before != null && before.state() == ScrubState.RUNNING) {
      if (isOn(device, before)) {
        return Decision.refuse(
            DeviceProblems.scrubRunning(device, ScrubViews.scrub(device, pace, stamp.now())));
      }
      end(host, device, before.endedAt(stamp.now(), ScrubState.INTERRUPTED), decision);
    }
    ScrubRun run =
        switch (scrub.mode()) {
          case FULL -> fullRun(host, device, asked, stamp.now(), decision);
          case SHORT -> shortRun(host, device, asked, stamp.now(), decision);
        };
    return decision
        .reply(Answer.accepted(ScrubViews.scrub(device, run, pace, stamp.now())))
        .build();
  }

  private ScrubRun fullRun(
      DeviceHost host,
      Device device,
      SectorRange asked,
      Instant now,
      Decision.Builder<DeviceFact> decision) {
    ScrubRun run = ScrubRun.full(asked, device.generation(), now);
    long position = pace.position(run, now.plus(ScrubPace.FIRST_STEP));
    return advance(host, device, run, position, now, decision);
  }

  private static ScrubRun shortRun(
      DeviceHost host,
      Device device,
      SectorRange asked,
      Instant now,
      Decision.Builder<DeviceFact> decision) {
    Extents near = device.known(asked).roundOut(SHORT_REACH_SECTORS).clip(asked);
    long found = Poison.find(host, device, near, decision);
    ScrubRun run =
        new ScrubRun(
            ScrubMode.SHORT,
            asked.startSector(),
            asked.endSector(),
            near.totalSectors(),
            near.totalSectors(),
            asked.endSector(),
            found,
            device.generation(),
            now,
            now,
            null,
            ScrubState.RUNNING);
    return end(host, device, run.endedAt(now, ScrubState.COMPLETED), decision);
  }

  Decision<DeviceFact> stop(DeviceHost host, Stamp stamp, DeviceCommand.StopScrub stop) {
    Device device = host.device(stop.device());
    if (device == null) {
      return Decision.refuse(DeviceProblems.unknownDevice(host.host(), stop.device()));
    }
    ScrubRun run = device.scrub();
    if (run == null || run.state() != ScrubState.RUNNING) {
      return Decision.reply(Answer.ok(ScrubViews.scrub(device, pace, stamp.now())));
    }
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    ScrubRun ended;
    if (isOn(device, run)) {
      long position = pace.position(run, stamp.now());
      ScrubRun moved = read(host, device, run, position, stamp.now(), decision);
      ended =
          end(
              host,
              device,
              moved.endedAt(
                  stamp.now(),
                  position == run.endSector() ? ScrubState.COMPLETED : ScrubState.STOPPED),
              decision);
    } else {
      ended = end(host, device, run.endedAt(stamp.now(), ScrubState.INTERRUPTED), decision);
    }
    return decision.reply(Answer.ok(ScrubViews.scrub(device, ended, pace, stamp.now()))).build();
  }

  /** Whether the device that a run reads is there, and has been all the time. */
  private static boolean isOn(Device device, ScrubRun run) {
    return device.state() != DeviceState.REMOVED && run.generation() == device.generation();
  }

  /** When a tick is due for the scrub or the patrol of a device; null if for neither. */
  @Nullable Instant due(Device device) {
    ScrubRun run = device.scrub();
    if (run != null && run.state() == ScrubState.RUNNING) {
      return isOn(device, run) ? scrubDue(device, run) : run.movedAt();
    }
    return pace.patrols() && device.state() != DeviceState.REMOVED ? patrolDue(device) : null;
  }

  private Instant scrubDue(Device device, ScrubRun run) {
    long next = device.firstLatentFrom(run.sector());
    long until = next < 0 ? run.endSector() : Math.min(next + 1, run.endSector());
    return pace.scrubbed(run, until - run.sector());
  }

  private Instant patrolDue(Device device) {
    Patrolled patrol = device.patrol();
    if (patrol == null) {
      return Instant.MIN;
    }
    long ahead = device.firstLatentFrom(patrol.sector());
    long behind = device.firstLatentFrom(0);
    long distance =
        ahead >= 0
            ? ahead + 1 - patrol.sector()
            : behind >= 0 ? device.sectors() - patrol.sector() + behind + 1 : Long.MAX_VALUE / 1000;
    return pace.patrolled(patrol, distance);
  }

  void tick(DeviceHost host, Device device, Instant now, Decision.Builder<DeviceFact> decision) {
    ScrubRun run = device.scrub();
    if (run != null && run.state() == ScrubState.RUNNING) {
      if (isOn(device, run)) {
        advance(host, device, run, pace.position(run, now), now, decision);
      } else {
        end(host, device, run.endedAt(now, ScrubState.INTERRUPTED), decision);
      }
    } else if (pace.patrols() && device.state() != DeviceState.REMOVED) {
      patrol(host, device, now, decision);
    }
  }

  /** Reads up to a sector, and writes the run down if there is a reason. */
  private static ScrubRun advance(
      DeviceHost host,
      Device device,
      ScrubRun run,
      long position,
      Instant now,
      Decision.Builder<DeviceFact> decision) {
    ScrubRun moved = read(host, device, run, position, now, decision);
    if (position == run.endSector()) {
      return end(host, device, moved.endedAt(now, ScrubState.COMPLETED), decision);
    }
    boolean isNew = !run.equals(device.scrub());
    boolean found = moved.foundSectors() > run.foundSectors();
    if (isNew || found || !now.isBefore(run.movedAt().plus(ScrubPace.SCRUB_CHECKPOINT))) {
      decision.fact(Keys.scrub(device.name()), moved);
    }
    return moved;
  }

  private static ScrubRun read(
      DeviceHost host,
      Device device,
      ScrubRun run,
      long position,
      Instant now,
      Decision.Builder<DeviceFact> decision) {
    SectorRange step = SectorRange.between(run.sector(), position);
    return run.movedTo(position, Poison.find(host, device, Extents.of(step), decision), now);
  }

  private static ScrubRun end(
      DeviceHost host, Device device, ScrubRun ended, Decision.Builder<DeviceFact> decision) {
    decision.fact(Keys.scrub(device.name()), ended);
    new Told(decision, host.host(), device)
        .event(
            new DeviceEvent.ScrubCompleted(
                host.host(),
                device.name(),
                ended.scrubbedSectors(),
                ended.foundSectors(),
                ended.state().label(),
                ended.mode().label()),
            null);
    return ended;
  }

  private void patrol(
      DeviceHost host, Device device, Instant now, Decision.Builder<DeviceFact> decision) {
    Patrolled patrol = device.patrol();
    if (patrol == null) {
      decision.fact(Keys.patrol(device.name()), new Patrolled(0, now));
      return;
    }
    long read = Math.min(device.sectors(), pace.patrolled(patrol, now));
    long end = patrol.sector() + read;
    Extents round =
        Extents.of(SectorRange.between(patrol.sector(), Math.min(end, device.sectors())))
            .union(Extents.of(0, Math.max(0, end - device.sectors())));
    boolean found = device.hasLatent(round);
    if (found || !now.isBefore(patrol.movedAt().plus(ScrubPace.PATROL_CHECKPOINT))) {
      Poison.find(host, device, round, decision);
      decision.fact(Keys.patrol(device.name()), new Patrolled(end % device.sectors(), now));
    }
  }
}
