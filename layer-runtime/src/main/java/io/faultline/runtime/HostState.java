package io.faultline.runtime;

import io.faultline.events.Ulids;
import io.faultline.runtime.ShellFact.Answered;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One host in the memory of a processor: the core's state and what the shell keeps beside it. */
final class HostState<S> {

  final String host;
  S core;
  @Nullable String sliceId;
  long lastSequence;

  /** Whether anything of it is in the store; a host that was only asked about is not kept. */
  boolean kept;

  final Map<String, Long> heard = new HashMap<>();
  final Map<String, Answered> answered = new LinkedHashMap<>();
  private final TreeMap<Long, String> answeredByOrder = new TreeMap<>();

  HostState(String host, S core) {
    this.host = host;
    this.core = core;
  }

  /**
   * The log that this host's events are numbered in: made with the first event that it publishes.
   */
  String sliceId(String layer, Ulids ulids) {
    if (sliceId == null) {
      sliceId = layer + ":" + ulids.nextUlid();
    }
    return sliceId;
  }

  void remember(Answered answer) {
    answered.put(answer.commandId(), answer);
    answeredByOrder.put(answer.order(), answer.commandId());
  }

  long nextAnswerOrder() {
    return answeredByOrder.isEmpty() ? 1 : answeredByOrder.lastKey() + 1;
  }

  /** Forgets the oldest answer if there are more than {@code limit}; null if there are not. */
  @Nullable String forgetOldestAnswerAbove(int limit) {
    if (answeredByOrder.size() <= limit) {
      return null;
    }
    String commandId = answeredByOrder.pollFirstEntry().getValue();
    answered.remove(commandId);
    return commandId;
  }
}
