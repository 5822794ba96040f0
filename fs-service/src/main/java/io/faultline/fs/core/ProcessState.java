package io.faultline.fs.core;

import io.faultline.fs.core.FsFact.Mapping;
import io.faultline.fs.core.FsFact.PresentPages;
import io.faultline.fs.core.FsFact.Signals;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A process: what it maps, which pages are present, which signals it got. */
final class ProcessState {

  final TreeMap<String, Mapping> mappings = new TreeMap<>();

  /** By mapping and window; may be there before its mapping while a state is replayed. */
  final TreeMap<String, TreeMap<Long, PresentPages>> present = new TreeMap<>();

  @Nullable Signals signals;

  boolean isEmpty() {
    return mappings.isEmpty() && present.isEmpty() && signals == null;
  }

  TreeMap<Long, PresentPages> present(String mapping) {
    TreeMap<Long, PresentPages> windows = present.get(mapping);
    return windows == null ? new TreeMap<>() : windows;
  }

  Signals signalsOrNone() {
    return signals == null ? Signals.NONE : signals;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ProcessState state
        && mappings.equals(state.mappings)
        && present.equals(state.present)
        && Objects.equals(signals, state.signals);
  }

  @Override
  public int hashCode() {
    return Objects.hash(mappings, present, signals);
  }

  @Override
  public String toString() {
    return mappings + " present " + present + " signals " + signals;
  }
}
