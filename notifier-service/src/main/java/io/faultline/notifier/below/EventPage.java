package io.faultline.notifier.below;

import java.util.List;

/**
 * A piece of the events.
 *
 * @param items those that passed the filter
 * @param cursor where to go on
 * @param more whether there is more now
 * @param resync whether something that was asked for is gone
 */
public record EventPage(List<HeardEvent> items, Cursor cursor, boolean more, boolean resync) {}
