package io.faultline.device;

import io.faultline.device.below.SliceSettings;
import io.faultline.device.core.Limits;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What device-service can be told, under {@code faultline.device.*}.
 *
 * @param limits how much of everything there may be
 * @param removalDeadline how long a planned removal waits where nobody says
 * @param staleClaimAge how old a claim must be before its holder's service is asked whether the
 *     holder exists
 * @param journalSegment after how much journal a snapshot is written
 * @param publishWindow how much of the journal is read back at once to be published, one entry at
 *     least
 * @param deadlineCheck how often it is looked whether a planned removal is due
 */
@ConfigurationProperties("faultline.device")
public record DeviceProperties(
    @DefaultValue LimitProperties limits,
    @DefaultValue("30s") Duration removalDeadline,
    @DefaultValue("30s") Duration staleClaimAge,
    @DefaultValue("16MB") DataSize journalSegment,
    @DefaultValue("4MB") DataSize publishWindow,
    @DefaultValue("50ms") Duration deadlineCheck) {

  /**
   * @param hosts with devices, in the slice
   * @param devicesPerHost devices of one host
   * @param deviceBytes the size of one device, written or not
   * @param mediaBytes the sizes of all devices together, written or not: address space
   * @param faultsPerDevice open faults, latent ones too
   * @param badRangesPerDevice ranges of poison; the kernel's own table ends at 512
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
      @DefaultValue("262144") int badRangesPerDevice,
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
          acksPerRemoval);
    }
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
