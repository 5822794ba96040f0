package io.faultline.runtime.access;

import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.TopicsAdmin;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * The tokens of a service: where they are looked up, and how they are kept up to date.
 *
 * @param shownToOthers the token that this service shows to the others; never logged
 */
record AccessTokens(TokenDirectory directory, AccessFeed feed, String shownToOthers) {

  static AccessTokens make(
      AccessProperties settings,
      String service,
      Supplier<KafkaConnection> connection,
      Supplier<TopicsAdmin> topics,
      InstantSource clock,
      MeterRegistry registry) {
    // Known to nobody else: within one process it is all that is needed.
    ApiToken own = ApiToken.random(new SecureRandom());
    Path file = settings.tokensFile();
    Path shown = settings.serviceTokenFile();
    AtomicReference<AccessFeed> feed = new AtomicReference<>();
    TokenDirectory directory =
        new TokenDirectory(
            file == null || !settings.isOn() ? null : new TokensFile(file),
            itself(own, service, clock.instant()),
            clock,
            (id, when) -> feed.get().tellUse(id, when));
    feed.set(new AccessFeed(settings, connection, topics, service, directory, registry));
    return new AccessTokens(directory, feed.get(), shown == null ? own.text() : read(shown));
  }

  private static StoredToken itself(ApiToken own, String service, Instant now) {
    return new StoredToken(
        own.id(),
        StoredToken.Kind.SERVICE,
        service,
        Role.OPERATOR,
        own.hash(),
        now,
        service,
        null,
        null,
        null);
  }

  private static String read(Path file) {
    String remedy = "Make it with ./run token create --role service";
    try {
      String text = Files.readString(file).strip();
      if (ApiToken.parse(text) == null) {
        throw new StartRefusedException(
            "faultline.access.service-token-file=" + file + " holds no token", remedy);
      }
      return text;
    } catch (IOException e) {
      throw new StartRefusedException(
          "faultline.access.service-token-file=" + file + " cannot be read: " + e, remedy);
    }
  }

  /** Never the secret. */
  @Override
  public String toString() {
    return "tokens";
  }
}
