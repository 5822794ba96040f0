package io.faultline.fs.core;

import io.faultline.events.Cause;
import io.faultline.events.Event;
import io.faultline.events.RecoveredData;
import io.faultline.ranges.Extents;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What is so for the filesystems of a host. Names and components are for ever. */
public sealed interface FsFact
    permits FileFact,
        FsFact.Filesystem,
        FsFact.KnownDevice,
        FsFact.SliceProgress,
        FsFact.BadRanges,
        FsFact.DamagedGroup,
        FsFact.Mapping,
        FsFact.PresentPages,
        FsFact.Signals,
        FsFact.KernelSettings,
        FsFact.Upload,
        FsFact.Part,
        FsFact.Telling {

  /**
   * A filesystem. Key {@code filesystem/<name>}.
   *
   * @param contents the id that the keys of its contents begin with (see {@link FileFact}); null
   *     for one that was made before there were any
   */
  record Filesystem(
      String name, Spec spec, MountState state, Imported imported, @Nullable String contents)
      implements FsFact {

    static Filesystem fresh(String name, Spec spec, String contents) {
      return new Filesystem(name, spec, MountState.NEVER, Imported.NOTHING, contents);
    }

    boolean isMounted() {
      return state.mounted();
    }

    boolean isShutDown() {
      return state.shutdownReason() != null;
    }

    @Nullable Holding holding(Role role) {
      for (Holding holding : state.holdings()) {
        if (holding.role() == role) {
          return holding;
        }
      }
      return null;
    }

    /** Whether an event of the device in that role speaks of the time before this mount. */
    boolean isOlderThanMount(Role role, Event event) {
      Holding holding = holding(role);
      return holding != null && holding.isOlder(event);
    }

    /** Sectors of the device in that role; 0 if it has none. */
    long sectors(Role role) {
      Holding holding = holding(role);
      return holding == null ? 0 : holding.sectors();
    }

    /**
     * Whether there is a reverse map: as asked for, unless an imported dump shows that there is
     * none.
     */
    boolean rmapbt() {
      Section data = imported.section(Role.DATA);
      return spec.rmapbt() && (data == null || data.isReverseMapped());
    }

    /**
     * Whether owners on that device can be told. On a realtime device only kernels with realtime
     * groups can, and those show it by naming owners there in what is imported.
     */
    boolean isWalkable(Role role) {
      return switch (role) {
        case DATA -> rmapbt();
        case LOG -> false;
        case REALTIME -> {
          Section section = imported.section(Role.REALTIME);
          yield rmapbt() && (section == null ? spec.realtimeGroups() : section.namesOwners());
        }
      };
    }

    /**
     * What became of the mount option: without DAX below, or with blocks that are no pages, XFS
     * warns and turns it off.
     */
    Dax effectiveDax() {
      boolean below =
          state.holdings().stream()
              .allMatch(holding -> holding.role() == Role.LOG || holding.dax());
      boolean pages = spec.blockSizeBytes() == Pages.BASE_PAGE_BYTES;
      return below && pages ? spec.dax() : Dax.NEVER;
    }

    Filesystem with(MountState newer) {
      return new Filesystem(name, spec, newer, imported, contents);
    }

    Filesystem with(Imported newer) {
      return new Filesystem(name, spec, state, newer, contents);
    }

    Filesystem withContents(String newer) {
      return new Filesystem(name, spec, state, imported, newer);
    }
  }

  /**
   * What was imported.
   *
   * @param recordsUpload the upload that is the reverse map; null for a fresh filesystem
   * @param pathsUpload the upload that is the list of names; null if none came
   */
  record Imported(
      @Nullable String recordsUpload,
      List<Section> sections,
      @Nullable String pathsUpload,
      int pathParts,
      long pathCount) {

    static final Imported NOTHING = new Imported(null, List.of(), null, 0, 0);

    @Nullable Section section(Role role) {
      for (Section section : sections) {
        if (section.role() == role) {
          return section;
        }
      }
      return null;
    }

    Imported withRecords(String upload, List<Section> newer) {
      return new Imported(upload, List.copyOf(newer), pathsUpload, pathParts, pathCount);
    }

    Imported withPaths(String upload, int parts, long paths) {
      return new Imported(recordsUpload, sections, upload, parts, paths);
    }
  }

  /**
   * A block device that was heard of. Key {@code device/<name>}.
   *
   * @param sliceId the log that its events are numbered in
   * @param complete whether its bad ranges are known from its beginning or from a claim's answer
   * @param adoptedSequence events of that log up to here are in what a claim answered; -1 if none
   */
  record KnownDevice(String sliceId, boolean complete, long adoptedSequence) implements FsFact {}

  /** The newest event that was heard of a log. Key {@code slice/<id>}. */
  record SliceProgress(long sequence) implements FsFact {}

  /**
   * Sectors of a device that are lost. Key {@code bad/<device>/<fault>/<event>}.
   *
   * @param cause null where they can be used again but read as zeros: what was there stays lost
   */
  record BadRanges(String faultId, @Nullable Cause cause, Extents ranges, boolean whole)
      implements FsFact {

    BadRanges withRanges(Extents left) {
      return new BadRanges(faultId, cause, left, false);
    }
  }

  /**
   * An allocation group of a data device that lost blocks of its reverse mapping or free-space
   * trees. Key {@code damaged/<filesystem>/<startSector>}.
   *
   * @param lost what of the trees is lost, in sectors of the device
   * @param faultId that it began with
   */
  record DamagedGroup(long startSector, long endSector, Extents lost, String faultId)
      implements FsFact {

    DamagedGroup withLost(Extents newer) {
      return new DamagedGroup(startSector, endSector, newer, faultId);
    }
  }

  /**
   * A process maps a piece of a file. Key {@code mapping/<pid>/<id>}.
   *
   * @param mount the mount that it was made under
   */
  record Mapping(
      long pid,
      String id,
      String filesystem,
      long mount,
      String path,
      long inode,
      long offsetBytes,
      long lengthBytes,
      boolean shared,
      KillPolicy killPolicy,
      long pageBytes)
      implements FsFact {

    /** log2 of the page: {@code si_addr_lsb}. */
    int pageShift() {
      return Long.numberOfTrailingZeros(pageBytes);
    }

    boolean isSameRequest(Mapping other) {
      return filesystem.equals(other.filesystem)
          && path.equals(other.path)
          && offsetBytes == other.offsetBytes
          && lengthBytes == other.lengthBytes
          && shared == other.shared
          && killPolicy == other.killPolicy
          && pageBytes == other.pageBytes;
    }
  }

  /**
   * Which pages of a window of a mapping are present, in sectors of the file. Key {@code
   * present/<pid>/<id>/<window>}.
   *
   * @param device pages that are the device's own memory, or the page cache's copy of it
   * @param writable those of them that were stored to
   * @param zero pages of holes and unwritten extents that were only loaded from
   * @param copied pages that a private mapping has a copy of
   */
  record PresentPages(Extents device, Extents writable, Extents zero, Extents copied)
      implements FsFact {

    static final PresentPages NONE =
        new PresentPages(Extents.EMPTY, Extents.EMPTY, Extents.EMPTY, Extents.EMPTY);

    boolean isEmpty() {
      return device.isEmpty() && zero.isEmpty() && copied.isEmpty();
    }

    PresentPages invalidated(Extents pages) {
      return new PresentPages(
          device.subtract(pages), writable.subtract(pages), zero.subtract(pages), copied);
    }

    PresentPages without(Extents unmapped) {
      return new PresentPages(device.subtract(unmapped), writable.subtract(unmapped), zero, copied);
    }
  }

  /**
   * A signal that a process got.
   *
   * @param lsb log2 of the bytes affected, -1 where it is no machine-check signal
   */
  record Signal(
      String signal,
      String code,
      String mapping,
      long addressOffsetBytes,
      int lsb,
      @Nullable String faultId) {}

  /** The newest signals of a process, oldest first. Key {@code signals/<pid>}. */
  record Signals(List<Signal> signals, long dropped) implements FsFact {

    /** Older ones are only counted. */
    static final int MAX_KEPT = 100;

    static final Signals NONE = new Signals(List.of(), 0);

    Signals and(Signal signal) {
      List<Signal> more = new ArrayList<>(signals);
      more.add(signal);
      int over = Math.max(0, more.size() - MAX_KEPT);
      return new Signals(List.copyOf(more.subList(over, more.size())), dropped + over);
    }
  }

  /** The host's settings. Key {@code kernel}. */
  record KernelSettings(boolean memoryFailureEarlyKill) implements FsFact {}

  /** An import under way. Key {@code upload/<id>}. */
  record Upload(String filesystem, ImportKind kind, Instant touchedAt) implements FsFact {}

  /** A piece of an import, live or under way. Key {@code part/<upload>/<section>/<number>}. */
  record Part(ImportKind kind, byte[] packed) implements FsFact {
    @Override
    public boolean equals(Object other) {
      return other instanceof Part part && kind == part.kind && Arrays.equals(packed, part.packed);
    }

    @Override
    public int hashCode() {
      return Objects.hash(kind, Arrays.hashCode(packed));
    }
  }

  /**
   * What is still to be told of a loss or a recovery that has more effects than one step tells. Key
   * {@code telling/<filesystem>/<id>}.
   *
   * @param cause of a loss; null for a recovery
   * @param data of a recovery; null for a loss
   */
  record Telling(
      String filesystem,
      Role role,
      @Nullable Cause cause,
      @Nullable RecoveredData data,
      String faultId,
      @Nullable String causationId,
      Extents remaining)
      implements FsFact {

    Telling withRemaining(Extents left) {
      return new Telling(filesystem, role, cause, data, faultId, causationId, left);
    }
  }
}
