package io.faultline.fs.core;

import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.fs.core.FsFact.Part;
import io.faultline.fs.core.FsFact.Upload;
import io.faultline.fs.core.Views.ImportTicket;
import io.faultline.fs.core.Views.ImportView;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reverse maps and lists of names come in parts under an upload id, between other work of the host,
 * and go live all at once with the last command. Until then nobody sees anything of them; an upload
 * that stops coming is dropped.
 */
final class Imports {

  /** After this long without a part an upload is dropped. */
  static final Duration UPLOAD_PATIENCE = Duration.ofMinutes(10);

  /** Uploads that a host takes at once. */
  static final int MAX_UPLOADS = 16;

  /** Parts of one section: 2 GiB packed, about two hundred million records. */
  static final int MAX_PARTS = 8192;

  private Imports() {}

  static Decision<FsFact> begin(Draft draft, FsCommand.BeginImport command) {
    Filesystem filesystem = draft.state.filesystems.get(command.filesystem());
    if (filesystem == null) {
      return Decision.refuse(Problems.unknownFilesystem(command.filesystem()));
    }
    long underWay =
        draft.state.uploads.values().stream().filter(each -> each.upload() != null).count();
    if (underWay >= MAX_UPLOADS) {
      return Decision.refuse(
          new Problem(
              "too-many-uploads",
              503,
              "Too many imports are under way",
              "A host takes " + MAX_UPLOADS + " imports at once; try again later"));
    }
    draft.fact(
        Keys.upload(command.upload()),
        new Upload(command.filesystem(), command.kind(), draft.stamp.now()));
    return draft.reply(
        Answer.ok(
            new ImportTicket(
                filesystem.name(),
                command.upload(),
                Arrays.stream(Role.values()).map(filesystem::sectors).toList(),
                filesystem.spec().reflink())));
  }

  static Decision<FsFact> part(Draft draft, FsCommand.ImportPart command) {
    UploadState state = draft.state.uploads.get(command.upload());
    Upload upload = state == null ? null : state.upload();
    if (upload == null) {
      return Decision.refuse(unknownUpload(command.upload()));
    }
    if (command.number() >= MAX_PARTS) {
      return Decision.refuse(
          new Problem(
              "too-large",
              413,
              "The import is too large",
              "An import has at most " + MAX_PARTS + " parts"));
    }
    draft.fact(
        Keys.upload(command.upload()),
        new Upload(upload.filesystem(), upload.kind(), draft.stamp.now()));
    draft.fact(
        Keys.part(command.upload(), command.section(), command.number()),
        new Part(upload.kind(), command.packed()));
    return draft.reply(Answer.noContent());
  }

  static Decision<FsFact> commit(Draft draft, FsCommand.CommitRecords command) {
    Filesystem filesystem = draft.state.filesystems.get(command.filesystem());
    UploadState upload = draft.state.uploads.get(command.upload());
    Problem refusal =
        whyNot(filesystem, upload, command.filesystem(), command.upload(), ImportKind.RECORDS);
    if (refusal != null || filesystem == null || upload == null) {
      return Decision.refuse(Objects.requireNonNull(refusal));
    }
    for (Section section : command.sections()) {
      if (!upload.isComplete(section.number(), section.parts())) {
        return Decision.refuse(incomplete(command.upload()));
      }
    }
    forgetTellings(draft, filesystem);
    Filesystem imported =
        draft.put(
            filesystem
                .with(filesystem.imported().withRecords(command.upload(), command.sections()))
                .withContents(draft.stamp.newId()));
    draft.gone(Keys.upload(command.upload()));
    forgetRecords(draft, filesystem);
    Damage.forget(draft, filesystem);
    DeadContents.forget(draft, filesystem);
    if (imported.isMounted()) {
      Filesystems.tellKnownLater(draft, imported);
    }
    return draft.reply(Answer.ok(view(imported)));
  }

  static Decision<FsFact> commit(Draft draft, FsCommand.CommitPaths command) {
    Filesystem filesystem = draft.state.filesystems.get(command.filesystem());
    UploadState upload = draft.state.uploads.get(command.upload());
    Problem refusal =
        whyNot(filesystem, upload, command.filesystem(), command.upload(), ImportKind.PATHS);
    if (refusal != null || filesystem == null || upload == null) {
      return Decision.refuse(Objects.requireNonNull(refusal));
    }
    if (!upload.isComplete(0, command.parts())) {
      return Decision.refuse(incomplete(command.upload()));
    }
    Contents contents = draft.state.contentsOf(filesystem);
    if (contents != null && !contents.entries.isEmpty()) {
      return Decision.refuse(
          Problem.conflict(
              "files-changed",
              "Names were changed already",
              "Files of "
                  + filesystem.name()
                  + " were made, moved or taken away; import its map anew, then its paths"));
    }
    Filesystem imported =
        draft.put(
            filesystem.with(
                filesystem
                    .imported()
                    .withPaths(command.upload(), command.parts(), command.paths())));
    draft.gone(Keys.upload(command.upload()));
    forgetPaths(draft, filesystem);
    return draft.reply(Answer.ok(view(imported)));
  }

  private static @Nullable Problem whyNot(
      @Nullable Filesystem filesystem,
      @Nullable UploadState state,
      String name,
      String id,
      ImportKind kind) {
    if (filesystem == null) {
      return Problems.unknownFilesystem(name);
    }
    Upload upload = state == null ? null : state.upload();
    boolean mine = upload != null && upload.filesystem().equals(name) && upload.kind() == kind;
    return mine ? null : unknownUpload(id);
  }

  static Decision<FsFact> abandon(Draft draft, FsCommand.AbandonImport command) {
    UploadState upload = draft.state.uploads.get(command.upload());
    if (upload != null && upload.upload() != null) {
      drop(draft, command.upload(), upload);
    }
    return draft.reply(Answer.noContent());
  }

  /** Drops the uploads that nothing has come of for long. */
  static void dropForgotten(Draft draft) {
    Instant deadline = draft.stamp.now().minus(UPLOAD_PATIENCE);
    for (Map.Entry<String, UploadState> entry : draft.state.uploads.entrySet()) {
      Upload upload = entry.getValue().upload();
      if (upload != null && upload.touchedAt().isBefore(deadline)) {
        drop(draft, entry.getKey(), entry.getValue());
      }
    }
  }

  private static void drop(Draft draft, String id, UploadState upload) {
    upload.partKeys(id).forEach(draft::gone);
    draft.gone(Keys.upload(id));
  }

  static void forgetRecords(Draft draft, Filesystem filesystem) {
    String upload = filesystem.imported().recordsUpload();
    if (upload != null) {
      for (Section section : filesystem.imported().sections()) {
        for (int number = 0; number < section.parts(); number++) {
          draft.gone(Keys.part(upload, section.number(), number));
        }
      }
    }
  }

  static void forgetPaths(Draft draft, Filesystem filesystem) {
    String upload = filesystem.imported().pathsUpload();
    if (upload != null) {
      for (int number = 0; number < filesystem.imported().pathParts(); number++) {
        draft.gone(Keys.part(upload, 0, number));
      }
    }
  }

  /** What was still to be told of the old map is told of the new one. */
  private static void forgetTellings(Draft draft, Filesystem filesystem) {
    draft.state.tellings.forEach(
        (key, telling) -> {
          if (telling.filesystem().equals(filesystem.name())) {
            draft.gone(key);
          }
        });
  }

  private static Problem unknownUpload(String id) {
    return Problem.conflict(
        "unknown-upload",
        "The import is not under way any more",
        "The upload " + id + " was dropped: nothing came of it for long; import again");
  }

  private static Problem incomplete(String id) {
    return Problem.conflict(
        "incomplete-upload",
        "Parts of the import are missing",
        "Not all parts of upload " + id + " arrived; import again");
  }

  private static ImportView view(Filesystem filesystem) {
    return new ImportView(
        filesystem.name(),
        filesystem.imported().sections().stream().mapToLong(Section::records).sum(),
        filesystem.imported().pathCount(),
        filesystem.rmapbt());
  }
}
