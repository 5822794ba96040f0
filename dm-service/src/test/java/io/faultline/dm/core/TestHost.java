package io.faultline.dm.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.dm.OracleCase;
import io.faultline.dm.above.dump.CacheDump;
import io.faultline.dm.above.dump.MapShape;
import io.faultline.dm.above.dump.PairsDump;
import io.faultline.dm.above.dump.ThinDump;
import io.faultline.dm.core.map.PackedPieces;
import io.faultline.events.BlockEvent;
import io.faultline.events.Cause;
import io.faultline.events.DeviceEvent;
import io.faultline.events.Event;
import io.faultline.events.EventData;
import io.faultline.events.Origin;
import io.faultline.events.RecoveredData;
import io.faultline.ranges.Extents;
import io.faultline.runtime.SealedCodec;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Claim;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.testing.CoreHarness;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A host whose devices are here and whose volumes are in the core: every call is the command that
 * the HTTP interface sends, claims included.
 */
final class TestHost implements OracleCase.Asked {

  static final String HOST = "local";
  static final Instant DEADLINE = Instant.parse("2026-01-01T01:00:00Z");
  private static final String SLICE = "slice-1";

  private record Device(long sectors, boolean dax, long logicalBlockBytes) {}

  final CoreHarness<DmState, DmCommand, DmFact> core =
      new CoreHarness<>(
          "dm",
          new DmCore(),
          new SealedCodec<>(DmCommand.class),
          new SealedCodec<>(DmFact.class),
          HOST);
  private final Map<String, Device> devices = new TreeMap<>();
  private long sequence;

  /** A device that tells that it is there. */
  TestHost device(String name, long sectors) {
    device(name, sectors, true);
    return this;
  }

  @Override
  public void device(String name, long sectors, boolean dax) {
    device(name, sectors, dax, 512);
  }

  void device(String name, long sectors, boolean dax, long logicalBlockBytes) {
    devices.put(name, new Device(sectors, dax, logicalBlockBytes));
    hear(new DeviceEvent.DeviceAdded(HOST, name, "pmem", sectors, dax, 1), null);
  }

  /** A device that dm has heard nothing of, only its answer to a claim. */
  TestHost silentDevice(String name, long sectors) {
    devices.put(name, new Device(sectors, true, 512));
    return this;
  }

  List<Event> hear(EventData data, @Nullable String faultId) {
    sequence++;
    return hearAs(sequence, data, faultId);
  }

  List<Event> hearAs(long asSequence, EventData data, @Nullable String faultId) {
    String id = "local:event" + asSequence;
    return core.hear(
        new Event(
            id,
            "/hosts/local/devices/x",
            core.now(),
            faultId,
            null,
            asSequence,
            SLICE,
            null,
            data));
  }

  List<Event> corrupt(String device, String faultId, long... pairs) {
    Extents ranges = Extents.ofPairs(pairs);
    return hear(
        new BlockEvent.CorruptedRange(
            HOST, device, ranges, false, Cause.MEDIA_ERROR, Origin.of(device, ranges), 0, true),
        faultId);
  }

  List<Event> recover(String device, String faultId, RecoveredData data, long... pairs) {
    Extents ranges = Extents.ofPairs(pairs);
    return hear(
        new BlockEvent.RangeRecovered(
            HOST, device, ranges, false, Cause.MEDIA_ERROR, null, 0, true, data),
        faultId);
  }

  List<Event> announce(String device, String removalId, Map<String, Long> credits) {
    return hear(
        new BlockEvent.MfMemPreRemove(
            HOST,
            device,
            whole(device),
            true,
            Cause.DEVICE_REMOVED,
            null,
            0,
            true,
            removalId,
            DEADLINE,
            credits),
        "fault-of-" + removalId);
  }

  List<Event> lose(String device, String removalId) {
    List<Event> told =
        hear(
            new BlockEvent.CorruptedRange(
                HOST, device, whole(device), true, Cause.DEVICE_REMOVED, null, 0, true),
            "fault-of-" + removalId);
    hear(new DeviceEvent.DeviceRemoved(HOST, device, removalId, "planned", false), null);
    return told;
  }

  List<Event> plug(String device, String removalId) {
    hear(new DeviceEvent.DevicePlugged(HOST, device, 2, sectors(device)), null);
    return hear(
        new BlockEvent.RangeRecovered(
            HOST,
            device,
            whole(device),
            true,
            Cause.DEVICE_REMOVED,
            null,
            0,
            true,
            RecoveredData.RETURNED),
        "fault-of-" + removalId);
  }

  Extents whole(String device) {
    return Extents.of(0, sectors(device));
  }

  long sectors(String device) {
    return java.util.Objects.requireNonNull(devices.get(device)).sectors();
  }

  /** What the claim of a device answers that has no fault. */
  Claim claimOf(String device) {
    return claimOf(device, List.of());
  }

  Claim claimOf(String device, List<Claim.KnownFault> faults) {
    Device known = java.util.Objects.requireNonNull(devices.get(device));
    Extents ranges = Extents.EMPTY;
    for (Claim.KnownFault fault : faults) {
      ranges = ranges.union(fault.ranges());
    }
    return new Claim(
        1,
        known.sectors(),
        known.dax(),
        known.logicalBlockBytes(),
        ranges,
        sequence,
        SLICE,
        faults,
        1);
  }

  private Map<String, Claim> claimsFor(String volume, String table, Map<String, String> numbers) {
    Answers.Plan plan = ok(core.command(new DmCommand.PlanTable(volume, table, numbers)));
    Map<String, Claim> claims = new TreeMap<>();
    for (Answers.Leaf leaf : plan.leaves()) {
      if (devices.containsKey(leaf.device())) {
        claims.put(leaf.device(), claimOf(leaf.device()));
      }
    }
    return claims;
  }

  @Override
  public OracleCase.Put put(String volume, String table, Map<String, String> numbers) {
    return switch (create(volume, table, numbers)) {
      case Answer.Refused(Problem problem) -> {
        Map<String, Object> members = new TreeMap<>(problem.more());
        members.put("type", "/problems/" + problem.kind());
        members.put("detail", problem.detail());
        yield new OracleCase.Put(problem.status(), members);
      }
      case Answer done -> new OracleCase.Put(done.status(), Map.of());
    };
  }

  @Override
  public boolean exists(String volume) {
    return core.command(new DmCommand.GetVolume(volume)).status() == 200;
  }

  Answer put(String volume, String table) {
    return create(volume, table, Map.of());
  }

  /** As the service does it: first the form alone, and what is left of the table after that. */
  Answer create(String volume, String table, Map<String, String> numbers) {
    return switch (TableForm.check(table, numbers)) {
      case TableForm.Checked.Refused(Problem problem) -> problem.asAnswer();
      case TableForm.Checked.Ok(String checked) ->
          core.command(
              new DmCommand.CreateVolume(
                  volume, checked, numbers, claimsFor(volume, checked, numbers)));
    };
  }

  /** A volume that must come into being. */
  TestHost volume(String name, String... lines) {
    assertThat(put(name, String.join("\n", lines))).extracting(Answer::status).isEqualTo(201);
    return this;
  }

  Answer load(String volume, String... lines) {
    String table = String.join("\n", lines);
    return core.command(
        new DmCommand.LoadTable(volume, table, Map.of(), claimsFor(volume, table, Map.of())));
  }

  Answer suspend(String volume) {
    return core.command(new DmCommand.Suspend(volume));
  }

  Answer resume(String volume) {
    return core.command(new DmCommand.Resume(volume));
  }

  /** A resync of which every step succeeds for which there is something to copy. */
  void resync(String volume) {
    assertThat(core.command(new DmCommand.Resync(volume)).status()).isEqualTo(202);
    Answer answer = core.command(new DmCommand.NextCopy(volume, 4096));
    while (answer.status() == 200) {
      Answers.CopyStep step = ok(answer);
      Extents made = Extents.EMPTY;
      for (Answers.CopyRecipe recipe : step.recipes()) {
        made = made.union(Extents.of(recipe.at(), recipe.count()));
      }
      Extents failed = Extents.of(0, step.sectors()).subtract(made);
      answer =
          core.command(
              new DmCommand.Copied(volume, step.copyId(), step.number(), failed.toPairs(), 4096));
    }
    assertThat(answer.status()).isEqualTo(204);
  }

  Answer delete(String volume) {
    return core.command(new DmCommand.DeleteVolume(volume));
  }

  Answer claim(String volume, String holder) {
    return core.command(new DmCommand.ClaimVolume(volume, holder));
  }

  @Override
  public Answers.Volume get(String volume) {
    return ok(core.command(new DmCommand.GetVolume(volume)));
  }

  /** What each volume would lose; nothing else becomes of it. */
  Map<String, Extents> upward(String device, long sector, long count) {
    Map<String, Map<String, Extents>> suffered = suffered(device, sector, count);
    assertThat(suffered.keySet()).isSubsetOf("data_lost");
    return suffered.getOrDefault("data_lost", Map.of());
  }

  @Override
  public Map<String, Map<String, Extents>> suffered(String device, long sector, long count) {
    Answers.Upward answer = ok(core.command(new DmCommand.WhatIf(device, sector, count)));
    assertThat(answer.next()).isNull();
    Map<String, Map<String, Extents>> suffered = new TreeMap<>();
    for (Answers.Touched touched : answer.volumes()) {
      assertThat(touched.ranges()).isNotEmpty();
      Extents before =
          suffered
              .computeIfAbsent(touched.effect(), any -> new TreeMap<>())
              .put(touched.volume(), Extents.ofPairs(touched.ranges()));
      assertThat(before).as("one entry for each effect").isNull();
    }
    return suffered;
  }

  @Override
  public Answers.Mapped map(String volume, long sector, long count) {
    return ok(core.command(new DmCommand.MapDown(volume, sector, count, null)));
  }

  @Override
  public void mappings(String volume, String contentType, String body) {
    Answers.ImportTicket ticket =
        ok(core.command(new DmCommand.BeginImport(volume, "upload-of-" + volume)));
    MapShape shape =
        new MapShape(ticket.blockSectors(), ticket.originBlocks(), ticket.dataBlocks());
    PackedPieces packed = new PackedPieces();
    InputStream in = new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8));
    try {
      switch (ticket.form()) {
        case THIN_DUMP -> ThinDump.read(in, shape, packed);
        case CACHE_DUMP -> CacheDump.read(in, shape, packed);
        case PAIRS -> PairsDump.read(in, shape, true, packed);
        case REGIONS -> PairsDump.read(in, shape, false, packed);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    core.command(new DmCommand.ImportPart(ticket.upload(), 0, packed.take()));
    ok(core.command(new DmCommand.CommitImport(ticket, 1, 1, 0, 0, null)));
  }

  /** The body of an answer that must be one. */
  @SuppressWarnings("unchecked")
  static <T> T ok(Answer answer) {
    assertThat(answer).as("an answer that is no refusal").isInstanceOf(Answer.Done.class);
    return (T) java.util.Objects.requireNonNull(((Answer.Done) answer).body());
  }

  static Problem refusal(Answer answer) {
    assertThat(answer).as("a refusal").isInstanceOf(Answer.Refused.class);
    return ((Answer.Refused) answer).problem();
  }

  /** The ranges that volumes were told to have, over all events of a kind, by volume. */
  static <E extends BlockEvent> Map<String, Extents> told(List<Event> events, Class<E> kind) {
    Map<String, Extents> told = new TreeMap<>();
    for (Event event : events) {
      if (kind.isInstance(event.data())) {
        BlockEvent block = (BlockEvent) event.data();
        told.merge(block.device(), block.ranges(), Extents::union);
      }
    }
    return told;
  }

  /** What is kept must be enough to go on from. */
  void checkReplay() {
    assertThat(core.replayed()).isEqualTo(core.state());
  }
}
