package io.faultline.dm.core;

import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may read and write the bytes of a volume, and how it is done. Nothing here moves a byte, and
 * nothing is changed but what legs are known to have missed.
 */
final class DataRules {

  private final Draft draft;

  DataRules(Draft draft) {
    this.draft = draft;
  }

  Decision<DmFact> planRead(DmCommand.PlanRead plan) {
    DmFact.Volume volume = draft.volume(plan.volume());
    Decision<DmFact> refusal = unusable(plan.volume(), volume, plan.generation());
    if (volume == null || refusal != null) {
      return refusal == null ? draft.refuse(Refusals.noVolume(plan.volume())) : refusal;
    }
    SectorRange asked =
        new SectorRange(plan.sector(), plan.count())
            .intersect(new SectorRange(0, draft.sectors(plan.volume())));
    ReadWay way = new ReadWay(draft, plan.everyWay());
    way.walk("", plan.volume(), asked, 0);
    String opaque = way.opaque();
    return opaque == null
        ? draft.answer(
            Answer.ok(
                new Answers.DataRead(
                    volume.generation(),
                    asked.sectorCount(),
                    way.recipes(),
                    way.zeros().toPairs(),
                    way.more())))
        : draft.refuse(Refusals.notReadable(plan.volume(), opaque));
  }

  Decision<DmFact> planWrite(DmCommand.PlanWrite plan) {
    String name = plan.volume();
    DmFact.Volume volume = draft.volume(name);
    Decision<DmFact> refusal = unusable(name, volume, plan.generation());
    if (volume == null || refusal != null) {
      return refusal == null ? draft.refuse(Refusals.noVolume(name)) : refusal;
    }
    long sectors = draft.sectors(name);
    SectorRange range = new SectorRange(plan.sector(), plan.count());
    if (range.endSector() > sectors) {
      return draft.refuse(Refusals.pastEnd(name, range.endSector(), sectors));
    }
    String other = plan.recover() ? null : otherHolder(name, volume, plan.holder());
    if (other != null) {
      return draft.refuse(Refusals.claimed(name, other));
    }
    WriteWay way = new WriteWay(draft);
    way.walk("", name, range, 0, null);
    WriteWay.Obstacle obstacle = way.obstacle();
    return obstacle == null
        ? draft.answer(
            Answer.ok(
                new Answers.DataWrite(
                    volume.generation(),
                    way.targets(),
                    way.checks(),
                    way.dropped().toPairs(),
                    way.alone())))
        : draft.refuse(Refusals.notWritable(obstacle.volume(), obstacle.sector(), obstacle.line()));
  }

  private @Nullable Decision<DmFact> unusable(
      String name, DmFact.@Nullable Volume volume, @Nullable Long generation) {
    if (volume == null) {
      return draft.refuse(Refusals.noVolume(name));
    }
    if (generation != null && generation != volume.generation()) {
      return draft.refuse(Refusals.staleGeneration(name, generation, volume.generation()));
    }
    return volume.suspended() ? draft.refuse(Refusals.suspendedForData(name)) : null;
  }

  /** Who stands on the volume and is not the one who writes; null if nobody does. */
  private @Nullable String otherHolder(String name, DmFact.Volume volume, @Nullable String holder) {
    String claimed = volume.claimHolder();
    if (claimed != null) {
      return claimed.equals(holder) ? null : claimed;
    }
    Set<String> above = draft.topology().directlyAbove(name);
    return above.isEmpty() ? null : "dm:" + above.iterator().next();
  }

  /** The leg counts as out of step there: reads avoid it, and a resynchronisation copies it. */
  Decision<DmFact> missed(DmCommand.MissedWrite missed) {
    if (!draft.isVolume(missed.volume())) {
      return draft.refuse(Refusals.noVolume(missed.volume()));
    }
    Table table = draft.live(missed.volume());
    Extents ranges = table.redundantLegs(missed.lower(), Extents.ofPairs(missed.ranges()));
    BadSet before = BadSet.told(draft, missed.volume());
    if (!ranges.isEmpty()) {
      new Stale(draft, missed.volume(), table).missed(missed.lower(), ranges);
      Differences.tellOfVolume(draft, missed.volume(), before, BadSet.told(draft, missed.volume()));
    }
    return draft.answer(Answer.noContent());
  }
}
