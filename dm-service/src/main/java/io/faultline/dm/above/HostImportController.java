package io.faultline.dm.above;

import io.faultline.dm.below.LeafClaims;
import io.faultline.events.Json;
import io.faultline.runtime.Reply;
import io.faultline.runtime.below.BlockDeviceClient.Existence;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.Replies;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Builds the volumes of a real machine from what its tools print. Either all of them are there
 * afterwards, or none that this call made.
 */
@RestController
public final class HostImportController {

  private static final int CREATED = 201;

  /** What a kernel calls devices of a kind. */
  private static final Map<String, String> KINDS =
      Map.of("pmem", "pmem", "nvme", "nvme", "dax", "pmem");

  private final VolumeChanges changes;
  private final LeafClaims devices;

  HostImportController(VolumeChanges changes, LeafClaims devices) {
    this.changes = changes;
    this.devices = devices;
  }

  /**
   * @param lsblk the output of {@code lsblk -J -b -o NAME,MAJ:MIN,SIZE,TYPE,PKNAME}, as JSON or as
   *     a string
   * @param dmsetupTable the output of {@code dmsetup table}
   * @param dmsetupDeps the output of {@code dmsetup deps}; may be left out
   * @param createDevices whether devices that are missing are made, with the sizes that lsblk says
   */
  record ImportRequest(
      @Nullable JsonNode lsblk,
      @Nullable String dmsetupTable,
      @Nullable String dmsetupDeps,
      @Nullable Boolean createDevices) {}

  /**
   * @param status {@code created} or {@code unchanged}
   * @param needsMappings whether its map is in metadata and has not been imported
   */
  record ImportedVolume(String volume, String name, String status, boolean needsMappings) {}

  /**
   * @param number major:minor
   */
  record ImportedDevice(String device, String name, String number, boolean created) {}

  record Imported(List<ImportedVolume> volumes, List<ImportedDevice> devices) {}

  /** Why one of them cannot be built. */
  record Refusal(String about, String reason) {}

  @PostMapping(path = "/v1/hosts/{host}/import", consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<byte[]> importHost(@PathVariable String host, @RequestBody ImportRequest request) {
    Edge.name("host", host);
    if (request.lsblk() == null || request.dmsetupTable() == null) {
      throw Edge.malformed("The body has lsblk and dmsetupTable, and dmsetupDeps if there is any");
    }
    String deps = request.dmsetupDeps() == null ? "" : request.dmsetupDeps();
    RealStack stack = new RealStack(parsed(request.lsblk()), request.dmsetupTable(), deps);
    if (!stack.troubles().isEmpty()) {
      List<Refusal> refusals =
          stack.troubles().stream().map(each -> new Refusal(each.about(), each.reason())).toList();
      return Replies.toResponse(refused(refusals));
    }
    return new Building(host, stack, Boolean.TRUE.equals(request.createDevices())).build();
  }

  private static JsonNode parsed(JsonNode lsblk) {
    try {
      return lsblk.isString() ? Json.LENIENT.readTree(lsblk.asString()) : lsblk;
    } catch (JacksonException e) {
      throw Edge.malformed("lsblk is what lsblk -J prints, but it is no JSON");
    }
  }

  private static Problem refused(List<Refusal> refusals) {
    return Problem.refused(
            "import-refused",
            "The stack cannot be built",
            "Nothing was changed: "
                + refusals.getFirst().about()
                + ": "
                + refusals.getFirst().reason()
                + (refusals.size() > 1 ? ", and " + (refusals.size() - 1) + " more" : ""))
        .with("refusals", refusals);
  }

  /** One import on its way: what it made is taken back if anything is refused. */
  private final class Building {
    private final String host;
    private final RealStack stack;
    private final boolean createDevices;
    private final List<ImportedVolume> volumes = new ArrayList<>();
    private final List<ImportedDevice> leaves = new ArrayList<>();
    private final List<Refusal> refusals = new ArrayList<>();

    Building(String host, RealStack stack, boolean createDevices) {
      this.host = host;
      this.stack = stack;
      this.createDevices = createDevices;
    }

    ResponseEntity<byte[]> build() {
      boolean done = false;
      try {
        stack.leaves().forEach(this::leaf);
        if (refusals.isEmpty()) {
          buildVolumes();
        }
        done = refusals.isEmpty();
      } finally {
        if (!done) {
          takeBack();
        }
      }
      if (!done) {
        return Replies.toResponse(refused(refusals));
      }
      boolean anew =
          leaves.stream().anyMatch(ImportedDevice::created)
              || volumes.stream().anyMatch(volume -> volume.status().equals("created"));
      return Replies.toResponse(
          new Reply(
              anew ? CREATED : 200,
              MediaType.APPLICATION_JSON_VALUE,
              Json.LENIENT.writeValueAsBytes(new Imported(volumes, leaves))));
    }

    private void leaf(RealStack.Block block) {
      String device = RealStack.nameOf(block.name());
      switch (devices.find(host, device)) {
        case Existence.Exists there ->
            leaves.add(new ImportedDevice(device, block.name(), block.number(), false));
        case Existence.Unknown(Problem problem) ->
            refusals.add(new Refusal(device, problem.detail()));
        case Existence.Missing missing when createDevices -> {
          Problem problem = devices.create(host, device, kindOf(device), block.sizeBytes());
          if (problem == null) {
            leaves.add(new ImportedDevice(device, block.name(), block.number(), true));
          } else {
            refusals.add(new Refusal(device, problem.detail()));
          }
        }
        case Existence.Missing missing ->
            refusals.add(
                new Refusal(
                    device,
                    "there is no device "
                        + device
                        + " ("
                        + block.number()
                        + ", "
                        + block.sizeBytes()
                        + " bytes); PUT it, or say \"createDevices\":true"));
      }
    }

    private void buildVolumes() {
      Set<String> failed = new HashSet<>();
      for (RealStack.Mapped mapped : stack.bottomUp()) {
        // What stands on something that was refused has no reason of its own.
        boolean hasGround = stack.lowers(mapped).stream().noneMatch(failed::contains);
        if (!hasGround || !buildVolume(mapped)) {
          failed.add(mapped.name());
        }
      }
    }

    private boolean buildVolume(RealStack.Mapped mapped) {
      String volume = RealStack.nameOf(mapped.name());
      Reply reply = changes.create(host, volume, mapped.table(), stack.numbers(mapped));
      JsonNode body = Json.LENIENT.readTree(reply.body());
      if (!reply.isSuccess()) {
        refusals.add(new Refusal(volume, body.path("detail").asString("status " + reply.status())));
        return false;
      }
      JsonNode mappings = body.path("mappings");
      volumes.add(
          new ImportedVolume(
              volume,
              mapped.name(),
              reply.status() == CREATED ? "created" : "unchanged",
              mappings.isObject() && !mappings.path("imported").asBoolean(false)));
      return true;
    }

    private void takeBack() {
      for (ImportedVolume volume : volumes.reversed()) {
        if (volume.status().equals("created")) {
          changes.delete(host, volume.volume(), null);
        }
      }
      for (ImportedDevice leaf : leaves) {
        if (leaf.created()) {
          devices.forget(host, leaf.device());
        }
      }
    }
  }

  private static String kindOf(String device) {
    for (Map.Entry<String, String> kind : KINDS.entrySet()) {
      if (device.startsWith(kind.getKey())) {
        return kind.getValue();
      }
    }
    return "scsi";
  }
}
