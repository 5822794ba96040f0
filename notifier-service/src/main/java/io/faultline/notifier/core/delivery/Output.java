package io.faultline.notifier.core.delivery;

import io.faultline.notifier.core.delivery.DeliveryFact.Notice;

/**
 * What is to be done outside.
 *
 * @param <E> what an event is
 */
public sealed interface Output<E> {

  /**
   * An event is to be sent; the answer is {@link Deliveries#sent}.
   *
   * @param attempt from 1
   */
  record SendEvent<E>(Waiting<E> waiting, int attempt) implements Output<E> {}

  /**
   * The same for what is not read from a log, or again; the answer is {@link Deliveries#noticed}.
   */
  record SendNotice<E>(Notice notice, int attempt) implements Output<E> {}

  /** An event goes to the dead letters. */
  record BuryEvent<E>(Waiting<E> waiting, int tries, String reason) implements Output<E> {}

  /** A notice goes to the dead letters. */
  record BuryNotice<E>(Notice notice, int tries, String reason) implements Output<E> {}
}
