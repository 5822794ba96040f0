package io.faultline.dm.core;

import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Fact;
import io.faultline.runtime.core.Input;
import io.faultline.runtime.core.LayerCore;

/** The rules of the device-mapper layer, for one host at a time. */
public final class DmCore implements LayerCore<DmState, DmCommand, DmFact> {

  @Override
  public DmState initial(String host) {
    return new DmState(host);
  }

  @Override
  public Decision<DmFact> decide(DmState state, Input<DmCommand> input) {
    Draft draft = new Draft(state, input.stamp());
    return switch (input) {
      case Input.Heard<DmCommand> heard -> {
        new DeviceRules(draft, heard.event()).hear();
        yield draft.done();
      }
      case Input.Commanded<DmCommand> commanded -> decide(draft, commanded.command());
      case Input.Ticked<DmCommand> ticked -> {
        new Imports(draft).dropForgotten();
        Copies.endLate(draft);
        yield draft.done();
      }
    };
  }

  private static Decision<DmFact> decide(Draft draft, DmCommand command) {
    VolumeRules rules = new VolumeRules(draft);
    Views views = new Views(draft);
    return switch (command) {
      case DmCommand.PlanTable plan -> rules.plan(plan);
      case DmCommand.CreateVolume create -> rules.create(create);
      case DmCommand.LoadTable load -> rules.load(load);
      case DmCommand.Suspend suspend -> rules.suspend(suspend.volume());
      case DmCommand.Resume resume -> rules.resume(resume.volume());
      case DmCommand.Message message -> rules.message(message);
      case DmCommand.Resync resync -> new Copies(draft, resync.volume()).startResync();
      case DmCommand.GetCopy get -> new Copies(draft, get.volume()).view(get.kind());
      case DmCommand.NextCopy next -> new Copies(draft, next.volume()).next(next.maxSectors());
      case DmCommand.Copied copied ->
          new Copies(draft, copied.volume())
              .copied(copied.copyId(), copied.number(), copied.failed(), copied.maxSectors());
      case DmCommand.CopyFailed failed ->
          new Copies(draft, failed.volume())
              .copied(failed.copyId(), failed.number(), null, failed.maxSectors());
      case DmCommand.DeleteVolume delete -> rules.delete(delete.volume());
      case DmCommand.BeginImport begin -> new Imports(draft).begin(begin);
      case DmCommand.ImportPart part -> new Imports(draft).part(part);
      case DmCommand.CommitImport commit -> new Imports(draft).commit(commit);
      case DmCommand.AbandonImport abandon -> new Imports(draft).abandon(abandon);
      case DmCommand.ClaimVolume claim -> rules.claim(claim);
      case DmCommand.ReleaseVolume release -> rules.release(release);
      case DmCommand.Needs needs -> rules.needsOf(needs.volume());
      case DmCommand.GetVolume get -> views.get(get.volume());
      case DmCommand.GetTable get -> views.table(get.volume());
      case DmCommand.ListVolumes list -> views.list(list.limit(), list.after());
      case DmCommand.MapDown map -> views.mapDown(map);
      case DmCommand.WhatIf whatIf -> views.whatIf(whatIf);
      case DmCommand.PlanRead plan -> new DataRules(draft).planRead(plan);
      case DmCommand.PlanWrite plan -> new DataRules(draft).planWrite(plan);
      case DmCommand.MissedWrite missed -> new DataRules(draft).missed(missed);
    };
  }

  @Override
  public boolean waitsForTime(DmState state) {
    return state.hasUploads() || !state.copying().isEmpty();
  }

  @Override
  public DmState evolve(DmState state, Fact<DmFact> fact) {
    state.apply(fact);
    return state;
  }
}
