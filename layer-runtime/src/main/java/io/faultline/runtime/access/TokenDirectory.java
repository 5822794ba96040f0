package io.faultline.runtime.access;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * All tokens that let somebody in, in memory: those of the file and those of the topic. A check
 * asks nobody and takes a hash and a look-up.
 */
final class TokenDirectory {

  /** How exactly the last use is kept. */
  static final Duration USE_GRAIN = Duration.ofHours(1);

  /** What became of a token that was shown. */
  sealed interface Shown {

    record Good(Caller caller) implements Shown {}

    /** Not known, revoked, expired: which of them is nobody's business. */
    record Bad() implements Shown {}

    /** Not known, but the topic has not been read to its end yet. */
    record NotYet() implements Shown {}
  }

  private final @Nullable TokensFile file;
  private final @Nullable StoredToken own;
  private final InstantSource clock;
  private final BiConsumer<String, Instant> used;
  private final Map<String, StoredToken> made = new ConcurrentHashMap<>();
  private final Map<String, Instant> lastUsed = new ConcurrentHashMap<>();
  private volatile boolean settled;

  /**
   * @param own the token that the services of this very process show each other
   * @param used told when a token is used for the first time in an hour
   */
  TokenDirectory(
      @Nullable TokensFile file,
      @Nullable StoredToken own,
      InstantSource clock,
      BiConsumer<String, Instant> used) {
    this.file = file;
    this.own = own;
    this.clock = clock;
    this.used = used;
  }

  /** A record of the topic; null: it is gone. */
  void apply(String id, @Nullable StoredToken token) {
    if (token == null) {
      made.remove(id);
      lastUsed.remove(id);
    } else {
      made.put(id, token);
    }
  }

  /** The topic is read to where it ended at the start. */
  void settle() {
    settled = true;
  }

  boolean isSettled() {
    return settled;
  }

  Shown show(ApiToken token) {
    StoredToken stored = find(token.id());
    if (stored == null) {
      return settled ? new Shown.Bad() : new Shown.NotYet();
    }
    if (!token.hasHash(stored.hash()) || !isGood(stored)) {
      return new Shown.Bad();
    }
    // A session is a use of the token that it was opened with; of its own it is soon gone.
    String use = stored.kind() == StoredToken.Kind.SESSION ? stored.parent() : stored.id();
    if (stored != own && use != null) {
      noteUse(use, clock.instant());
    }
    return new Shown.Good(stored.caller());
  }

  private void noteUse(String id, Instant now) {
    Instant last = lastUsed.get(id);
    if (last == null || last.plus(USE_GRAIN).isBefore(now)) {
      lastUsed.put(id, now);
      used.accept(id, now);
    }
  }

  /** Whether who came in with this is still let in; for answers that go on for long. */
  boolean isStillGood(Caller caller) {
    if (caller.credential().isEmpty()) {
      return caller.expires() == null || clock.instant().isBefore(caller.expires());
    }
    StoredToken stored = find(caller.credential());
    return stored != null && isGood(stored);
  }

  private boolean isGood(StoredToken token) {
    if (!token.isGood(clock.instant())) {
      return false;
    }
    if (token.parent() == null) {
      return true;
    }
    StoredToken parent = find(token.parent());
    return parent != null && parent.isGood(clock.instant());
  }

  /** The topic's word counts before the file's: that is how a token of the file is revoked. */
  @Nullable StoredToken find(String id) {
    if (own != null && own.id().equals(id)) {
      return own;
    }
    StoredToken token = made.get(id);
    return token == null && file != null ? file.find(id) : token;
  }

  /** Whether the file has it, so that removing it from the topic would not end it. */
  boolean isInFile(String id) {
    return file != null && file.find(id) != null;
  }

  /** All of the file and the topic. */
  Collection<StoredToken> all() {
    Map<String, StoredToken> all = new HashMap<>();
    if (file != null) {
      all.putAll(file.all());
    }
    all.putAll(made);
    return all.values();
  }

  int size() {
    return made.size();
  }
}
