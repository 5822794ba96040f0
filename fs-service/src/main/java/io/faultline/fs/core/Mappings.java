package io.faultline.fs.core;

import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.fs.core.FsFact.Mapping;
import io.faultline.fs.core.FsFact.Signals;
import io.faultline.fs.core.Views.KernelView;
import io.faultline.fs.core.Views.MappingView;
import io.faultline.fs.core.Views.ProcessView;
import io.faultline.fs.core.Views.SignalView;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Problem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Processes and what they map of files; the sysctl that decides when they hear of poison. */
final class Mappings {

  /** Mappings that one host keeps. */
  static final int MAX_MAPPINGS = 100_000;

  private Mappings() {}

  static Decision<FsFact> map(Draft draft, FsCommand.MapFile command) {
    Filesystem filesystem = draft.state.filesystems.get(command.filesystem());
    ProcessState process = draft.state.processes.get(command.pid());
    Mapping existing = process == null ? null : process.mappings.get(command.mapping());
    long inode = filesystem == null ? 0 : draft.state.names(filesystem).inodeOf(command.path());
    Mapping wanted =
        new Mapping(
            command.pid(),
            command.mapping(),
            command.filesystem(),
            filesystem == null ? 0 : filesystem.state().mount(),
            command.path(),
            inode,
            command.offsetBytes(),
            command.lengthBytes(),
            command.shared(),
            command.killPolicy(),
            command.pageBytes());
    boolean outlived = existing != null && existing.mount() != wanted.mount();
    if (existing != null && !outlived) {
      return existing.isSameRequest(wanted)
          ? Decision.reply(Answer.ok(view(existing)))
          : Decision.refuse(
              Problem.conflict(
                  "exists",
                  "Something else has that name",
                  "Process "
                      + command.pid()
                      + " has another mapping "
                      + command.mapping()
                      + ", of "
                      + existing.path()
                      + " at "
                      + existing.offsetBytes()));
    }
    Problem refusal = whyNot(draft.state, filesystem, wanted);
    if (refusal != null) {
      return Decision.refuse(refusal);
    }
    if (existing != null && process != null) {
      // Of an earlier mount and dead since: nothing of it is taken over.
      for (Long window : process.present(existing.id()).keySet()) {
        draft.gone(Keys.present(existing.pid(), existing.id(), window));
      }
    }
    draft.fact(Keys.mapping(wanted.pid(), wanted.id()), wanted);
    return draft.reply(Answer.created(view(wanted)));
  }

  private static @Nullable Problem whyNot(
      FsState state, @Nullable Filesystem filesystem, Mapping wanted) {
    Problem unusable = Filesystems.whyNotUsable(filesystem, wanted.filesystem());
    if (unusable != null) {
      return unusable;
    }
    if (wanted.inode() == 0) {
      return Problem.refused(
          "unknown-file",
          "The filesystem has no such file",
          "No path " + wanted.path() + " is known of " + wanted.filesystem() + " (ENOENT)");
    }
    FileFact.Inode inode =
        filesystem == null ? null : state.names(filesystem).inode(wanted.inode());
    if (inode != null && inode.directory()) {
      return Problem.refused(
              "not-mappable",
              "That cannot be mapped",
              wanted.path() + " is a directory, which cannot be mapped (ENODEV)")
          .with(FileProblems.ERRNO, "ENODEV");
    }
    if (wanted.offsetBytes() % wanted.pageBytes() != 0) {
      return Problem.refused(
          "unaligned",
          "The offset is not that of a page",
          "offsetBytes "
              + wanted.offsetBytes()
              + " is no multiple of pageBytes "
              + wanted.pageBytes()
              + " (EINVAL)");
    }
    long mappings =
        state.processes.values().stream().mapToLong(process -> process.mappings.size()).sum();
    return mappings < MAX_MAPPINGS
        ? null
        : new Problem(
            "too-many-mappings",
            507,
            "There is no room for another mapping",
            "A host has at most " + MAX_MAPPINGS + " mappings");
  }

  static Decision<FsFact> unmap(Draft draft, FsCommand.UnmapFile command) {
    ProcessState process = draft.state.processes.get(command.pid());
    Mapping mapping = process == null ? null : process.mappings.get(command.mapping());
    if (process == null || mapping == null) {
      return Decision.refuse(unknown(command.pid(), command.mapping()));
    }
    forget(draft, process, mapping);
    Orphans.released(draft, mapping);
    return draft.reply(Answer.noContent());
  }

  /** Takes a mapping away, and with the last one the process. */
  static void forget(Draft draft, ProcessState process, Mapping mapping) {
    draft.gone(Keys.mapping(mapping.pid(), mapping.id()));
    for (Long window : process.present(mapping.id()).keySet()) {
      draft.gone(Keys.present(mapping.pid(), mapping.id(), window));
    }
    if (process.mappings.size() == 1 && process.signals != null) {
      draft.gone(Keys.signals(mapping.pid()));
    }
  }

  static Decision<FsFact> get(FsState state, FsCommand.GetProcess command) {
    ProcessState process = state.processes.get(command.pid());
    if (process == null || process.mappings.isEmpty()) {
      return Decision.refuse(
          Problem.notFound("Process " + command.pid() + " maps nothing on this host"));
    }
    Signals signals = process.signalsOrNone();
    List<SignalView> sent =
        signals.signals().stream()
            .map(
                each ->
                    new SignalView(
                        each.signal(),
                        each.code(),
                        each.mapping(),
                        each.addressOffsetBytes(),
                        each.lsb(),
                        each.faultId()))
            .toList();
    List<MappingView> mappings = process.mappings.values().stream().map(Mappings::view).toList();
    return Decision.reply(
        Answer.ok(new ProcessView(command.pid(), mappings, sent, signals.dropped())));
  }

  static Decision<FsFact> setKernel(Draft draft, FsCommand.SetKernel command) {
    draft.fact(Keys.KERNEL, new FsFact.KernelSettings(command.memoryFailureEarlyKill()));
    return draft.reply(Answer.ok(new KernelView(command.memoryFailureEarlyKill())));
  }

  static Problem unknown(long pid, String mapping) {
    return Problem.notFound("Process " + pid + " has no mapping " + mapping);
  }

  static MappingView view(Mapping mapping) {
    return new MappingView(
        mapping.id(),
        mapping.filesystem(),
        mapping.path(),
        mapping.inode(),
        mapping.offsetBytes(),
        mapping.lengthBytes(),
        mapping.shared(),
        mapping.killPolicy().word(),
        mapping.pageBytes());
  }
}
