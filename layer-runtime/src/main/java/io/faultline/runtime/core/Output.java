package io.faultline.runtime.core;

import io.faultline.events.EventData;
import org.jspecify.annotations.Nullable;

/** What a decision wants told. The core sends nothing; the shell does. */
public sealed interface Output {

  /**
   * An event. A {@link io.faultline.events.RemovalAck} goes to the acknowledgements, everything
   * else to the layer's events.
   *
   * @param id {@code host:ulid}
   * @param source {@code /hosts/local/volumes/vol0}
   * @param faultId the fault it is an effect of
   * @param causationId the event it was made from
   */
  record Publish(
      String id,
      String source,
      EventData data,
      @Nullable String faultId,
      @Nullable String causationId)
      implements Output {}

  /** The answer to the command that is being decided. */
  record Reply(Answer answer) implements Output {}
}
