package io.faultline.dm.core;

import io.faultline.runtime.core.Problem;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** Why dm does not do something; the kinds are stable. */
final class Refusals {

  private Refusals() {}

  static Problem noVolume(String volume) {
    return Problem.notFound("There is no volume " + volume + " on this host");
  }

  static Problem noBlockDevice(String device) {
    return Problem.notFound("There is no device or volume " + device + " on this host");
  }

  static Problem table(TableRefusal refusal) {
    return Problem.refused(
            "table-refused",
            "The table is refused",
            "Line " + refusal.line() + ": " + refusal.reason() + "; " + refusal.explanation())
        .with("line", refusal.line())
        .with("reason", refusal.reason());
  }

  static Problem tableTooLarge(long bytes) {
    return new Problem(
        "table-too-large",
        413,
        "The table is too large",
        "The text of a table has "
            + Limits.MAX_TABLE_BYTES
            + " bytes at most, devices written out by name; this one has "
            + bytes);
  }

  static Problem limit(String limit, long most, long found) {
    return Problem.refused(
            "limit", "There is a limit", limit + " is " + most + ", but this would be " + found)
        .with("limit", limit);
  }

  static Problem exists(String volume) {
    return Problem.conflict(
        "volume-exists",
        "There is another volume of this name",
        "Volume " + volume + " has another table; PUT .../table and resume change it");
  }

  static Problem nameTaken(String name) {
    return Problem.conflict(
        "name-taken",
        "The name is taken",
        name + " is a device of this host; devices and volumes share one name space");
  }

  static Problem claimed(String block, String holder) {
    return Problem.conflict(
            "claimed", "Somebody else stands on it", block + " is claimed by " + holder)
        .with("holder", holder);
  }

  static Problem notStanding(String volume, String upper) {
    return Problem.conflict(
        "not-standing",
        "It does not stand on the volume",
        "dm:"
            + upper
            + " holds "
            + volume
            + " by having it in its table, and has not; PUT .../volumes/"
            + upper
            + " or its .../table names it");
  }

  static Problem claimedNotSmaller(String volume, String holder, long sectors) {
    return Problem.conflict(
            "claimed",
            "Somebody stands on it",
            volume
                + " is claimed by "
                + holder
                + ", so it does not become smaller than the "
                + sectors
                + " sectors that it has")
        .with("holder", holder);
  }

  static Problem stoodUpon(String volume, Collection<String> above) {
    return Problem.conflict(
            "stood-upon",
            "Other volumes stand on it",
            "On " + volume + " stand " + String.join(", ", above) + "; they go first")
        .with("volumes", List.copyOf(above));
  }

  static Problem tooSmallForThoseAbove(
      String volume, long sectors, long needed, Collection<String> above) {
    return Problem.conflict(
            "stood-upon",
            "Other volumes stand on it",
            volume
                + " would have "
                + sectors
                + " sectors, but "
                + String.join(", ", above)
                + " need "
                + needed)
        .with("volumes", List.copyOf(above));
  }

  static Problem leaving(String device) {
    return Problem.conflict(
        "device-leaving", "The device is leaving", device + " is about to leave");
  }

  static Problem removed(String device) {
    return Problem.conflict("device-removed", "The device is gone", device + " is removed");
  }

  /** Never reaches a client: the controller claims again. */
  static Problem staleClaim(String device) {
    return Problem.conflict(
        "stale-claim",
        "The claim is older than what was heard",
        "Since " + device + " was claimed an event of it was heard; claim again");
  }

  static Problem staleGeneration(String volume, long known, long generation) {
    return Problem.conflict(
        "stale-generation",
        "That generation is gone",
        volume + " is generation " + generation + " now, not " + known);
  }

  static Problem staleRevision(String volume, long asked, long revision) {
    return new Problem(
        "claim-changed",
        412,
        "It was claimed again since",
        "The claim of " + volume + " has revision " + revision + ", not " + asked);
  }

  /**
   * @param reason the kernel's words
   */
  static Problem message(String reason, String explanation) {
    return Problem.refused("message-refused", "The message is refused", reason + "; " + explanation)
        .with("reason", reason);
  }

  static Problem notRedundant(String volume) {
    return Problem.refused(
        "not-redundant",
        "There is nothing to resynchronise",
        "No target of the table of " + volume + " keeps copies or parity");
  }

  static Problem suspended(String volume) {
    return Problem.conflict(
        "suspended", "The volume is suspended", volume + " is suspended; resume it first");
  }

  /** Whoever writes waits in the kernel; here it comes again. */
  static Problem suspendedForData(String volume) {
    return new Problem(
        "suspended",
        503,
        "The volume is suspended",
        volume + " is suspended: nothing of it is read or written until it is resumed");
  }

  static Problem notReadable(String volume, String line) {
    return Problem.refused(
        "not-readable",
        "The target does not give its bytes",
        volume + " is there: " + line + "; what lies below holds something else than it shows");
  }

  static Problem notWritable(String volume, long sector, String line) {
    return Problem.refused(
        "not-writable",
        "The target cannot be written through",
        "Sector "
            + sector
            + " of "
            + volume
            + " is there: "
            + line
            + "; who writes it has more to do than to store it below, and that is not emulated");
  }

  static Problem pastEnd(String volume, long endSector, long sectors) {
    return Problem.refused(
        "past-end",
        "The range reaches past the end",
        volume + " has " + sectors + " sectors, but the write ends at " + endSector);
  }

  static Problem noMetadataMap(String volume, Set<String> pools) {
    return Problem.refused(
        "no-metadata-map",
        "The volume has no map in metadata",
        pools.isEmpty()
            ? "The table of " + volume + " has not one target whose map would be imported"
            : "The map of "
                + volume
                + " is in the metadata of its pool, "
                + String.join(", ", pools));
  }

  static Problem tooManyUploads(int most) {
    return new Problem(
        "too-many-uploads",
        503,
        "Too many imports are under way",
        "A host takes " + most + " imports at once; try again later");
  }

  static Problem unknownUpload(String id) {
    return Problem.conflict(
        "unknown-upload",
        "The import is not under way any more",
        "The upload " + id + " was dropped: nothing came of it for long; import again");
  }

  static Problem incompleteUpload(String id) {
    return Problem.conflict(
        "incomplete-upload",
        "Parts of the import are missing",
        "Not all parts of upload " + id + " arrived; import again");
  }

  static Problem importTooLarge(int mostParts) {
    return new Problem(
        "too-large",
        413,
        "The import is too large",
        "An import has at most " + mostParts + " parts of 256 KiB, packed");
  }

  static Problem tableChanged(String volume) {
    return Problem.conflict(
        "table-changed",
        "The table changed while the map came",
        volume + " is not what it was when the import began; import again");
  }

  static Problem mappedTwice(long device, long block) {
    return Problem.refused(
        "not-its-dump",
        "The dump is not of this volume",
        "Block " + block + " of device " + device + " lies at two places");
  }

  static Problem heldTwice(String volume) {
    return Problem.refused(
        "not-its-dump",
        "The dump is not of this volume",
        "A block below holds two blocks above, which no metadata of " + volume + " says");
  }

  static Problem copyRunning(String volume, DmFact.Copy.Kind kind) {
    return Problem.conflict(
        kind.word() + "-running",
        "Sectors are being copied already",
        "A " + kind.word() + " of " + volume + " runs; GET .../" + kind.word() + " says how far");
  }

  /** Never reaches a client: whoever copies asks for the next step. */
  static Problem copySuperseded(String volume, String copyId, long number) {
    return Problem.conflict(
        "copy-superseded",
        "The step is not under way any more",
        "Step " + number + " of " + copyId + " of " + volume + " is not the one that is awaited");
  }
}
