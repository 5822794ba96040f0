package io.faultline.runtime.core;

import io.faultline.events.Event;

/**
 * What a core hears.
 *
 * @param <C> the layer's commands
 */
public sealed interface Input<C> {

  Stamp stamp();

  /** An event of a layer below; each is heard once, in the order of its slice. */
  record Heard<C>(Stamp stamp, Event event) implements Input<C> {}

  /**
   * Somebody asks for something; the decision carries exactly one {@link Output.Reply}.
   *
   * @param commandId the same id is answered the same without being decided again
   */
  record Commanded<C>(Stamp stamp, String commandId, C command) implements Input<C> {}

  /** Time has passed; about once a second for a host that {@link LayerCore#waitsForTime}. */
  record Ticked<C>(Stamp stamp) implements Input<C> {}
}
