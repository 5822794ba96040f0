package io.faultline.runtime.access;

import static io.faultline.runtime.testing.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.faultline.events.Json;
import io.faultline.runtime.testing.EmbeddedBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A broker that asks who its clients are: a service gets in with its own name, others get nothing.
 */
class GuardedKafkaTest {

  /** With what a line of a JAAS configuration must not be broken by. */
  private static final String PASSWORD = "a;b'c";

  @TempDir Path folder;

  @Test
  void aServiceWithItsAclWorksAndAStrangerForgesNoToken() throws Exception {
    Map<String, String> users =
        Map.of(EmbeddedBroker.ADMIN, "boss", "notifier", PASSWORD, "stranger", "knock");
    try (EmbeddedBroker broker = EmbeddedBroker.guarded(users)) {
      allow(broker, "notifier");
      String admin = GuardedService.offline(folder, "admin");
      GuardedService.offline(folder, "service");
      try (GuardedService service =
          GuardedService.start(
              broker.bootstrapServers(),
              Map.of(
                  "faultline.access.required", "true",
                  "faultline.access.tokens-file", folder.resolve("tokens").toString(),
                  "faultline.access.service-token-file", folder.resolve("service-token").toString(),
                  "faultline.kafka.username", "notifier",
                  "faultline.kafka.password-file", file("password", PASSWORD)))) {
        String token = service.newToken(admin, "viewer");
        assertThat(service.status(service.as(token, "/v1/things/a"))).isEqualTo(200);
        assertThat(service.connection().toString()).doesNotContain(PASSWORD);

        ApiToken forged = ApiToken.random(new SecureRandom());
        assertThatThrownBy(() -> write(client(broker, "stranger", "knock"), forged))
            .isInstanceOf(ExecutionException.class)
            .hasCauseInstanceOf(TopicAuthorizationException.class);
        assertThatThrownBy(() -> describe(client(broker, "stranger", "guess")))
            .isInstanceOf(ExecutionException.class)
            .hasCauseInstanceOf(SaslAuthenticationException.class);
        assertThatThrownBy(
                () ->
                    describe(
                        Map.of(
                            "bootstrap.servers",
                            broker.bootstrapServers(),
                            "default.api.timeout.ms",
                            "2000",
                            "request.timeout.ms",
                            "1000")))
            .isInstanceOf(ExecutionException.class);
        assertThat(describe(client(broker, "stranger", "knock"))).isEmpty();
        assertThatThrownBy(() -> read(client(broker, "stranger", "knock")))
            .isInstanceOf(TopicAuthorizationException.class);
        assertThat(service.status(service.as(forged.text(), "/v1/things/a"))).isEqualTo(401);
        // It is the ACL that holds them off: who has one gets in with the same record.
        write(client(broker, "notifier", PASSWORD), forged);
        await(
            "the token is known",
            () -> service.status(service.as(forged.text(), "/v1/things/a")) == 200);
      }
    }
  }

  /** What notifier-service needs of the topics of access control, and no more. */
  private static void allow(EmbeddedBroker broker, String user)
      throws ExecutionException, InterruptedException {
    List<AclBinding> acls = new ArrayList<>();
    for (String topic : List.of(AccessTopics.TOKENS, AccessTopics.USES, AccessTopics.AUDIT)) {
      for (AclOperation operation :
          List.of(
              AclOperation.CREATE, AclOperation.DESCRIBE, AclOperation.READ, AclOperation.WRITE)) {
        acls.add(
            new AclBinding(
                new ResourcePattern(ResourceType.TOPIC, topic, PatternType.LITERAL),
                new AccessControlEntry("User:" + user, "*", operation, AclPermissionType.ALLOW)));
      }
    }
    try (Admin admin = Admin.create(client(broker, EmbeddedBroker.ADMIN, "boss"))) {
      admin.createAcls(acls).all().get();
    }
  }

  private static void write(Map<String, Object> client, ApiToken token) throws Exception {
    try (KafkaProducer<String, byte[]> producer =
        new KafkaProducer<>(client, new StringSerializer(), new ByteArraySerializer())) {
      Instant now = Instant.now();
      byte[] value =
          Json.LENIENT.writeValueAsBytes(
              new StoredToken(
                  token.id(),
                  StoredToken.Kind.TOKEN,
                  "forged",
                  Role.ADMIN,
                  token.hash(),
                  now,
                  "nobody",
                  null,
                  null,
                  null));
      producer
          .send(new ProducerRecord<>(AccessTopics.TOKENS, 0, token.id(), value))
          .get(60, TimeUnit.SECONDS);
    }
  }

  private static void read(Map<String, Object> client) {
    TopicPartition partition = new TopicPartition(AccessTopics.TOKENS, 0);
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(client, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      consumer.poll(Duration.ofSeconds(60));
    }
  }

  private static Set<String> describe(Map<String, Object> client) throws Exception {
    try (Admin admin = Admin.create(client)) {
      return admin.listTopics().names().get(60, TimeUnit.SECONDS);
    }
  }

  private static Map<String, Object> client(EmbeddedBroker broker, String user, String password) {
    return Map.of(
        "bootstrap.servers",
        broker.bootstrapServers(),
        "security.protocol",
        "SASL_PLAINTEXT",
        "sasl.mechanism",
        "SCRAM-SHA-512",
        "sasl.jaas.config",
        "org.apache.kafka.common.security.scram.ScramLoginModule required username=\""
            + user
            + "\" password=\""
            + password
            + "\";");
  }

  private String file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text + "\n").toString();
  }
}
