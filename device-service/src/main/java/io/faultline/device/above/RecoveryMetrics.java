package io.faultline.device.above;

import io.faultline.device.below.DataPath;
import io.faultline.events.RecoveredData;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts the bytes of poison that went, for each device: {@code faultline.device.recovered.bytes}
 * with tags {@code host}, {@code device} and {@code data}, which says whether they were rewritten
 * or zeroed.
 */
public final class RecoveryMetrics implements DataPath.Recovered {

  private static final String COUNTER = "faultline.device.recovered.bytes";

  /** Devices that are told apart since the start; all further ones are counted together. */
  private static final int MAX_DEVICES = 1_000;

  private static final String OTHERS = "others";

  private final MeterRegistry registry;
  private final Set<String> toldApart = ConcurrentHashMap.newKeySet();

  public RecoveryMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  @Override
  public void add(String host, String device, RecoveredData data, long bytes) {
    String key = host + "/" + device;
    boolean apart =
        toldApart.contains(key) || (toldApart.size() < MAX_DEVICES && toldApart.add(key));
    registry
        .counter(
            COUNTER,
            "host",
            apart ? host : OTHERS,
            "device",
            apart ? device : OTHERS,
            "data",
            data.name().toLowerCase(Locale.ROOT))
        .increment(bytes);
  }
}
