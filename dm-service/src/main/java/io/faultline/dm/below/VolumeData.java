package io.faultline.dm.below;

import io.faultline.dm.below.LeafData.UnreachableException;
import io.faultline.dm.core.Answers;
import io.faultline.dm.core.DmCommand;
import io.faultline.events.Json;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.Problems;
import io.faultline.runtime.Reply;
import io.faultline.runtime.core.Problem;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Moves the bytes of volumes: the owner of the host says which sectors of which leaves they are,
 * and they are read and written there. What one copy cannot give another one does, or parity.
 */
public final class VolumeData {

  private static final int SECTOR_BYTES = SectorRange.SECTOR_BYTES;

  /** The way to the owner of a host's volumes. */
  @FunctionalInterface
  public interface Owner {
    Reply ask(String host, DmCommand command);
  }

  /** How a read ended. */
  public sealed interface Read {

    /**
     * @param bytes of what there is of the range; zeroes for the bad sectors
     * @param bad those sectors, in the volume
     */
    record Content(byte[] bytes, Extents bad) implements Read {}

    /** Nothing of it. */
    record Refused(Reply reply) implements Read {}
  }

  /** What one volume's block device below has not got. */
  private record Leg(String volume, String lower) {}

  private final Owner owner;
  private final StepCopier copier;
  private final HostTurns turns;

  public VolumeData(Owner owner, LeafData leaves, HostTurns turns) {
    this.owner = owner;
    this.copier = new StepCopier(leaves);
    this.turns = turns;
  }

  /**
   * Reads what there is of a range.
   *
   * @param generation of the volume that is meant; null for whichever it is
   */
  public Read read(String host, String volume, SectorRange range, @Nullable Long generation) {
    try {
      Answers.DataRead plan = null;
      byte[] bytes = new byte[0];
      Extents bad = Extents.EMPTY;
      // Working a sector out from others is asked for only where it cannot be read.
      for (boolean everyWay : new boolean[] {false, true}) {
        Reply reply =
            owner.ask(
                host,
                new DmCommand.PlanRead(
                    volume, range.startSector(), range.sectorCount(), generation, everyWay));
        if (!reply.isSuccess()) {
          return new Read.Refused(reply);
        }
        plan = Json.LENIENT.readValue(reply.body(), Answers.DataRead.class);
        bytes = new byte[Math.toIntExact(plan.sectors() * SECTOR_BYTES)];
        Extents have = copier.make(host, plan.recipes(), bytes);
        bad = Extents.of(0, plan.sectors()).subtract(have).subtract(Extents.ofPairs(plan.zeros()));
        if (bad.isEmpty() || !plan.more()) {
          break;
        }
      }
      return new Read.Content(bytes, bad.shift(range.startSector()));
    } catch (UnreachableException e) {
      return new Read.Refused(unreachable(e));
    }
  }

  /**
   * Writes whole sectors, on every copy and with their parity.
   *
   * @param holder who writes; null if it does not say
   * @param recover the caller means to repair, under whoever's claim
   */
  public Reply write(
      String host,
      String volume,
      long startSector,
      byte[] content,
      @Nullable Long generation,
      @Nullable String holder,
      boolean recover) {
    DmCommand.PlanWrite command =
        new DmCommand.PlanWrite(
            volume, startSector, content.length / SECTOR_BYTES, generation, holder, recover);
    Reply planned = owner.ask(host, command);
    if (!planned.isSuccess()) {
      return planned;
    }
    try {
      if (!plan(planned).alone()) {
        return write(host, command, plan(planned), content);
      }
      try (var _ = turns.take(host)) {
        Reply now = owner.ask(host, command);
        return now.isSuccess() ? write(host, command, plan(now), content) : now;
      }
    } catch (UnreachableException e) {
      return unreachable(e);
    }
  }

  private static Answers.DataWrite plan(Reply reply) {
    return Json.LENIENT.readValue(reply.body(), Answers.DataWrite.class);
  }

  private Reply write(
      String host, DmCommand.PlanWrite command, Answers.DataWrite plan, byte[] content)
      throws UnreachableException {
    ParityWriter parity = new ParityWriter(copier, host, plan.checks(), content);
    byte[] old = new byte[content.length];
    Extents have = Extents.EMPTY;
    if (parity.needsOld()) {
      SectorRange range = new SectorRange(command.sector(), command.count());
      switch (read(host, command.volume(), range, command.generation())) {
        case Read.Refused(Reply reply) -> {
          return reply;
        }
        case Read.Content(byte[] bytes, Extents bad) -> {
          old = Arrays.copyOf(bytes, content.length);
          have = Extents.of(range).subtract(bad).shift(-command.sector());
        }
      }
    }
    Extents obstacles = parity.prepare(old, have);
    if (!obstacles.isEmpty()) {
      return mediaError(
          command.volume(),
          command.sector() + obstacles.startSector(0),
          "cannot be written alone: what else is in its stripe is lost too, and parity cannot be"
              + " reckoned; write the whole stripe");
    }
    Map<Answers.DataTarget, Extents> failures = new LinkedHashMap<>();
    Map<Leg, Extents> missed = new LinkedHashMap<>();
    Extents stored = writeTargets(host, plan, content, failures);
    stored =
        stored.union(
            parity.store(
                (leg, failed) ->
                    missed.merge(new Leg(leg.volume(), leg.lower()), failed, Extents::union)));
    for (Map.Entry<Answers.DataTarget, Extents> entry : failures.entrySet()) {
      Answers.DataLeg leg = entry.getKey().leg();
      if (leg != null) {
        // What is stored nowhere is on all legs what it was.
        Extents behind = entry.getValue().intersect(stored);
        missed.merge(
            new Leg(leg.volume(), leg.lower()),
            behind.shift(leg.sector() - entry.getKey().place().at()),
            Extents::union);
      }
    }
    tellMissed(host, missed);
    stored = stored.union(Extents.ofPairs(plan.dropped()));
    Extents lost = Extents.of(0, command.count()).subtract(stored);
    return lost.isEmpty()
        ? new Reply(204, "", new byte[0])
        : mediaError(
            command.volume(), command.sector() + lost.startSector(0), "could not be stored below");
  }

  /** What of the buffer is stored somewhere. */
  private Extents writeTargets(
      String host,
      Answers.DataWrite plan,
      byte[] content,
      Map<Answers.DataTarget, Extents> failures)
      throws UnreachableException {
    Extents stored = Extents.EMPTY;
    for (Answers.DataTarget target : plan.targets()) {
      Answers.CopyPlace place = target.place();
      SectorRange range = new SectorRange(place.at(), place.count());
      Extents failed = copier.write(host, place, range, content);
      stored = stored.union(Extents.of(range).subtract(failed));
      if (!failed.isEmpty()) {
        failures.put(target, failed);
      }
    }
    return stored;
  }

  private void tellMissed(String host, Map<Leg, Extents> missed) throws UnreachableException {
    for (Map.Entry<Leg, Extents> entry : missed.entrySet()) {
      if (!entry.getValue().isEmpty()) {
        Leg leg = entry.getKey();
        Reply reply =
            owner.ask(
                host,
                new DmCommand.MissedWrite(leg.volume(), leg.lower(), entry.getValue().toPairs()));
        if (!reply.isSuccess()) {
          throw new UnreachableException(
              "that " + leg.lower() + " missed a write could not be kept");
        }
      }
    }
  }

  private static Reply mediaError(String volume, long sector, String why) {
    return reply(
        Problem.refused(
                "media-error",
                "The medium has lost these bytes",
                "sector " + sector + " of volume " + volume + " " + why)
            .with("sector", sector)
            .with("errno", "EIO"));
  }

  private static Reply unreachable(UnreachableException e) {
    return reply(Problem.unavailable(e.getMessage() + "; the same request may be sent again"));
  }

  private static Reply reply(Problem problem) {
    return new Reply(problem.status(), Problems.CONTENT_TYPE, Problems.toJson(problem));
  }
}
