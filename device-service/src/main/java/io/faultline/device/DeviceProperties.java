package io.faultline.device;

import io.faultline.device.below.SliceSettings;
import io.faultline.device.core.Limits;
import io.faultline.device.core.ScrubPace;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What device-service can be told, under {@code faultline.device.*}.
 *
 * @param ownUrl where other instances of device-service reach this one; empty: where requests to
 *     device-service go, which is right where there is one instance
 * @param limits how much of everything there may be
 * @param removalDeadline how long a planned removal waits where nobody says
 * @param staleClaimAge how old a claim must be before its holder's service is asked whether the
 *     holder exists
 * @param journalSegment after how much journal a snapshot is written
 * @param publishWindow how much of the journal is read back at once to be published, one entry at
 *     least
 * @param deadlineCheck how often it is looked whether something is due: a planned removal, the end
 *     of a transient fault, the next step of a scrub
 * @param scrub how fast a scrub reads
 * @param patrol how fast the patrol reads
 */
@ConfigurationProperties("faultline.device")
public record DeviceProperties(
    @DefaultValue("") String ownUrl,
    @DefaultValue LimitProperties limits,
    @DefaultValue("30s") Duration removalDeadline,
    @DefaultValue("30s") Duration staleClaimAge,
    @DefaultValue("16MB") DataSize journalSegment,
    @DefaultValue("4MB") DataSize publishWindow,
    @DefaultValue("50ms") Duration deadlineCheck,
    @DefaultValue ScrubProperties scrub,
    @DefaultValue PatrolProperties patrol) {

  /**
   * @param sectorsPerSecond of a scrub that somebody asked for, of each device; from 1 to 2^40. Its
   *     first 50 ms are granted before the start is answered
   */
  public record ScrubProperties(@DefaultValue("209715200") long sectorsPerSecond) {}

  /**
   * @param sectorsPerSecond of the patrol that reads every device all the time, of each device; up
   *     to 2^40, 0 for no patrol
   */
  public record PatrolProperties(@DefaultValue("0") long sectorsPerSecond) {}

  /**
   * @param hosts with devices, in the slice
   * @param devicesPerHost devices of one host
   * @param deviceBytes the size of one device, written or not
   * @param mediaBytes the sizes of all devices together, written or not: address space
   * @param faultsPerDevice open faults, latent ones too
   * @param badRangesPerDevice ranges of all faults of a device; the kernel's own table ends at 512
   * @param rangesPerCall ranges that go bad in one call
   * @param injectionBytes the body of such a call
   * @param faultDuration the longest time after which a transient fault heals by itself
   * @param meteredDevices devices that have meters of their own; the others are in the sums only
   * @param claimsPerDevice volumes that stand on one device
   * @param devicesPerUnplug devices that leave in one removal
   * @param removalDeadline the longest that a planned removal may wait
   * @param acksPerRemoval acknowledgements that are told apart for a leaving device
   * @param dataBytesPerCall content that one request gives or takes
   * @param dataBytesInFlight content that all requests together hold in memory
   * @param clearBytesPerCall poison that one request clears
   * @param unpublishedEvents events, and entries of the journal, that wait for Kafka before changes
   *     are answered 503
   * @param entryBytes what one call may write to the journal, facts and events together; a range of
   *     a fault takes about 7 bytes
   * @param keptAnswers answers under an {@code Idempotency-Key} that are kept for a host
   */
  public record LimitProperties(
      @DefaultValue("4096") int hosts,
      @DefaultValue("1024") int devicesPerHost,
      @DefaultValue("8TB") DataSize deviceBytes,
      @DefaultValue("64TB") DataSize mediaBytes,
      @DefaultValue("65536") int faultsPerDevice,
      @DefaultValue("4194304") int badRangesPerDevice,
      @DefaultValue("1048576") int rangesPerCall,
      @DefaultValue("40MB") DataSize injectionBytes,
      @DefaultValue("30d") Duration faultDuration,
      @DefaultValue("4096") int meteredDevices,
      @DefaultValue("1024") int claimsPerDevice,
      @DefaultValue("256") int devicesPerUnplug,
      @DefaultValue("24h") Duration removalDeadline,
      @DefaultValue("65536") int acksPerRemoval,
      @DefaultValue("64MB") DataSize dataBytesPerCall,
      @DefaultValue("256MB") DataSize dataBytesInFlight,
      @DefaultValue("4GB") DataSize clearBytesPerCall,
      @DefaultValue("100000") int unpublishedEvents,
      @DefaultValue("64MB") DataSize entryBytes,
      @DefaultValue("1024") int keptAnswers) {

    Limits core() {
      return new Limits(
          devicesPerHost,
          deviceBytes.toBytes(),
          faultsPerDevice,
          badRangesPerDevice,
          claimsPerDevice,
          devicesPerUnplug,
          removalDeadline,
          acksPerRemoval,
          rangesPerCall,
          faultDuration);
    }
  }

  ScrubPace scrubPace() {
    return new ScrubPace(scrub.sectorsPerSecond(), patrol.sectorsPerSecond());
  }

  SliceSettings slice() {
    return new SliceSettings(
        limits.hosts(),
        limits.mediaBytes().toBytes(),
        limits.unpublishedEvents(),
        limits.keptAnswers(),
        journalSegment.toBytes(),
        limits.entryBytes().toBytes(),
        publishWindow.toBytes());
  }
}
