package io.faultline.notifier.above.watch;

import java.time.Instant;

/**
 * How far a watcher has come, as it is kept in {@link WatcherTopics#PROGRESS}.
 *
 * @param watcherId whose it is; that of another watcher of the same name means nothing
 * @param cursor everything before it was delivered, or was not for it
 * @param delivered events that were delivered since it was created
 */
record Progress(String watcherId, String cursor, long delivered, Instant savedAt) {}
