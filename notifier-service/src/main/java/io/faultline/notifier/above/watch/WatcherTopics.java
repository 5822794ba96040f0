package io.faultline.notifier.above.watch;

/** Where watchers and their progress are kept; both are compacted, keyed by the watcher's name. */
public final class WatcherTopics {

  public static final String WATCHERS = "faultline.notifier.watchers";
  public static final String PROGRESS = "faultline.notifier.progress";

  private WatcherTopics() {}
}
