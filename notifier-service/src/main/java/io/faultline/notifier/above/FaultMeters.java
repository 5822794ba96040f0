package io.faultline.notifier.above;

import io.faultline.notifier.core.CaseState;
import io.faultline.notifier.core.NotifierState;
import io.faultline.runtime.LayerWatch;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** How many faults there are in each state, of the hosts that this instance owns. */
public final class FaultMeters implements LayerWatch<NotifierState> {

  private final Map<String, Map<CaseState, Integer>> hosts = new ConcurrentHashMap<>();

  public FaultMeters(MeterRegistry registry) {
    for (CaseState state : CaseState.values()) {
      Gauge.builder("faultline.notifier.faults", () -> count(state))
          .tag("state", state.text())
          .register(registry);
    }
    Gauge.builder("faultline.notifier.hosts", hosts::size).register(registry);
  }

  private int count(CaseState state) {
    return hosts.values().stream().mapToInt(counts -> counts.getOrDefault(state, 0)).sum();
  }

  @Override
  public void settled(String host, NotifierState state) {
    hosts.put(host, state.caseCounts());
  }

  @Override
  public void gone(String host) {
    hosts.remove(host);
  }
}
