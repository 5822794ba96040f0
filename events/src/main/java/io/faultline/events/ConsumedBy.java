package io.faultline.events;

/**
 * The process whose own load hit the poison: the one that gets {@code BUS_MCEERR_AR}.
 *
 * @param mapping the id of its mapping
 */
public record ConsumedBy(long pid, String mapping) {}
