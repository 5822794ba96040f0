package io.faultline.device.below;

/**
 * Where an entry lies.
 *
 * @param segment the number of the segment's first entry
 * @param offset in it, in bytes
 * @param bytes with its header
 */
record JournalPosition(long segment, long offset, long bytes) {}
