package io.faultline.fs.above.files;

import io.faultline.events.Json;
import io.faultline.fs.above.FsGateway;
import io.faultline.fs.below.BlockBytes;
import io.faultline.fs.core.FileCommand;
import io.faultline.fs.core.FileViews.ReadPiece;
import io.faultline.fs.core.FileViews.ReadPlan;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.Reply;
import io.faultline.runtime.below.BlockDataClient;
import io.faultline.runtime.core.Problem;
import org.jspecify.annotations.Nullable;

/**
 * Reads chunks of files. The owner says where the bytes are, they are read there, and the owner is
 * asked again: if the file's map is another one by then, they may be those of another file, and it
 * is done anew.
 */
final class FileReader {

  private static final int SECTOR_BYTES = SectorRange.SECTOR_BYTES;
  private static final int CONFLICT = 409;

  /** How often a chunk is read while others change the file. */
  private static final int TRIES = 16;

  /** A chunk, or why there is none. */
  sealed interface Chunk {

    /**
     * @param plan that it was read by; it may be for less than was asked
     * @param bytes of the file; zeros where they are lost
     * @param lost bytes of the file, not sectors; none if they would refuse the read
     */
    record Content(ReadPlan plan, byte[] bytes, Extents lost) implements Chunk {}

    record Refused(Reply reply) implements Chunk {}
  }

  private final FsGateway gateway;
  private final BlockBytes blocks;

  FileReader(FsGateway gateway, BlockBytes blocks) {
    this.gateway = gateway;
    this.blocks = blocks;
  }

  Reply plan(String host, FileCommand.PlanRead command) {
    return gateway.send(host, command, null);
  }

  static ReadPlan plan(Reply reply) {
    return Json.LENIENT.readValue(reply.body(), ReadPlan.class);
  }

  /**
   * Reads a chunk.
   *
   * @param command for as many bytes as a chunk may have
   */
  Chunk read(String host, FileCommand.PlanRead command) {
    Reply reply = plan(host, command);
    Problem changed = null;
    for (int tried = 0; tried < TRIES; tried++) {
      if (!reply.isSuccess()) {
        return new Chunk.Refused(reply);
      }
      ReadPlan plan = plan(reply);
      Moved moved = new Moved(plan);
      Problem problem = moved.read(host);
      Reply again = plan(host, command);
      if (again.isSuccess() && !isSame(plan, plan(again))) {
        reply = again;
        continue;
      }
      if (problem != null && problem.status() == CONFLICT) {
        // It is another device by now; the layer will have heard of it in a moment.
        changed = problem;
        reply = again;
        continue;
      }
      if (problem != null) {
        return new Chunk.Refused(FileChanges.asReply(problem));
      }
      // A loss that became known meanwhile refuses what was read before it.
      return again.isSuccess() ? moved.chunk(command) : new Chunk.Refused(again);
    }
    return new Chunk.Refused(
        FileChanges.asReply(
            Problem.unavailable(
                changed == null
                    ? command.path() + " changed all the time while it was read"
                    : "The device below changed: " + changed.detail())));
  }

  private static boolean isSame(ReadPlan one, ReadPlan other) {
    return one.inode() == other.inode()
        && one.version() == other.version()
        && one.lengthBytes() == other.lengthBytes();
  }

  /** The bytes of a plan. */
  private final class Moved {
    private final ReadPlan plan;
    private final byte[] bytes;
    private Extents lost;
    private long firstBadSector = -1;

    Moved(ReadPlan plan) {
      this.plan = plan;
      this.bytes = new byte[Math.toIntExact(plan.lengthBytes())];
      this.lost = plan.lost();
    }

    @Nullable Problem read(String host) {
      for (ReadPiece piece : plan.pieces()) {
        Problem problem = read(host, piece);
        if (problem != null) {
          return problem;
        }
      }
      return null;
    }

    private @Nullable Problem read(String host, ReadPiece piece) {
      // piece     |--------|--------|--------|   sectors
      // plan           |---------------|         bytes
      SectorRange window = new SectorRange(plan.offsetBytes(), plan.lengthBytes());
      long pieceBytes = piece.place().count() * SECTOR_BYTES;
      SectorRange wanted = window.intersect(new SectorRange(piece.offsetBytes(), pieceBytes));
      if (wanted.isEmpty()) {
        return null;
      }
      long from = (wanted.startSector() - piece.offsetBytes()) / SECTOR_BYTES;
      long to = Math.ceilDiv(wanted.endSector() - piece.offsetBytes(), SECTOR_BYTES);
      switch (blocks.read(host, piece.place(), from, to - from)) {
        case BlockDataClient.Read.Refused(Problem problem) -> {
          return problem;
        }
        case BlockDataClient.Read.Content(byte[] read, Extents bad) -> {
          long start = piece.offsetBytes() + from * SECTOR_BYTES;
          System.arraycopy(
              read,
              Math.toIntExact(wanted.startSector() - start),
              bytes,
              Math.toIntExact(wanted.startSector() - plan.offsetBytes()),
              Math.toIntExact(wanted.sectorCount()));
          for (SectorRange range : bad.toList()) {
            long at = start + range.startSector() * SECTOR_BYTES;
            lost = lost.union(Extents.of(at, range.sectorCount() * SECTOR_BYTES).clip(wanted));
            if (firstBadSector < 0) {
              firstBadSector = piece.place().sector() + from + range.startSector();
            }
          }
          return null;
        }
      }
    }

    Chunk chunk(FileCommand.PlanRead command) {
      return command.recover() || lost.isEmpty()
          ? new Chunk.Content(plan, bytes, lost)
          : new Chunk.Refused(FileChanges.asReply(mediaError(command.path())));
    }

    /** Nobody knew of it until now. */
    private Problem mediaError(String path) {
      long first = lost.startSector(0);
      return Problem.refused(
              "media-error",
              "Bytes are lost",
              path + " has lost bytes from offset " + first + " on (EIO)")
          .with("errno", "EIO")
          .with("offsetBytes", first)
          .with("sector", firstBadSector);
    }
  }
}
