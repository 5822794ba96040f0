package io.faultline.dm.core;

import io.faultline.dm.core.map.BlockMap;
import io.faultline.events.EventData;
import io.faultline.ranges.Extents;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.core.Stamp;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A decision while it is being made: the state as it will be. It is read through the facts that are
 * already decided, so that a decision of several steps needs no second set of rules; the state
 * itself is not touched.
 */
final class Draft {

  private final DmState state;
  private final Stamp stamp;
  private final Decision.Builder<DmFact> decision;
  private final TreeMap<String, Optional<DmFact>> changes = new TreeMap<>();
  private final Map<String, Table> newTables = new HashMap<>();
  private final Map<String, Optional<BlockMap>> newMaps = new HashMap<>();
  private final Map<String, Table> newlyBound = new HashMap<>();
  private boolean bindingChanged;
  private @Nullable Topology newTopology;
  private boolean topologyChanged;

  Draft(DmState state, Stamp stamp) {
    this.state = state;
    this.stamp = stamp;
    this.decision = Decision.builder(stamp);
  }

  String host() {
    return state.host();
  }

  Stamp stamp() {
    return stamp;
  }

  void put(String key, DmFact fact) {
    changes.put(key, Optional.of(fact));
    decision.fact(key, fact);
  }

  void putTable(String key, Table table) {
    put(key, new DmFact.TableLines(table.lines()));
    newTables.put(key, table);
    tableChanged(key);
  }

  /** The map of a volume from now on. */
  void putMap(String key, DmFact.Mappings mappings, String volume, BlockMap map) {
    put(key, mappings);
    newMaps.put(volume, Optional.of(map));
    rebind();
  }

  void removeMap(String key, String volume) {
    remove(key);
    newMaps.put(volume, Optional.empty());
    rebind();
  }

  /** These offsets of a cache have a copy on the origin from now on. */
  void putWritten(String volume, long number, Extents offsets) {
    put(Keys.written(volume, number), new DmFact.WrittenBack(offsets));
    rebind();
  }

  /** A map says itself what is newer than the origin. */
  void forgetWritten(String volume) {
    BadSet.removeAll(this, Keys.written(volume));
    rebind();
  }

  private Extents written(String volume) {
    Extents.Builder added = Extents.builder();
    String prefix = Keys.written(volume);
    for (Optional<DmFact> change : changes.subMap(prefix, prefix + Character.MAX_VALUE).values()) {
      if (!(change.orElse(null) instanceof DmFact.WrittenBack(Extents offsets))) {
        return writtenAnew(volume);
      }
      added.addAll(offsets);
    }
    return state.written(volume).union(added.build());
  }

  private Extents writtenAnew(String volume) {
    Extents.Builder all = Extents.builder();
    for (DmFact fact : scan(Keys.written(volume)).values()) {
      all.addAll(((DmFact.WrittenBack) fact).offsets());
    }
    return all.build();
  }

  /** Every table may look different now. */
  private void rebind() {
    bindingChanged = true;
    newlyBound.clear();
  }

  /** An upload that is under way; null if nothing of it has come. */
  @Nullable MapUpload upload(String id) {
    return state.maps().upload(id);
  }

  /** The live table of a volume after a message: the same lines, with another map. */
  void putRegions(String volume, Table table) {
    newTables.put(Keys.liveTable(volume), table);
    tableChanged(Keys.liveTable(volume));
  }

  void remove(String key) {
    changes.put(key, Optional.empty());
    decision.gone(key);
    if (newTables.remove(key) != null
        || key.startsWith(Keys.LIVE_TABLES)
        || key.startsWith(Keys.INACTIVE_TABLES)) {
      tableChanged(key);
    }
  }

  private void tableChanged(String key) {
    rebind();
    if (key.startsWith(Keys.LIVE_TABLES)) {
      topologyChanged = true;
      newTopology = null;
    }
  }

  void publish(
      String volume, EventData data, @Nullable String faultId, @Nullable String causationId) {
    decision.publish("/hosts/" + host() + "/volumes/" + volume, data, faultId, causationId);
  }

  Decision<DmFact> answer(Answer answer) {
    return decision.reply(answer).build();
  }

  /** Nothing of the draft is done. */
  Decision<DmFact> refuse(Problem problem) {
    return Decision.refuse(problem);
  }

  Decision<DmFact> done() {
    return decision.build();
  }

  @Nullable DmFact get(String key) {
    Optional<DmFact> changed = changes.get(key);
    return changed == null ? state.facts().get(key) : changed.orElse(null);
  }

  /** Everything under a prefix, by key. A copy where something of it is changed. */
  NavigableMap<String, DmFact> scan(String prefix) {
    String end = prefix + Character.MAX_VALUE;
    SortedMap<String, Optional<DmFact>> changed = changes.subMap(prefix, end);
    NavigableMap<String, DmFact> known = state.facts().subMap(prefix, true, end, false);
    TreeMap<String, DmFact> copy = new TreeMap<>(known);
    changed.forEach(
        (key, fact) -> fact.ifPresentOrElse(value -> copy.put(key, value), () -> copy.remove(key)));
    return copy;
  }

  DmFact.@Nullable Volume volume(String name) {
    return (DmFact.Volume) get(Keys.volume(name));
  }

  DmFact.@Nullable Device device(String name) {
    return (DmFact.Device) get(Keys.device(name));
  }

  boolean isVolume(String name) {
    return get(Keys.volume(name)) != null;
  }

  /** The size of a device or volume; 0 of one that nothing is known of. */
  long sectors(String block) {
    if (isVolume(block)) {
      return live(block).sectors();
    }
    DmFact.Device device = device(block);
    return device == null ? 0 : device.sectors();
  }

  DmFact.Counters counters() {
    DmFact known = get(Keys.COUNTERS);
    return known == null ? new DmFact.Counters(0, 0) : (DmFact.Counters) known;
  }

  /** The live table of a volume that there is. */
  Table live(String volume) {
    Table table = table(Keys.liveTable(volume));
    if (table == null) {
      throw new IllegalStateException(volume + " has no live table");
    }
    return table;
  }

  @Nullable Table inactive(String volume) {
    return table(Keys.inactiveTable(volume));
  }

  private @Nullable Table table(String key) {
    if (!bindingChanged) {
      return state.table(key);
    }
    Table known = newlyBound.get(key);
    if (known == null) {
      Table unbound = unbound(key);
      if (unbound == null) {
        return null;
      }
      MapBinding binding =
          new MapBinding(
              lower -> unbound(Keys.liveTable(lower)),
              this::map,
              volume -> get(Keys.mappings(volume)),
              this::written,
              this::sectorsUnbound);
      known = binding.bind(key.substring(key.indexOf('/') + 1), unbound);
      newlyBound.put(key, known);
    }
    return known;
  }

  private @Nullable Table unbound(String key) {
    Table changed = newTables.get(key);
    return changed != null || changes.containsKey(key) ? changed : state.unbound(key);
  }

  private @Nullable BlockMap map(String volume) {
    Optional<BlockMap> changed = newMaps.get(volume);
    return changed == null ? state.maps().of(volume) : changed.orElse(null);
  }

  private long sectorsUnbound(String block) {
    Table live = unbound(Keys.liveTable(block));
    DmFact.Device device = device(block);
    return live != null ? live.sectors() : device == null ? 0 : device.sectors();
  }

  Topology topology() {
    if (!topologyChanged) {
      return state.topology();
    }
    Topology known = newTopology;
    if (known == null) {
      TreeMap<String, Table> live = new TreeMap<>();
      for (String key : scan(Keys.LIVE_TABLES).keySet()) {
        String volume = key.substring(Keys.LIVE_TABLES.length());
        live.put(volume, live(volume));
      }
      known = new Topology(live);
      newTopology = known;
    }
    return known;
  }
}
