package io.faultline.deployment.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.faultline.events.Topics;
import io.faultline.runtime.FaultlineProperties;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.TopicsAdmin;
import io.faultline.runtime.rights.KafkaRights;
import io.faultline.runtime.testing.EmbeddedBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The rights as a real broker enforces them. */
class KafkaSetupTest {

  private static final String BROKER_PASSWORD = "of-the-broker";
  private static final Map<String, String> PASSWORDS = new HashMap<>();
  private static EmbeddedBroker broker;

  @BeforeAll
  static void start() {
    KafkaRights.all().keySet().forEach(user -> PASSWORDS.put(user, "of-" + user));
    broker = EmbeddedBroker.guarded(Map.of(EmbeddedBroker.ADMIN, BROKER_PASSWORD));
    KafkaSetup.apply(asBroker(), PASSWORDS);
    // As the services do it at their start, each in its own name.
    for (String user : KafkaRights.all().keySet()) {
      TopicsAdmin topics = topicsOf(user);
      String layer = user.replace("-service", "");
      topics.ensure(
          layer.equals("device")
              ? List.of(topics.events(Topics.DEVICE_EVENTS), topics.events(Topics.REMOVAL_ACKS))
              : List.of(
                  topics.events(Topics.DEVICE_EVENTS), topics.requests(Topics.commands(layer))));
    }
    topicsOf("dm-service").ensure(List.of(topicsOf("dm-service").events(Topics.DM_EVENTS)));
  }

  @AfterAll
  static void stop() {
    broker.close();
  }

  @Test
  void aServiceWritesWhatItTells() throws Exception {
    assertThat(write("device-service", Topics.DEVICE_EVENTS)).isTrue();
    assertThat(write("dm-service", Topics.DM_EVENTS)).isTrue();
    assertThat(write("dm-service", Topics.REMOVAL_ACKS)).isTrue();
  }

  @Test
  void nobodyElseWritesIt() throws Exception {
    for (String user : List.of("dm-service", "fs-service", "notifier-service")) {
      assertThat(write(user, Topics.DEVICE_EVENTS)).as(user).isFalse();
    }
    assertThat(write("device-service", Topics.DM_EVENTS)).isFalse();
    assertThat(write("fs-service", Topics.commands("dm"))).isFalse();
    assertThat(write("device-service", Topics.REMOVAL_ACKS)).isFalse();
  }

  @Test
  void whoIsNotKnownOrHasAnotherPasswordIsRefused() {
    for (Map<String, Object> client :
        List.of(as("stranger", "of-stranger"), as("dm-service", "of-fs-service"))) {
      assertThatThrownBy(() -> write(client, Topics.DM_EVENTS))
          .hasRootCauseInstanceOf(SaslAuthenticationException.class);
    }
  }

  @Test
  void doingItAgainChangesNothingAndTakesAwayWhatIsNoLongerMeant() throws Exception {
    try (Admin admin = Admin.create(asBroker())) {
      int before = rules(admin);
      AclBinding extra =
          new AclBinding(
              new ResourcePattern(ResourceType.TOPIC, Topics.FS_EVENTS, PatternType.LITERAL),
              new AccessControlEntry(
                  "User:dm-service", "*", AclOperation.WRITE, AclPermissionType.ALLOW));
      admin.createAcls(List.of(extra)).all().get(30, TimeUnit.SECONDS);

      KafkaSetup.apply(asBroker(), PASSWORDS);

      assertThat(rules(admin)).isEqualTo(before).isEqualTo(KafkaSetup.bindings().size());
    }
  }

  @Test
  void whatIsMissingIsSaid() {
    assertThatThrownBy(() -> KafkaSetup.run(Path.of("/nowhere"), Map.of()))
        .isInstanceOf(SetupException.class)
        .hasMessageContaining("make them first");
  }

  private static int rules(Admin admin) throws Exception {
    return admin.describeAcls(AclBindingFilter.ANY).values().get(30, TimeUnit.SECONDS).size();
  }

  private static boolean write(String user, String topic) throws Exception {
    return write(as(user, PASSWORDS.get(user)), topic);
  }

  private static boolean write(Map<String, Object> client, String topic) throws Exception {
    client.put("max.block.ms", 20_000);
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(client, new StringSerializer(), new StringSerializer())) {
      producer.send(new ProducerRecord<>(topic, "h", "x")).get(30, TimeUnit.SECONDS);
      return true;
    } catch (ExecutionException refused) {
      if (refused.getCause() instanceof TopicAuthorizationException) {
        return false;
      }
      throw refused;
    }
  }

  private static TopicsAdmin topicsOf(String user) {
    Map<String, String> security = new HashMap<>();
    as(user, PASSWORDS.get(user)).forEach((name, value) -> security.put(name, value.toString()));
    return new TopicsAdmin(
        new KafkaConnection(List.of(broker.bootstrapServers()), security),
        new FaultlineProperties.Topics(4, (short) 1, Duration.ofDays(1)));
  }

  private static Map<String, Object> asBroker() {
    return as(EmbeddedBroker.ADMIN, BROKER_PASSWORD);
  }

  private static Map<String, Object> as(String user, String password) {
    Map<String, Object> client = new HashMap<>();
    client.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrapServers());
    client.put(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, "SASL_PLAINTEXT");
    client.put(SaslConfigs.SASL_MECHANISM, "SCRAM-SHA-512");
    client.put(
        SaslConfigs.SASL_JAAS_CONFIG,
        "org.apache.kafka.common.security.scram.ScramLoginModule required username=\""
            + user
            + "\" password=\""
            + password
            + "\";");
    return client;
  }
}
