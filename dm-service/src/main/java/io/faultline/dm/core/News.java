package io.faultline.dm.core;

import io.faultline.events.Cause;
import io.faultline.events.ConsumedBy;
import io.faultline.events.Origin;
import io.faultline.events.RecoveredData;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What happened to a leaf device, apart from where: that is different on every level.
 *
 * @param faultId the fault that it is about
 * @param causationId the event that was heard; null for the difference that a table makes
 * @param mapLost whether what is corrupted is so because a target has lost its map
 * @param leaf the device it happened to
 * @param whole whether the whole of {@code leaf} is meant
 * @param data what recovered ranges hold; null for other kinds
 * @param removalId of a device that leaves; null for other kinds
 * @param deadline of a device that leaves; null for other kinds
 * @param consumedBy whose own load found what is corrupted; null where nobody's did
 */
public record News(
    Kind kind,
    @Nullable String faultId,
    @Nullable String causationId,
    Cause cause,
    boolean mapLost,
    String leaf,
    @Nullable Origin origin,
    boolean whole,
    @Nullable RecoveredData data,
    @Nullable String removalId,
    @Nullable Instant deadline,
    @Nullable ConsumedBy consumedBy) {

  /** What happened, in the order in which one step tells it. */
  public enum Kind {
    LEAVING,
    RECOVERED,
    CORRUPTED,
    REDUNDANCY_LOST
  }
}
