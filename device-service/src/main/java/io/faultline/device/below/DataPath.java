package io.faultline.device.below;

import io.faultline.device.core.DataRules;
import io.faultline.device.core.DataRules.Plan;
import io.faultline.device.core.Device;
import io.faultline.device.core.DeviceCommand;
import io.faultline.events.Json;
import io.faultline.events.RecoveredData;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.Reply;
import io.faultline.runtime.core.Problem;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Moves the bytes of devices.
 *
 * <p>Content is forced to the medium before the journal says that it healed:
 *
 * <pre>
 * gate passed:  plan, content to the medium, force, one entry in the journal: healed, and told
 * </pre>
 *
 * <p>So whoever reads sees the old error or the new content, never the old content without the
 * error, whatever crashes when. Nobody reads or changes the range meanwhile; so a reader sees all
 * of a write or nothing of it. Only a crash in between can show a part, as it can of any block
 * write that was not answered: each clean sector has its old or its new content, whole, and what
 * was bad is bad.
 */
public final class DataPath {

  /** New latent poison may come while a call discovers old; after so many times it gives up. */
  private static final int TRIES = 8;

  /** With any other answer the journal does not say what the medium has. */
  private static final int DONE = 200;

  private final Slice slice;
  private final long callBytes;
  private final long clearBytes;
  private final Recovered recovered;
  private final Runnable beforeJournal;

  /**
   * @param callBytes bytes that one call gives or takes at most
   * @param clearBytes bytes of poison that one call clears at most
   * @param recovered hears what was healed
   */
  public DataPath(Slice slice, long callBytes, long clearBytes, Recovered recovered) {
    this(slice, callBytes, clearBytes, recovered, () -> {});
  }

  /** One whose recovered bytes nobody counts. */
  public DataPath(Slice slice, long callBytes, long clearBytes) {
    this(slice, callBytes, clearBytes, (host, device, data, bytes) -> {});
  }

  /**
   * @param beforeJournal called when content is on the medium and the journal does not say so yet:
   *     the worst moment for a crash
   */
  DataPath(
      Slice slice, long callBytes, long clearBytes, Recovered recovered, Runnable beforeJournal) {
    this.slice = slice;
    this.callBytes = callBytes;
    this.clearBytes = clearBytes;
    this.recovered = recovered;
    this.beforeJournal = beforeJournal;
  }

  /** Hears how many bytes of poison went, and what is there now. */
  public interface Recovered {
    void add(String host, String device, RecoveredData data, long bytes);
  }

  /** What a read gives. */
  public sealed interface ReadResult {

    record Refused(Problem problem) implements ReadResult {}

    /**
     * @param content of the part of the range that the device has; bad sectors are zeroes
     * @param bad those sectors
     */
    record Content(byte[] content, Extents bad) implements ReadResult {}
  }

  /** Who moves bytes, and what he knows of the device. */
  public record Caller(
      @Nullable String holder,
      @Nullable Long generation,
      boolean recover,
      @Nullable String traceparent) {}

  /** Reads what there is of a range. Latent poison in it becomes known. */
  public ReadResult read(String host, String device, SectorRange asked, Caller caller) {
    Media media = slice.media(host, device);
    if (media == null) {
      return new ReadResult.Refused(slice.notThere(host, device));
    }
    try (var _ = media.gate().reading(asked)) {
      return read(media, host, device, asked, caller);
    }
  }

  private ReadResult read(
      Media media, String host, String device, SectorRange asked, Caller caller) {
    for (int tries = 0; tries < TRIES; tries++) {
      Plan plan = readPlan(host, device, asked, caller);
      if (!(plan instanceof Plan.Read read)) {
        return new ReadResult.Refused(refusal(device, plan));
      }
      if (read.range().sectorCount() * Device.SECTOR_BYTES > callBytes) {
        return new ReadResult.Refused(tooMuch(read.range(), callBytes, "data-bytes-per-call"));
      }
      byte[] content = copy(media, read);
      if (content == null) {
        return new ReadResult.Refused(slice.notThere(host, device));
      }
      // What went bad, was healed or left meanwhile: then the bytes are of two times.
      if (read.equals(readPlan(host, device, asked, caller))) {
        return new ReadResult.Content(content, read.bad());
      }
    }
    return new ReadResult.Refused(busy(device));
  }

  private Plan readPlan(String host, String device, SectorRange asked, Caller caller) {
    return plan(
        host,
        device,
        caller.traceparent(),
        found -> DataRules.read(found, asked, caller.generation(), caller.recover()));
  }

  /** The bytes with zeroes for what is bad; null if the device was deleted. */
  private static byte @Nullable [] copy(Media media, Plan.Read read) {
    try {
      byte[] content = media.read(read.range());
      read.bad()
          .shift(-read.range().startSector())
          .forEach(
              (start, count) ->
                  Arrays.fill(
                      content,
                      (int) start * Device.SECTOR_BYTES,
                      (int) (start + count) * Device.SECTOR_BYTES,
                      (byte) 0));
      return content;
    } catch (MediaGoneException e) {
      return null;
    }
  }

  /** Stores whole sectors and heals the clear units that they cover whole. */
  public Reply write(String host, String device, long startSector, byte[] content, Caller caller) {
    return put(
        host,
        device,
        startSector,
        content,
        caller,
        (found, range) ->
            DataRules.write(found, range, caller.holder(), caller.generation(), caller.recover()));
  }

  /** Stores whole sectors as a processor does through a mapping: nothing heals. */
  public Reply store(String host, String device, long startSector, byte[] content, Caller caller) {
    return put(
        host,
        device,
        startSector,
        content,
        caller,
        (found, range) -> DataRules.store(found, range, caller.holder(), caller.generation()));
  }

  private Reply put(
      String host,
      String device,
      long startSector,
      byte[] content,
      Caller caller,
      BiFunction<Device, SectorRange, Plan> rule) {
    if (content.length == 0 || content.length % Device.SECTOR_BYTES != 0) {
      return Slice.refused(
          Problem.refused(
              "partial-sector",
              "Only whole sectors are stored",
              "the body has "
                  + content.length
                  + " bytes, which is no positive multiple of "
                  + Device.SECTOR_BYTES));
    }
    SectorRange range = new SectorRange(startSector, content.length / Device.SECTOR_BYTES);
    return change(
        host,
        device,
        caller.traceparent(),
        range,
        RecoveredData.REWRITTEN,
        found -> rule.apply(found, range),
        (media, plan) -> media.write(startSector, content));
  }

  /** Clears poison in the whole clear units of a range; what was bad is zero afterwards. */
  public Reply clear(String host, String device, SectorRange range, @Nullable String traceparent) {
    return change(
        host,
        device,
        traceparent,
        range,
        RecoveredData.ZEROED,
        found -> DataRules.clear(found, range),
        (media, plan) -> media.zero(plan.heals()));
  }

  private interface Change {
    void apply(Media media, Plan.Write plan) throws IOException;
  }

  private Reply change(
      String host,
      String device,
      @Nullable String traceparent,
      SectorRange asked,
      RecoveredData data,
      Function<Device, Plan> rule,
      Change change) {
    Media media = slice.media(host, device);
    if (media == null) {
      return Slice.refused(slice.notThere(host, device));
    }
    try (var _ = media.gate().changing(asked)) {
      Plan plan = plan(host, device, traceparent, rule);
      return switch (plan) {
        case Plan.Refused _, Plan.Discover _, Plan.Read _ -> Slice.refused(refusal(device, plan));
        case Plan.Write write
            when data == RecoveredData.ZEROED
                && write.heals().totalSectors() * Device.SECTOR_BYTES > clearBytes ->
            Slice.refused(tooMuch(write.range(), clearBytes, "clear-bytes-per-call"));
        case Plan.Write write when write.heals().isEmpty() && data == RecoveredData.REWRITTEN -> {
          change.apply(media, write);
          yield nothingHealed();
        }
        case Plan.Write write -> {
          Problem refusal = slice.refusesChanges();
          if (refusal != null) {
            yield Slice.refused(refusal);
          }
          byte[] before = data == RecoveredData.REWRITTEN ? media.read(write.range()) : null;
          change.apply(media, write);
          beforeJournal.run();
          Reply reply =
              healed(
                  host,
                  new DeviceCommand.Heal(
                      device, write.generation(), write.heals(), data, Extents.of(asked)),
                  traceparent);
          if (reply.status() != DONE && before != null && slice.failure() == null) {
            // Or the sectors that were never bad would have new content, and the call was refused.
            media.write(write.range().startSector(), before);
          }
          yield reply;
        }
      };
    } catch (MediaGoneException e) {
      return Slice.refused(slice.notThere(host, device));
    } catch (IOException e) {
      return Slice.refused(Slice.noRoom(e));
    }
  }

  /** Says in the journal, in one entry, that poison went. */
  private Reply healed(String host, DeviceCommand.Heal heal, @Nullable String traceparent) {
    Reply reply = slice.command(host, heal, null, traceparent);
    if (reply.status() == DONE && !heal.ranges().isEmpty()) {
      recovered.add(
          host, heal.device(), heal.data(), heal.ranges().totalSectors() * Device.SECTOR_BYTES);
    }
    return reply;
  }

  private static Reply nothingHealed() {
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("ranges", new long[0]);
    body.put("eventId", null);
    return new Reply(200, "application/json", Json.LENIENT.writeValueAsBytes(body));
  }

  /** The rule's plan after everything latent that is in its way has become known. */
  private Plan plan(
      String host, String device, @Nullable String traceparent, Function<Device, Plan> rule) {
    Plan plan = new Plan.Refused(busy(device));
    for (int tries = 0; tries < TRIES; tries++) {
      plan =
          slice.read(
              host,
              state -> {
                Device found = state.device(device);
                return found == null
                    ? new Plan.Refused(slice.notThere(host, device))
                    : rule.apply(found);
              });
      if (!(plan instanceof Plan.Discover discover)) {
        return plan;
      }
      slice.command(
          host,
          new DeviceCommand.Discover(
              device, discover.range().startSector(), discover.range().sectorCount()),
          null,
          traceparent);
    }
    return plan;
  }

  private static Problem refusal(String device, Plan plan) {
    return plan instanceof Plan.Refused refused ? refused.problem() : busy(device);
  }

  private static Problem tooMuch(SectorRange range, long limitBytes, String limit) {
    return Problem.refused(
        "too-much-data",
        "That is too much for one call",
        "range "
            + range
            + " is more than "
            + limitBytes
            + " bytes, the limit of one call (faultline.device.limits."
            + limit
            + ")");
  }

  private static Problem busy(String device) {
    return Problem.unavailable(
        "device " + device + " changed while it was read; nothing was changed by this call");
  }
}
