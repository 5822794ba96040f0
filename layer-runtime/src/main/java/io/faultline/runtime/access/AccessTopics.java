package io.faultline.runtime.access;

/** What access control keeps in Kafka; each topic has one partition. */
public final class AccessTopics {

  /** Compacted: the tokens that were made while running, their hashes only; key: the id. */
  public static final String TOKENS = "faultline.access.tokens";

  /** Compacted: when each token was last used, to the hour; key: the id. */
  public static final String USES = "faultline.access.uses";

  /** The audit log of all services, in the order in which it came; key: the service. */
  public static final String AUDIT = "faultline.audit";

  private AccessTopics() {}
}
