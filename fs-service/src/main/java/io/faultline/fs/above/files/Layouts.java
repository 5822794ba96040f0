package io.faultline.fs.above.files;

import io.faultline.events.Json;
import io.faultline.fs.above.FsGateway;
import io.faultline.fs.below.Downward;
import io.faultline.fs.core.FileCommand;
import io.faultline.fs.core.FileViews.ExtentView;
import io.faultline.fs.core.FileViews.LayoutView;
import io.faultline.fs.core.FsCommand;
import io.faultline.fs.core.Holding;
import io.faultline.fs.core.Views.HoldingsView;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.Problems;
import io.faultline.runtime.Reply;
import io.faultline.runtime.core.ExplicitNulls;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where files lie, down to the sectors of devices: the layer's extents, through dm's map. */
final class Layouts {

  /** Pieces, holes and alternatives of one answer; what is more comes with the next page. */
  private static final int MAX_PIECES = 65_536;

  private static final int SECTOR_BYTES = SectorRange.SECTOR_BYTES;

  /**
   * @param device a leaf
   * @param offsetBytes where its first sector lies in the file
   */
  record PieceView(String device, long sector, long count, long offsetBytes) {}

  /**
   * @param kind what reads of it answer: {@code zero}, {@code error}, {@code reconstructed}
   */
  record HoleView(long offsetBytes, long lengthBytes, String kind) {}

  /**
   * An extent of a file.
   *
   * @param device what the filesystem stands on, {@code sector} and {@code count} in it
   * @param pieces the same on leaf devices
   * @param alternatives where the same can be read instead
   */
  record PlacedExtent(
      long offsetBytes,
      long lengthBytes,
      String role,
      String device,
      long sector,
      long count,
      String fork,
      List<String> flags,
      List<PieceView> pieces,
      List<HoleView> holes,
      List<PieceView> alternatives) {}

  record PlacedLayout(
      String path,
      long inode,
      long sizeBytes,
      List<String> paths,
      List<PlacedExtent> extents,
      @Nullable Long next)
      implements ExplicitNulls {}

  private final FsGateway gateway;
  private final Downward downward;

  Layouts(FsGateway gateway, Downward downward) {
    this.gateway = gateway;
    this.downward = downward;
  }

  Reply get(String host, FileCommand.GetLayout command) {
    Reply reply = gateway.send(host, command, null);
    if (!reply.isSuccess()) {
      return reply;
    }
    LayoutView layout = Json.LENIENT.readValue(reply.body(), LayoutView.class);
    Reply held = gateway.send(host, new FsCommand.GetHoldings(command.filesystem()), null);
    if (!held.isSuccess()) {
      return held;
    }
    Set<String> volumes = new HashSet<>();
    for (Holding holding : Json.LENIENT.readValue(held.body(), HoldingsView.class).holdings()) {
      if (holding.volume()) {
        volumes.add(holding.device());
      }
    }
    List<PlacedExtent> placed = new ArrayList<>();
    int room = MAX_PIECES;
    for (ExtentView extent : layout.extents()) {
      Placing placing = new Placing(extent);
      Reply failure = volumes.contains(extent.device()) ? placing.ask(host) : placing.itself();
      if (failure != null) {
        return failure;
      }
      PlacedExtent done = placing.done();
      int count = done.pieces().size() + done.holes().size() + done.alternatives().size();
      if (count > room && !placed.isEmpty()) {
        return answer(layout, placed, extent.offsetBytes());
      }
      room -= count;
      placed.add(done);
    }
    return answer(layout, placed, layout.next());
  }

  private static Reply answer(LayoutView layout, List<PlacedExtent> extents, @Nullable Long next) {
    PlacedLayout body =
        new PlacedLayout(
            layout.path(), layout.inode(), layout.sizeBytes(), layout.paths(), extents, next);
    return new Reply(200, "application/json", Problems.json(body));
  }

  /** An extent on its way down. */
  private final class Placing {
    private final ExtentView extent;
    private final List<PieceView> pieces = new ArrayList<>();
    private final List<HoleView> holes = new ArrayList<>();
    private final List<PieceView> alternatives = new ArrayList<>();

    Placing(ExtentView extent) {
      this.extent = extent;
    }

    /** It lies on a device. */
    @Nullable Reply itself() {
      pieces.add(
          new PieceView(extent.device(), extent.sector(), extent.count(), extent.offsetBytes()));
      return null;
    }

    /** Why it is not known. */
    @Nullable Reply ask(String host) {
      Long from = extent.sector();
      long end = extent.sector() + extent.count();
      while (from != null && from < end) {
        switch (downward.ask(host, extent.device(), from, end - from)) {
          case Downward.Answer.Failed failed -> {
            return FileChanges.asReply(failed.problem());
          }
          case Downward.Answer.Mapped mapped -> {
            mapped.pieces().forEach(piece -> pieces.add(placed(piece)));
            mapped.alternatives().forEach(piece -> alternatives.add(placed(piece)));
            for (Downward.Hole hole : mapped.holes()) {
              holes.add(
                  new HoleView(
                      inFile(hole.volumeSector()), hole.count() * SECTOR_BYTES, hole.kind()));
            }
            from = mapped.next();
          }
        }
      }
      return null;
    }

    private PieceView placed(Downward.Piece piece) {
      return new PieceView(
          piece.device(), piece.sector(), piece.count(), inFile(piece.volumeSector()));
    }

    private long inFile(long sector) {
      return extent.offsetBytes() + (sector - extent.sector()) * SECTOR_BYTES;
    }

    PlacedExtent done() {
      return new PlacedExtent(
          extent.offsetBytes(),
          extent.lengthBytes(),
          extent.role(),
          extent.device(),
          extent.sector(),
          extent.count(),
          extent.fork(),
          extent.flags(),
          pieces,
          holes,
          alternatives);
    }
  }
}
