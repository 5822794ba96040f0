package io.faultline.device.below;

import io.faultline.device.below.JournalRecord.SnapshotFact;
import io.faultline.device.below.JournalRecord.StoredFact;
import io.faultline.device.core.DeviceCore;
import io.faultline.device.core.DeviceFact;
import io.faultline.device.core.DeviceHost;
import io.faultline.runtime.SealedCodec;
import io.faultline.runtime.core.Fact;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One host in memory: the core's state, the facts as they are written, and kept answers. */
final class HostSlot {

  private static final SealedCodec<DeviceFact> FACTS = new SealedCodec<>(DeviceFact.class);
  private static final SealedCodec<KeptAnswer> ANSWERS = new SealedCodec<>(KeptAnswer.class);

  private final String host;
  private final DeviceCore core;
  private final Map<String, byte[]> facts = new HashMap<>();
  private final Map<String, KeptAnswer> answers = new HashMap<>();
  private final TreeMap<Long, String> answersByOrder = new TreeMap<>();
  private DeviceHost state;

  HostSlot(String host, DeviceCore core) {
    this.host = host;
    this.core = core;
    this.state = core.initial(host);
  }

  DeviceHost state() {
    return state;
  }

  @Nullable KeptAnswer answer(String commandId) {
    return answers.get(commandId);
  }

  /** Facts that keep one more answer, and forget the oldest if there are too many. */
  List<StoredFact> keeping(
      String commandId, int status, String contentType, byte[] body, int limit) {
    long order = answersByOrder.isEmpty() ? 1 : answersByOrder.lastKey() + 1;
    StoredFact kept =
        new StoredFact(
            KeptAnswer.KEY + commandId,
            ANSWERS.encode(new KeptAnswer(order, status, contentType, body)));
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
    } else {
      state =
          core.evolve(state, new Fact<>(fact.key(), value == null ? null : FACTS.decode(value)));
    }
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
