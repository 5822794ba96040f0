package io.faultline.fs.above;

import io.faultline.events.Json;
import io.faultline.fs.below.BlockDevices;
import io.faultline.fs.below.Upward;
import io.faultline.fs.below.Upward.VolumeEffect;
import io.faultline.fs.core.FsCommand;
import io.faultline.fs.core.FsCommand.Target;
import io.faultline.fs.core.Views.ImpactFilesystem;
import io.faultline.fs.core.Views.ImpactView;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.Reply;
import io.faultline.runtime.below.BlockDeviceClient.Existence;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import io.faultline.runtime.http.Replies;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** What if a range of a block device went bad: asks the layers, changes nothing. */
@RestController
public final class ImpactController {

  private final FsGateway gateway;
  private final BlockDevices devices;
  private final Upward upward;

  public ImpactController(FsGateway gateway, BlockDevices devices, Upward upward) {
    this.gateway = gateway;
    this.devices = devices;
    this.upward = upward;
  }

  /** The whole answer. */
  record Body(
      String device,
      long sector,
      long count,
      List<VolumeEffect> volumes,
      List<ImpactFilesystem> filesystems) {}

  @GetMapping("/v1/hosts/{host}/impact")
  ResponseEntity<byte[]> impact(
      @PathVariable String host,
      @RequestParam String device,
      @RequestParam @Nullable Long sector,
      @RequestParam @Nullable Long count) {
    Edge.name("host", host);
    Edge.name("device", device);
    if ((sector == null) != (count == null)) {
      throw Edge.malformed("sector and count come together, or neither for the whole device");
    }
    long sectors = sectorsOf(host, device);
    SectorRange asked =
        sector == null || count == null
            ? new SectorRange(0, sectors)
            : Edge.sectorRange(sector, count).intersect(new SectorRange(0, sectors));
    boolean whole = asked.sectorCount() == sectors;
    List<VolumeEffect> volumes = asked.isEmpty() ? List.of() : volumes(host, device, asked);
    Reply reply =
        gateway.send(host, new FsCommand.AskImpact(targets(device, asked, whole, volumes)), null);
    if (!reply.isSuccess()) {
      return Replies.toResponse(reply);
    }
    ImpactView view = Json.LENIENT.readValue(reply.body(), ImpactView.class);
    Body body =
        new Body(device, asked.startSector(), asked.sectorCount(), volumes, view.filesystems());
    return ResponseEntity.ok()
        .contentType(MediaType.APPLICATION_JSON)
        .body(Json.LENIENT.writeValueAsBytes(body));
  }

  private long sectorsOf(String host, String device) {
    return switch (devices.find(host, device)) {
      case Existence.Exists exists -> exists.description().path("sectors").asLong(0);
      case Existence.Missing ignored ->
          throw new ProblemException(BlockDevices.unknown(host, device));
      case Existence.Unknown unknown -> throw new ProblemException(unknown.problem());
    };
  }

  private List<VolumeEffect> volumes(String host, String device, SectorRange asked) {
    return switch (upward.ask(host, device, asked)) {
      case Upward.Answer.Volumes found -> found.volumes();
      // Nothing was ever made on it: what stands on it stands there directly.
      case Upward.Answer.Unknown ignored -> List.of();
      case Upward.Answer.Failed failed -> throw new ProblemException(failed.problem());
    };
  }

  private static List<Target> targets(
      String device, SectorRange asked, boolean whole, List<VolumeEffect> volumes) {
    List<Target> targets = new ArrayList<>();
    targets.add(new Target(device, Extents.of(asked), whole));
    for (VolumeEffect volume : volumes) {
      if (volume.losesData()) {
        targets.add(new Target(volume.volume(), volume.ranges(), whole));
      }
    }
    return targets;
  }
}
