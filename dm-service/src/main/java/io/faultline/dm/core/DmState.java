package io.faultline.dm.core;

import io.faultline.runtime.core.Fact;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What dm knows of one host: its facts, and what can be worked out from them and is kept only to be
 * quick. Two states with the same facts are equal.
 */
public final class DmState {

  private final String host;
  private final TreeMap<String, DmFact> facts = new TreeMap<>();
  private final Map<String, Table> tables = new HashMap<>();
  private @Nullable Topology topology;

  DmState(String host) {
    this.host = host;
  }

  String host() {
    return host;
  }

  void apply(Fact<DmFact> fact) {
    DmFact value = fact.value();
    if (value == null) {
      facts.remove(fact.key());
    } else {
      facts.put(fact.key(), value);
    }
    if (fact.key().startsWith(Keys.REGIONS)) {
      tables.remove(Keys.liveTable(Keys.volumeOfRegions(fact.key())));
    }
    if (value == null || value instanceof DmFact.TableLines) {
      tables.remove(fact.key());
      if (fact.key().startsWith(Keys.LIVE_TABLES)) {
        topology = null;
      }
    }
  }

  NavigableMap<String, DmFact> facts() {
    return facts;
  }

  /** The table under that key, understood; null if there is none. */
  @Nullable Table table(String key) {
    return facts.get(key) instanceof DmFact.TableLines(var lines)
        ? tables.computeIfAbsent(key, any -> understood(key, lines))
        : null;
  }

  private Table understood(String key, List<String> lines) {
    Table table = Table.ofPrinted(lines);
    if (!key.startsWith(Keys.LIVE_TABLES)) {
      return table;
    }
    String prefix = Keys.regions(key.substring(Keys.LIVE_TABLES.length()));
    return table.withRegions(facts.subMap(prefix, prefix + Character.MAX_VALUE).values());
  }

  /** Who stands on whom by the tables that are live. */
  Topology topology() {
    Topology known = topology;
    if (known == null) {
      TreeMap<String, Table> live = new TreeMap<>();
      for (String key : facts.tailMap(Keys.LIVE_TABLES).keySet()) {
        Table table = key.startsWith(Keys.LIVE_TABLES) ? table(key) : null;
        if (table == null) {
          break;
        }
        live.put(key.substring(Keys.LIVE_TABLES.length()), table);
      }
      known = new Topology(live);
      topology = known;
    }
    return known;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof DmState state && host.equals(state.host) && facts.equals(state.facts);
  }

  @Override
  public int hashCode() {
    return facts.hashCode();
  }

  @Override
  public String toString() {
    return host + facts;
  }
}
