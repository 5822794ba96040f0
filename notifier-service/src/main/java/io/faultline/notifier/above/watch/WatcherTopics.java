package io.faultline.notifier.above.watch;

import io.faultline.events.Topics;

/** Where watchers and their deliveries are kept. */
public final class WatcherTopics {

  /** Compacted, keyed by the watcher's name. */
  public static final String WATCHERS = "faultline.notifier.watchers";

  /**
   * Compacted, keyed by the watcher's name, a slash, and the key of a {@link
   * io.faultline.notifier.core.delivery.DeliveryFact}; in the partition that the watcher is in.
   */
  public static final String DELIVERIES = Topics.NOTIFIER_DELIVERIES;

  /** What was given up, as it would have been sent. */
  public static final String DEAD = Topics.deadLetters(Topics.NOTIFIER_DELIVERIES);

  /** Begins the key of what somebody asks the owner of a watcher to do. */
  static final String ASKED = "!";

  static final String RESEND = ASKED + "resend/";

  private WatcherTopics() {}

  /** The key of a fact of that watcher. */
  static String key(String watcher, String fact) {
    return watcher + "/" + fact;
  }
}
