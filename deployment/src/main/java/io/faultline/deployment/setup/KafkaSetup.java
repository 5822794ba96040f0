package io.faultline.deployment.setup;

import io.faultline.runtime.rights.KafkaRights;
import io.faultline.runtime.rights.Right;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialAlteration;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.resource.ResourcePattern;

/**
 * Makes the services known to Kafka, each with its secret and with the rights of {@link
 * KafkaRights}, and takes away what a service may no longer do. Doing it again changes nothing.
 */
public final class KafkaSetup {

  private static final int ITERATIONS = 8192;
  private static final long TIMEOUT_SECONDS = 60;

  private KafkaSetup() {}

  /**
   * Speaks to the broker in the broker's own name, which needs {@code FAULTLINE_KAFKA_BOOTSTRAP}:
   * an address that only the broker's machine can reach.
   *
   * @param secrets as {@link Secrets} made them
   * @throws SetupException if Kafka does not take it
   */
  public static void run(Path secrets, Map<String, String> environment) {
    Map<String, Object> client = new HashMap<>();
    client.put(
        CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG,
        environment.getOrDefault("FAULTLINE_KAFKA_BOOTSTRAP", "127.0.0.1:9094"));
    client.put(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, "SASL_PLAINTEXT");
    client.put(SaslConfigs.SASL_MECHANISM, "PLAIN");
    Path broker = secrets.resolve(Secrets.KAFKA_FOLDER).resolve(Secrets.BROKER_PASSWORD);
    client.put(
        SaslConfigs.SASL_JAAS_CONFIG,
        "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"broker\""
            + " password=\""
            + read(broker)
            + "\";");
    Map<String, String> passwords = new HashMap<>();
    for (String user : KafkaRights.all().keySet()) {
      passwords.put(user, read(secrets.resolve(Secrets.USERS_FOLDER).resolve(user)));
    }
    apply(client, passwords);
    System.out.println("Kafka knows " + KafkaRights.all().keySet() + " and what each may do");
  }

  static void apply(Map<String, Object> client, Map<String, String> passwords) {
    try (Admin admin = Admin.create(client)) {
      List<UserScramCredentialAlteration> users = new ArrayList<>();
      passwords.forEach(
          (user, password) ->
              users.add(
                  new UserScramCredentialUpsertion(
                      user,
                      new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS),
                      password)));
      admin.alterUserScramCredentials(users).all().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      List<AclBinding> wanted = bindings();
      admin.createAcls(wanted).all().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      List<AclBindingFilter> outdated =
          admin
              .describeAcls(AclBindingFilter.ANY)
              .values()
              .get(TIMEOUT_SECONDS, TimeUnit.SECONDS)
              .stream()
              .filter(there -> isOurs(there) && !wanted.contains(there))
              .map(AclBinding::toFilter)
              .toList();
      admin.deleteAcls(outdated).all().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      Throwable reason = e.getCause() == null ? e : e.getCause();
      throw new SetupException("Kafka does not take users and rights: " + reason, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SetupException("interrupted", e);
    }
  }

  private static boolean isOurs(AclBinding there) {
    return KafkaRights.all().keySet().stream()
        .anyMatch(user -> there.entry().principal().equals("User:" + user));
  }

  /** The rights as Kafka writes them. */
  static List<AclBinding> bindings() {
    List<AclBinding> bindings = new ArrayList<>();
    KafkaRights.all()
        .forEach(
            (user, rights) -> {
              for (Right right : rights) {
                ResourcePattern pattern =
                    new ResourcePattern(right.type(), right.name(), right.pattern());
                for (AclOperation operation : right.operations()) {
                  bindings.add(
                      new AclBinding(
                          pattern,
                          new AccessControlEntry(
                              "User:" + user, "*", operation, AclPermissionType.ALLOW)));
                }
              }
            });
    return bindings;
  }

  private static String read(Path secret) {
    try {
      return Files.readString(secret).strip();
    } catch (IOException e) {
      throw new SetupException("there is no secret " + secret + "; make them first: " + e, e);
    }
  }
}
