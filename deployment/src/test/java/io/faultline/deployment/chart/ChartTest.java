package io.faultline.deployment.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.gson.JsonObject;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import io.faultline.deployment.Project;
import io.kubernetes.client.openapi.JSON;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1Ingress;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1Pod;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Secret;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceAccount;
import io.kubernetes.client.openapi.models.V1StatefulSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The chart is linted, rendered and held against Kubernetes' own kinds. */
class ChartTest {

  /** What every pod needs: it is not in the defaults, because nobody can guess it. */
  private static final String KAFKA = "kafka: {bootstrapServers: 'kafka:9092'}\n";

  /** What others define; there is no schema of them here, so their version at least is held. */
  private static final Map<String, String> CUSTOM =
      Map.of(
          "KafkaUser", "kafka.strimzi.io/v1",
          "KafkaTopic", "kafka.strimzi.io/v1",
          "ServiceMonitor", "monitoring.coreos.com/v1",
          "PrometheusRule", "monitoring.coreos.com/v1");

  private static final Map<String, Class<?>> KINDS =
      Map.of(
          "v1 Secret", V1Secret.class,
          "v1 Service", V1Service.class,
          "v1 ServiceAccount", V1ServiceAccount.class,
          "v1 Pod", V1Pod.class,
          "apps/v1 StatefulSet", V1StatefulSet.class,
          "apps/v1 Deployment", V1Deployment.class,
          "policy/v1 PodDisruptionBudget", V1PodDisruptionBudget.class,
          "networking.k8s.io/v1 NetworkPolicy", V1NetworkPolicy.class,
          "networking.k8s.io/v1 Ingress", V1Ingress.class);

  @Test
  void theChartIsLintedStrictly() {
    LintResult result = new Helm(Rendered.CHART).lint().strict().call();

    assertThat(result.isFailed()).as(String.join("\n", result.getMessages())).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        KAFKA,
        "kafka: {bootstrapServers: 'a:1,b:2', securityProtocol: PLAINTEXT}\n",
        "kafka: {bootstrapServers: 'a:1', securityProtocol: SSL, caSecret: ca}\n",
        "kafka: {bootstrapServers: 'a:1', caSecret: ca, properties: {client.rack: r1}}\n",
        "strimzi: {enabled: true}\n",
        "strimzi: {enabled: true, cluster: mine, listenerPort: 9094}\ntopics: {partitions: 24}\n",
        KAFKA + "ingress: {enabled: true}\n",
        KAFKA + "ingress: {enabled: true, className: nginx, tlsSecret: tls, annotations: {a: b}}\n",
        KAFKA + "serviceMonitor: {enabled: true, labels: {release: p}}\n",
        KAFKA + "prometheusRule: {enabled: true, labels: {release: p}}\n",
        KAFKA + "networkPolicy: {enabled: false}\npodDisruptionBudget: {enabled: false}\n",
        KAFKA
            + "networkPolicy: {frontDoorFrom: [{namespaceSelector: {}}], kafkaTo: [{ipBlock: {cidr:"
            + " 192.0.2.0/24}}], webhooksTo: []}\n",
        KAFKA + "deviceService: {replicas: 3}\nfrontDoor: {replicas: 1}\n",
        KAFKA + "dmService: {persistence: {enabled: false, size: 1Gi}}\n",
        KAFKA + "fsService: {persistence: {enabled: true, size: 1Gi, storageClass: fast}}\n",
        KAFKA + "serviceAccount: {create: false}\nspreadOverNodes: false\n",
        KAFKA
            + "image: {registry: r.example.com, tag: t, pullSecrets: [{name: s}]}\n"
            + "nodeSelector: {a: b}\ntolerations: [{key: k, operator: Exists}]\n"
            + "priorityClassName: high\npodAnnotations: {a: b}\npodLabels: {c: d}\n"
            + "affinity: {nodeAffinity: {}}\n",
        KAFKA + "access: {existingSecret: mine, origins: ['https://a']}\n",
        KAFKA
            + "access: {jwt: {issuer: 'https://i', audiences: [f], jwkSetUri: 'https://i/keys'}}\n",
        KAFKA
            + "extraEnv: [{name: A, value: b}]\n"
            + "extraEnvOf: {fsService: [{name: C, value: d}], frontDoor: [{name: E, value: f}]}\n",
      })
  void whatIsRenderedIsWhatKubernetesTakes(String values) {
    Rendered rendered = Rendered.with(values);

    assertThat(rendered.objects()).isNotEmpty();
    rendered.objects().forEach(ChartTest::assertTaken);
    assertThat(
            rendered.objects().stream()
                .collect(
                    Collectors.groupingBy(
                        object -> Rendered.text(object, "kind") + " " + Rendered.name(object),
                        Collectors.counting())))
        .as("names are given once")
        .allSatisfy((name, count) -> assertThat(count).isEqualTo(1));
    assertThat(rendered.pods()).hasSize(6).allSatisfy(ChartTest::assertRestricted);
  }

  @Test
  void whatKubernetesDoesNotTakeIsNoticed() {
    JsonObject service =
        Rendered.with(KAFKA).named("Service", "release-faultline-dm-service").deepCopy();
    service.getAsJsonObject("spec").addProperty("selektor", "x");

    assertThatThrownBy(() -> assertTaken(service)).hasStackTraceContaining("selektor");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        KAFKA + "dmService: {replicas: 0}\n",
        KAFKA + "kafka2: {}\n",
        "kafka: {bootstrapServers: 'no-port'}\n",
        KAFKA + "topics: {partitions: many}\n",
        "kafka: {bootstrapServers: 'a:1', securityProtocol: NONE}\n",
      })
  void valuesThatMakeNoSenseAreRefused(String values) {
    assertThatThrownBy(() -> Rendered.with(values))
        .hasMessageMatching("(?s).*(schema|say where Kafka is).*");
  }

  @Test
  void eachDeviceServiceHasItsOwnNameAndSlice() {
    JsonObject set =
        Rendered.with(KAFKA + "deviceService: {replicas: 2}\n")
            .named("StatefulSet", "release-faultline-device-service");

    assertThat(environment(container(set)).get("FAULTLINE_DEVICE_OWN_URL"))
        .isEqualTo("http://$(POD_NAME).release-faultline-device-service-pods:8081");
    assertThat(Rendered.path(set, "spec", "volumeClaimTemplates").toString()).contains("slice");
    assertThat(
            Rendered.path(set, "spec")
                .getAsJsonObject()
                .has("persistentVolumeClaimRetentionPolicy"))
        .as("a slice is kept when its set goes")
        .isFalse();
  }

  @Test
  void linksOfNotificationsLeadToTheIngress() {
    assertThat(publicUrl("{enabled: true, host: f.example.org}")).isEqualTo("http://f.example.org");
    assertThat(publicUrl("{enabled: true, host: f.example.org, tlsSecret: tls}"))
        .isEqualTo("https://f.example.org");
    assertThat(publicUrl("{enabled: false}")).isNull();
  }

  private static @Nullable String publicUrl(String ingress) {
    JsonObject set =
        Rendered.with(KAFKA + "ingress: " + ingress + "\n")
            .named("StatefulSet", "release-faultline-notifier-service");
    return environment(container(set)).get("FAULTLINE_NOTIFIER_LINKS_PUBLIC_URL");
  }

  @Test
  void aServiceReadsItsKafkaUserFromAFile() {
    JsonObject set =
        Rendered.with("strimzi: {enabled: true}\n")
            .named("StatefulSet", "release-faultline-fs-service");

    Map<String, String> environment = environment(container(set));
    assertThat(environment)
        .containsEntry("SPRING_CONFIG_IMPORT", "configtree:/run/faultline/")
        .containsEntry("SPRING_KAFKA_BOOTSTRAP_SERVERS", "kafka-kafka-bootstrap:9093")
        .containsEntry("SPRING_KAFKA_PROPERTIES_SECURITY_PROTOCOL", "SASL_SSL")
        .containsEntry(
            "SPRING_KAFKA_PROPERTIES_SSL_TRUSTSTORE_LOCATION", "/run/faultline-ca/ca.crt");
    assertThat(set.toString())
        .contains("\"secretName\":\"faultline-fs-service\"")
        .contains("\"path\":\"spring.kafka.properties.sasl.jaas.config\"")
        .contains("\"secretName\":\"kafka-cluster-ca-cert\"");
  }

  @Test
  void strimziGetsAUserForEachServiceAndTheTopics() {
    Rendered rendered = Rendered.with("strimzi: {enabled: true}\n");

    assertThat(rendered.ofKind("KafkaUser").map(Rendered::name))
        .containsExactly(
            "faultline-device-service",
            "faultline-dm-service",
            "faultline-fs-service",
            "faultline-notifier-service");
    JsonObject user = rendered.named("KafkaUser", "faultline-dm-service");
    assertThat(Rendered.list(Rendered.path(user, "spec", "authorization", "acls")))
        .allSatisfy(rule -> assertThat(rule.get("operations").isJsonArray()).isTrue());
    JsonObject hosts = rendered.named("KafkaTopic", "faultline.device.hosts");
    assertThat(Rendered.path(hosts, "spec", "partitions").getAsInt()).isEqualTo(1);
    assertThat(Rendered.path(hosts, "spec", "config", "cleanup.policy").getAsString())
        .isEqualTo("compact");
    JsonObject events = rendered.named("KafkaTopic", "faultline.dm.events");
    assertThat(Rendered.path(events, "spec", "partitions").getAsInt()).isEqualTo(12);
    assertThat(Rendered.path(events, "spec", "config", "retention.ms").getAsString())
        .isEqualTo("604800000");
  }

  @Test
  void theTokensThatAreMadeAreThoseThatTheServicesKnow() throws Exception {
    JsonObject secret =
        Rendered.with(KAFKA)
            .named("Secret", "release-faultline-access")
            .getAsJsonObject("stringData");

    List<String> lines = secret.get("tokens").getAsString().strip().lines().toList();
    assertThat(lines).hasSize(3);
    for (String line : lines) {
      String[] field = line.split(" ");
      String token = secret.get(field[1] + "-token").getAsString();
      assertThat(token).matches("flt_" + field[0] + "_[A-Za-z0-9]{43}");
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.US_ASCII));
      assertThat(field[2]).isEqualTo(HexFormat.of().formatHex(hash));
    }
    assertThat(Rendered.with(KAFKA + "access: {existingSecret: mine}\n").ofKind("Secret"))
        .extracting(made -> Rendered.path(made, "metadata", "name").getAsString())
        .containsExactly("release-faultline-webhooks");
  }

  /** With a key for each of them no instance could sign for a watcher that another one took in. */
  @Test
  void everyNotifierSealsWithTheSameKeyAndNobodyElseHasIt() {
    Rendered rendered = Rendered.with(KAFKA);
    JsonObject made = rendered.named("Secret", "release-faultline-webhooks");
    assertThat(
            Base64.getDecoder().decode(made.getAsJsonObject("stringData").get("key").getAsString()))
        .hasSize(32);
    for (JsonObject set : rendered.ofKind("StatefulSet").toList()) {
      boolean notifier =
          Rendered.path(set, "metadata", "name").getAsString().endsWith("notifier-service");
      assertThat(set.toString().contains("release-faultline-webhooks"))
          .as(Rendered.path(set, "metadata", "name").getAsString())
          .isEqualTo(notifier);
      assertThat(set.toString().contains("FAULTLINE_NOTIFIER_SECRETS_KEY_FILE"))
          .isEqualTo(notifier);
    }
    Rendered own = Rendered.with(KAFKA + "webhooks: {existingKeySecret: mine}\n");
    assertThat(own.ofKind("Secret"))
        .extracting(secret -> Rendered.path(secret, "metadata", "name").getAsString())
        .containsExactly("release-faultline-access");
    assertThat(own.named("StatefulSet", "release-faultline-notifier-service").toString())
        .contains("\"secretName\":\"mine\"");
  }

  /** Every service asks who scrapes it, and a viewer may. */
  @ParameterizedTest
  @ValueSource(strings = {"", "access: {existingSecret: mine}\n"})
  void prometheusShowsEveryServiceAViewersToken(String access) {
    Rendered rendered = Rendered.with(KAFKA + "serviceMonitor: {enabled: true}\n" + access);
    JsonObject monitor = rendered.named("ServiceMonitor", "release-faultline");
    List<JsonObject> endpoints = Rendered.list(Rendered.path(monitor, "spec", "endpoints"));
    assertThat(endpoints).hasSize(1);
    JsonObject endpoint = endpoints.getFirst();
    // The fields of the operator's own definition; there is no model of it here.
    assertThat(endpoint.keySet())
        .containsExactlyInAnyOrder("port", "path", "interval", "authorization", "relabelings");
    JsonObject authorization = endpoint.getAsJsonObject("authorization");
    assertThat(authorization.keySet()).containsExactlyInAnyOrder("type", "credentials");
    assertThat(Rendered.text(authorization, "type")).isEqualTo("Bearer");
    JsonObject credentials = authorization.getAsJsonObject("credentials");
    assertThat(credentials.keySet()).containsExactlyInAnyOrder("name", "key");
    assertThat(Rendered.text(credentials, "key")).isEqualTo("viewer-token");
    String secret = access.isEmpty() ? "release-faultline-access" : "mine";
    assertThat(Rendered.text(credentials, "name")).isEqualTo(secret);
    if (access.isEmpty()) {
      JsonObject made = rendered.named("Secret", secret).getAsJsonObject("stringData");
      String token = Rendered.text(made, "viewer-token");
      assertThat(Rendered.text(made, "tokens").lines())
          .anyMatch(line -> line.startsWith(token.split("_")[1] + " viewer "));
    }

    String kept =
        Rendered.list(endpoint.get("relabelings")).stream()
            .filter(step -> step.has("action") && Rendered.text(step, "action").equals("keep"))
            .map(step -> Rendered.text(step, "regex"))
            .findFirst()
            .orElseThrow();
    assertThat(rendered.ofKind("Service").map(Rendered::name).filter(name -> name.matches(kept)))
        .containsExactlyInAnyOrder(
            "release-faultline-device-service-pods",
            "release-faultline-dm-service-pods",
            "release-faultline-fs-service-pods",
            "release-faultline-notifier-service-pods");
  }

  /** Helm reads nothing outside of its chart, so the rules are there twice. */
  @Test
  void theAlertsOfTheChartAreThoseOfTheProject() throws IOException {
    Path project = Project.file("monitoring/prometheus/rules/faultline.yml");
    Path chart = Rendered.CHART.resolve("files/alerts.yml");
    assumeThat(project).as("the project's rules").exists();
    if (Boolean.getBoolean("faultline.write")) {
      Files.copy(project, chart, StandardCopyOption.REPLACE_EXISTING);
    }
    assertThat(chart).hasSameTextualContentAs(project);
  }

  private static void assertTaken(JsonObject object) {
    String kind = Rendered.text(object, "kind");
    String version = Rendered.text(object, "apiVersion");
    if (CUSTOM.containsKey(kind)) {
      assertThat(version).as(kind).isEqualTo(CUSTOM.get(kind));
      return;
    }
    Class<?> model = KINDS.get(version + " " + kind);
    assertThat(model).as(version + " " + kind).isNotNull();
    assertThat(JSON.getGson().fromJson(object, model)).isNotNull();
  }

  /** The restricted Pod Security Standard, and what we ask beyond it. */
  private static void assertRestricted(JsonObject pod) {
    JsonObject security = pod.getAsJsonObject("securityContext");
    assertThat(security.get("runAsNonRoot").getAsBoolean()).isTrue();
    assertThat(Rendered.path(security, "seccompProfile", "type").getAsString())
        .isEqualTo("RuntimeDefault");
    assertThat(pod.get("automountServiceAccountToken").getAsBoolean()).isFalse();
    for (String forbidden : List.of("hostNetwork", "hostPID", "hostIPC", "initContainers")) {
      assertThat(pod.has(forbidden)).as(forbidden).isFalse();
    }
    if (pod.has("volumes") && !pod.get("volumes").isJsonNull()) {
      assertThat(Rendered.list(pod.get("volumes")))
          .allMatch(volume -> volume.has("emptyDir") || volume.has("secret"));
    }
    for (JsonObject container : Rendered.list(pod.get("containers"))) {
      JsonObject own = container.getAsJsonObject("securityContext");
      assertThat(own.get("allowPrivilegeEscalation").getAsBoolean()).isFalse();
      assertThat(own.get("readOnlyRootFilesystem").getAsBoolean()).isTrue();
      assertThat(Rendered.path(own, "capabilities", "drop").toString()).isEqualTo("[\"ALL\"]");
      assertThat(own.has("privileged")).isFalse();
      assertThat(Rendered.path(container, "resources", "limits", "memory")).isNotNull();
      if (container.has("ports")) {
        assertThat(container.keySet()).contains("startupProbe", "livenessProbe", "readinessProbe");
      }
    }
  }

  private static JsonObject container(JsonObject set) {
    return Rendered.list(Rendered.path(set, "spec", "template", "spec", "containers")).getFirst();
  }

  private static Map<String, String> environment(JsonObject container) {
    return Rendered.list(container.get("env")).stream()
        .filter(variable -> variable.has("value"))
        .collect(
            Collectors.toMap(
                variable -> Rendered.text(variable, "name"),
                variable -> Rendered.text(variable, "value")));
  }
}
