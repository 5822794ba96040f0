package io.faultline.dm.below;

import io.faultline.dm.core.DmState;
import io.faultline.runtime.LayerWatch;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Of the hosts that this instance owns, the volumes below which something is to be copied. */
public final class CopyBoard implements LayerWatch<DmState> {

  private final Map<String, Set<String>> volumesByHost = new ConcurrentHashMap<>();
  private volatile Runnable changed = () -> {};

  @Override
  public void settled(String host, DmState state) {
    Set<String> volumes = Set.copyOf(state.copying());
    Set<String> before =
        volumes.isEmpty() ? volumesByHost.remove(host) : volumesByHost.put(host, volumes);
    if (!volumes.isEmpty() && !volumes.equals(before)) {
      changed.run();
    }
  }

  @Override
  public void gone(String host) {
    volumesByHost.remove(host);
  }

  boolean has(String host, String volume) {
    return volumesByHost.getOrDefault(host, Set.of()).contains(volume);
  }

  Map<String, Set<String>> all() {
    return Map.copyOf(volumesByHost);
  }

  /** From now on whoever copies is told when there is more to do. */
  void onChange(Runnable listener) {
    changed = listener;
  }
}
