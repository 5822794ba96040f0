package io.faultline.dm.core;

import io.faultline.dm.core.map.BlockMap;
import io.faultline.dm.core.map.BlockMapBuilder;
import io.faultline.dm.core.target.Importable;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Maps that are in metadata come in parts under an upload id, between other work of the host, and
 * go live all at once with the last command. Until then nobody sees anything of them; an upload
 * that stops coming is dropped.
 */
final class Imports {

  /** After this long without a part an upload is dropped. */
  static final Duration UPLOAD_PATIENCE = Duration.ofMinutes(10);

  /** Uploads that a host takes at once. */
  static final int MAX_UPLOADS = 16;

  /** Parts of an upload: 2 GiB packed, some hundred million pieces. */
  static final int MAX_PARTS = 8192;

  private final Draft draft;

  Imports(Draft draft) {
    this.draft = draft;
  }

  Decision<DmFact> begin(DmCommand.BeginImport begin) {
    String volume = begin.volume();
    if (!draft.isVolume(volume)) {
      return draft.refuse(Refusals.noVolume(volume));
    }
    Importable target = draft.live(volume).importable();
    if (target == null) {
      return draft.refuse(Refusals.noMetadataMap(volume, draft.live(volume).pools()));
    }
    int underWay = draft.scan(Keys.UPLOADS).size();
    if (underWay >= MAX_UPLOADS) {
      return draft.refuse(Refusals.tooManyUploads(MAX_UPLOADS));
    }
    draft.put(Keys.upload(begin.upload()), new DmFact.Upload(volume, draft.stamp().now()));
    return draft.answer(Answer.ok(ticket(volume, begin.upload(), target)));
  }

  private Answers.ImportTicket ticket(String volume, String upload, Importable target) {
    return new Answers.ImportTicket(
        volume,
        upload,
        target.form(),
        target.blockSectors(),
        target.originBlocks(),
        target.dataBlocks(draft::sectors));
  }

  Decision<DmFact> part(DmCommand.ImportPart part) {
    if (!(draft.get(Keys.upload(part.upload())) instanceof DmFact.Upload upload)) {
      return draft.refuse(Refusals.unknownUpload(part.upload()));
    }
    if (part.number() >= MAX_PARTS) {
      return draft.refuse(Refusals.importTooLarge(MAX_PARTS));
    }
    draft.put(Keys.upload(part.upload()), new DmFact.Upload(upload.volume(), draft.stamp().now()));
    draft.put(Keys.mapPart(part.upload(), part.number()), new DmFact.MapPart(part.packed()));
    return draft.answer(Answer.noContent());
  }

  Decision<DmFact> commit(DmCommand.CommitImport commit) {
    Answers.ImportTicket ticket = commit.ticket();
    String volume = ticket.volume();
    MapUpload upload = draft.upload(ticket.upload());
    if (upload == null || !(draft.get(Keys.upload(ticket.upload())) instanceof DmFact.Upload)) {
      return draft.refuse(Refusals.unknownUpload(ticket.upload()));
    }
    if (!upload.isComplete(commit.parts())) {
      return draft.refuse(Refusals.incompleteUpload(ticket.upload()));
    }
    Importable target = draft.isVolume(volume) ? draft.live(volume).importable() : null;
    if (target == null || !ticket(volume, ticket.upload(), target).equals(ticket)) {
      return draft.refuse(Refusals.tableChanged(volume));
    }
    return switch (upload.compiled()) {
      case BlockMapBuilder.Built.MappedTwice twice ->
          draft.refuse(Refusals.mappedTwice(twice.deviceId(), twice.originBlock()));
      case BlockMapBuilder.Built.Ok(BlockMap map)
          when map.sharesBlocks() && !target.sharesBlocks() ->
          draft.refuse(Refusals.heldTwice(volume));
      case BlockMapBuilder.Built.Ok(BlockMap map) -> {
        DmFact.Mappings mappings =
            new DmFact.Mappings(
                ticket.upload(),
                commit.parts(),
                ticket.form(),
                ticket.blockSectors(),
                commit.devices(),
                commit.mappedBlocks(),
                commit.dirtyBlocks(),
                commit.transaction());
        makeLive(volume, mappings, map);
        String doubt = target.doubt(commit.dirtyBlocks());
        yield draft.answer(Answer.ok(view(volume, mappings, map.pieceCount(), doubt)));
      }
    };
  }

  /** Swaps the map in, and tells what of every known bad range is different with it. */
  private void makeLive(String volume, DmFact.Mappings mappings, BlockMap map) {
    Map<String, BadSet> before = new LinkedHashMap<>();
    for (String reader : readersOf(volume)) {
      before.put(reader, BadSet.told(draft, reader));
    }
    List<String> oldParts = partsOf(volume);
    draft.forgetWritten(volume);
    draft.putMap(Keys.mappings(volume), mappings, volume, map);
    new Copies(draft, volume).restart();
    draft.remove(Keys.upload(mappings.upload()));
    oldParts.forEach(draft::remove);
    before.forEach(
        (reader, told) ->
            Differences.tellOfVolume(draft, reader, told, BadSet.told(draft, reader)));
  }

  /** The volumes that look things up in a volume's map, the lower ones first. */
  private List<String> readersOf(String volume) {
    List<String> readers = new ArrayList<>();
    readers.add(volume);
    for (String above : draft.topology().allAbove(volume)) {
      if (draft.live(above).pools().contains(volume)) {
        readers.add(above);
      }
    }
    return readers;
  }

  private List<String> partsOf(String volume) {
    List<String> parts = new ArrayList<>();
    if (draft.get(Keys.mappings(volume)) instanceof DmFact.Mappings old) {
      for (int number = 0; number < old.parts(); number++) {
        parts.add(Keys.mapPart(old.upload(), number));
      }
    }
    return parts;
  }

  /** The map of a volume that goes, or whose table has no use for it any more. */
  static void forget(Draft draft, String volume) {
    List<String> parts = new Imports(draft).partsOf(volume);
    if (draft.get(Keys.mappings(volume)) != null) {
      draft.forgetWritten(volume);
      draft.removeMap(Keys.mappings(volume), volume);
      parts.forEach(draft::remove);
    }
  }

  Decision<DmFact> abandon(DmCommand.AbandonImport abandon) {
    if (draft.get(Keys.upload(abandon.upload())) instanceof DmFact.Upload) {
      drop(abandon.upload());
    }
    return draft.answer(Answer.noContent());
  }

  /** Drops the uploads of which nothing has come for long. */
  void dropForgotten() {
    Instant deadline = draft.stamp().now().minus(UPLOAD_PATIENCE);
    draft
        .scan(Keys.UPLOADS)
        .forEach(
            (key, fact) -> {
              if (((DmFact.Upload) fact).touchedAt().isBefore(deadline)) {
                drop(key.substring(Keys.UPLOADS.length()));
              }
            });
  }

  private void drop(String id) {
    MapUpload upload = draft.upload(id);
    if (upload != null) {
      upload.partKeys(id).forEach(draft::remove);
    }
    draft.remove(Keys.upload(id));
  }

  /** What the map of a volume is; null if its table has no target with one in metadata. */
  static Answers.@Nullable Imported imported(Draft draft, String volume) {
    if (draft.get(Keys.mappings(volume)) instanceof DmFact.Mappings mappings) {
      return new Answers.Imported(
          true,
          mappings.devices(),
          mappings.mappedBlocks(),
          mappings.dirtyBlocks(),
          mappings.transaction());
    }
    return draft.live(volume).importable() == null
        ? null
        : new Answers.Imported(false, 0, 0, 0, null);
  }

  private static Answers.ImportDone view(
      String volume, DmFact.Mappings mappings, int pieces, @Nullable String doubt) {
    return new Answers.ImportDone(
        volume,
        mappings.blockSectors(),
        mappings.devices(),
        mappings.mappedBlocks(),
        mappings.dirtyBlocks(),
        pieces,
        mappings.transaction(),
        doubt == null ? List.of() : List.of(doubt));
  }
}
