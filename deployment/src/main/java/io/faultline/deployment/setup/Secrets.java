package io.faultline.deployment.setup;

import io.faultline.runtime.access.TokensFile;
import io.faultline.runtime.rights.KafkaRights;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Set;
import java.util.function.Function;

/**
 * Makes the secrets of a deployment where there are none yet, so that nobody has to think of one
 * and none is the same in two deployments. What is there stays as it is.
 *
 * <pre>
 *   FOLDER/kafka/broker-password       the broker to itself, and the setup to it
 *   FOLDER/kafka-users/dm-service      what the setup tells the broker, a file for each user
 *   FOLDER/dm-service/kafka-password   what the service tells the broker
 *   FOLDER/dm-service/service-token    what it shows to the other services
 *   FOLDER/dm-service/tokens           whom it lets in: hashes only, the same for all services
 *   FOLDER/notifier-service/webhooks-key   what it seals the secrets of webhooks with
 *   FOLDER/admin/token                 the first administrator's
 *   FOLDER/prometheus/token            a viewer's
 *   FOLDER/demo/token                  an operator's
 *   FOLDER/grafana/admin-password
 * </pre>
 *
 * Each of the folders is a volume of its own, mounted only where it is needed.
 */
public final class Secrets {

  /** 256 bits. */
  private static final int SECRET_BYTES = 32;

  static final String KAFKA_FOLDER = "kafka";
  static final String USERS_FOLDER = "kafka-users";
  static final String BROKER_PASSWORD = "broker-password";
  private static final String TOKEN = "token";
  private static final String TOKENS = "tokens";
  private static final String WEBHOOKS_KEY = "webhooks-key";

  // Whoever has the folder's volume may read; the broker runs as another user than the services.
  private static final Set<PosixFilePermission> READABLE =
      Set.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.OTHERS_READ);

  private final SecureRandom random = new SecureRandom();
  private final Path folder;

  private Secrets(Path folder) {
    this.folder = folder;
  }

  /**
   * @throws SetupException if the folder cannot be written
   */
  public static void make(Path folder) {
    try {
      new Secrets(folder).make();
    } catch (IOException e) {
      throw new SetupException("the secrets cannot be written: " + e, e);
    }
  }

  /** The first administrator's token. */
  public static String adminToken(Path folder) {
    try {
      return Files.readString(folder.resolve("admin").resolve(TOKEN)).strip();
    } catch (IOException e) {
      throw new SetupException(
          "there is no administrator's token; make the secrets first: " + e, e);
    }
  }

  private void make() throws IOException {
    once(folder.resolve(KAFKA_FOLDER).resolve(BROKER_PASSWORD), HexFormat.of()::formatHex);
    once(folder.resolve("grafana").resolve("admin-password"), HexFormat.of()::formatHex);
    once(
        folder.resolve("notifier-service").resolve(WEBHOOKS_KEY),
        Base64.getEncoder()::encodeToString);
    token("admin", TOKEN, "admin", "first-admin");
    token("demo", TOKEN, "operator", "demo");
    token("prometheus", TOKEN, "viewer", "prometheus");
    for (String user : KafkaRights.all().keySet()) {
      Path known = folder.resolve(USERS_FOLDER).resolve(user);
      once(known, HexFormat.of()::formatHex);
      // Written anew each time: a service whose volume was lost gets the secret that Kafka knows.
      replace(folder.resolve(user).resolve("kafka-password"), Files.readString(known));
      token(user, "service-token", "service", user);
    }
    for (String user : KafkaRights.all().keySet()) {
      replace(folder.resolve(user).resolve(TOKENS), Files.readString(tokens()));
    }
  }

  private Path tokens() {
    return folder.resolve(TOKENS).resolve(TOKENS);
  }

  private void token(String owner, String file, String role, String name) throws IOException {
    Path secret = folder.resolve(owner).resolve(file);
    if (Files.notExists(secret)) {
      TokensFile.create(tokens(), secret, role, name, null);
      Files.setPosixFilePermissions(secret, READABLE);
      System.out.println("made " + secret);
    }
  }

  private void once(Path file, Function<byte[], String> as) throws IOException {
    if (Files.notExists(file)) {
      byte[] secret = new byte[SECRET_BYTES];
      random.nextBytes(secret);
      replace(file, as.apply(secret));
      System.out.println("made " + file);
    }
  }

  /** A file is there whole or not at all. */
  private static void replace(Path file, String content) throws IOException {
    Files.createDirectories(file.getParent());
    Path unfinished = file.resolveSibling("." + file.getFileName() + ".unfinished");
    Files.deleteIfExists(unfinished);
    Files.writeString(unfinished, content);
    Files.setPosixFilePermissions(unfinished, READABLE);
    try {
      Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
