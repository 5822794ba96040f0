package io.faultline.notifier.core.delivery;

/**
 * An event that was read for a watcher.
 *
 * @param slot the partition that it was read from
 * @param offset its own
 * @param after where its host goes on after it
 * @param event what is sent; nothing looks into it here
 */
public record Waiting<E>(
    String host, int slot, long offset, String id, String type, HostPlace after, E event) {

  Waiting<E> after(HostPlace now) {
    return new Waiting<>(host, slot, offset, id, type, now, event);
  }
}
