package io.faultline.device.below;

import io.faultline.device.below.JournalRecord.SnapshotFact;
import io.faultline.device.below.JournalRecord.StoredFact;
import io.faultline.device.core.DeviceCore;
import io.faultline.device.core.DeviceFact;
import io.faultline.device.core.DeviceHost;
import io.faultline.device.core.Keys;
import io.faultline.runtime.Reply;
import io.faultline.runtime.SealedCodec;
import io.faultline.runtime.core.Fact;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One host in memory: the core's state, the facts as they are written, and kept answers.
 *
 * <p>A damaged device is taken out of the core's state, so that no rule ever sees it; its facts are
 * kept as they are written, until it is whole again or given up.
 */
final class HostSlot {

  private static final SealedCodec<DeviceFact> FACTS = new SealedCodec<>(DeviceFact.class);
  private static final SealedCodec<KeptAnswer> ANSWERS = new SealedCodec<>(KeptAnswer.class);
  private static final SealedCodec<Damage> DAMAGES = new SealedCodec<>(Damage.class);

  private final String host;
  private final DeviceCore core;
  private final Map<String, byte[]> facts = new HashMap<>();
  private final Map<String, KeptAnswer> answers = new HashMap<>();
  private final TreeMap<Long, String> answersByOrder = new TreeMap<>();
  private final TreeMap<String, Damage> damaged = new TreeMap<>();
  private DeviceHost state;

  HostSlot(String host, DeviceCore core) {
    this.host = host;
    this.core = core;
    this.state = core.initial(host);
  }

  String host() {
    return host;
  }

  DeviceHost state() {
    return state;
  }

  @Nullable KeptAnswer answer(String commandId) {
    return answers.get(commandId);
  }

  /** Facts that keep one more answer, and forget the oldest if there are too many. */
  List<StoredFact> keeping(String commandId, @Nullable String fingerprint, Reply reply, int limit) {
    long order = answersByOrder.isEmpty() ? 1 : answersByOrder.lastKey() + 1;
    StoredFact kept =
        new StoredFact(
            KeptAnswer.KEY + commandId,
            ANSWERS.encode(
                new KeptAnswer(
                    order, reply.status(), reply.contentType(), reply.body(), fingerprint)));
    return answers.size() < limit
        ? List.of(kept)
        : List.of(
            new StoredFact(KeptAnswer.KEY + answersByOrder.firstEntry().getValue(), null), kept);
  }

  static StoredFact stored(Fact<DeviceFact> fact) {
    DeviceFact value = fact.value();
    return new StoredFact(fact.key(), value == null ? null : FACTS.encode(value));
  }

  /** The only way to change anything here, at work and at the start alike. */
  void apply(StoredFact fact) {
    byte[] value = fact.value();
    if (value == null) {
      facts.remove(fact.key());
    } else {
      facts.put(fact.key(), value);
    }
    if (fact.key().startsWith(KeptAnswer.KEY)) {
      keep(fact.key().substring(KeptAnswer.KEY.length()), value);
    } else if (fact.key().startsWith(Damage.KEY)) {
      String device = fact.key().substring(Damage.KEY.length());
      if (value == null) {
        bringBack(device);
      } else {
        takeOut(device, DAMAGES.decode(value));
      }
    } else if (!damaged.containsKey(Keys.deviceOf(fact.key()))) {
      evolve(fact.key(), value);
    }
  }

  private void evolve(String key, byte @Nullable [] value) {
    state = core.evolve(state, new Fact<>(key, value == null ? null : FACTS.decode(value)));
  }

  static StoredFact stored(String device, Damage damage) {
    return new StoredFact(Damage.KEY + device, DAMAGES.encode(damage));
  }

  /** From now on the core does not know the device. */
  void takeOut(String device, Damage damage) {
    if (damaged.put(device, damage) == null) {
      keysOf(device).forEach(key -> evolve(key, null));
    }
  }

  private void bringBack(String device) {
    if (damaged.remove(device) != null) {
      keysOf(device).forEach(key -> evolve(key, facts.get(key)));
    }
  }

  /** Device to what is wrong with it, ascending. */
  SortedMap<String, Damage> damaged() {
    return Collections.unmodifiableSortedMap(damaged);
  }

  /** All that is written of a device, whatever it is. */
  List<String> keysOf(String device) {
    return facts.keySet().stream()
        .filter(key -> key.charAt(0) != '#' && Keys.deviceOf(key).equals(device))
        .toList();
  }

  /** Every device that something is written of. */
  Set<String> devices() {
    Set<String> devices = new TreeSet<>();
    for (String key : facts.keySet()) {
      if (key.charAt(0) != '#') {
        devices.add(Keys.deviceOf(key));
      }
    }
    devices.remove("");
    return devices;
  }

  /** Of a device that was deleted; 0 if none was. */
  long highestGeneration() {
    byte[] value = facts.get(Keys.GENERATIONS);
    return value != null
            && FACTS.decode(value) instanceof DeviceFact.Generations(long highestOfDeleted)
        ? highestOfDeleted
        : 0;
  }

  /** What is written of a device's shape; null if that is lost too. */
  DeviceFact.@Nullable Bound bound(String device) {
    byte[] value = facts.get(Keys.device(device));
    return value != null && FACTS.decode(value) instanceof DeviceFact.Bound bound ? bound : null;
  }

  private void keep(String commandId, byte @Nullable [] value) {
    KeptAnswer before = answers.remove(commandId);
    if (before != null) {
      answersByOrder.remove(before.order());
    }
    if (value != null) {
      KeptAnswer answer = ANSWERS.decode(value);
      answers.put(commandId, answer);
      answersByOrder.put(answer.order(), commandId);
    }
  }

  void copyTo(List<SnapshotFact> all) {
    facts.forEach((key, value) -> all.add(new SnapshotFact(host, new StoredFact(key, value))));
  }
}
