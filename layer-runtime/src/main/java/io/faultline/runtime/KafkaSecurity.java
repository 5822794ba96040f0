package io.faultline.runtime;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.SslConfigs;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.kafka.autoconfigure.SslBundleSslEngineFactory;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;

/**
 * How every client of Kafka says who it is and whom it trusts, under {@code faultline.kafka.*}.
 * Secrets come from files, so that they stand in no environment, command line or log.
 *
 * @param securityProtocol {@code SASL_SSL}, {@code SASL_PLAINTEXT}, {@code SSL}; empty: what the
 *     rest says, or {@code PLAINTEXT}
 * @param saslMechanism with a user name: {@code SCRAM-SHA-512}, {@code SCRAM-SHA-256} or {@code
 *     PLAIN}
 * @param username empty: no SASL
 * @param passwordFile a file with the password and nothing else
 * @param sslBundle the name of a bundle under {@code spring.ssl.bundle}; empty: Java's own trust
 * @param propertiesFile further settings of Kafka's clients, as its tools read them
 * @param properties the same, where nothing of them is a secret
 */
@ConfigurationProperties("faultline.kafka")
public record KafkaSecurity(
    @DefaultValue("") String securityProtocol,
    @DefaultValue("SCRAM-SHA-512") String saslMechanism,
    @DefaultValue("") String username,
    @Nullable Path passwordFile,
    @DefaultValue("") String sslBundle,
    @Nullable Path propertiesFile,
    @DefaultValue Map<String, String> properties) {

  /**
   * What is given to every client.
   *
   * @throws IllegalStateException if a file cannot be read, or a user has no password
   */
  Map<String, Object> clientProperties(SslBundles bundles) {
    Map<String, Object> settings = new HashMap<>();
    if (propertiesFile != null) {
      Properties read = new Properties();
      try (Reader file = Files.newBufferedReader(propertiesFile)) {
        read.load(file);
      } catch (IOException e) {
        throw unreadable("faultline.kafka.properties-file", propertiesFile, e);
      }
      read.forEach((name, value) -> settings.put(String.valueOf(name), value));
    }
    settings.putAll(properties);
    if (!username.isEmpty()) {
      settings.put(SaslConfigs.SASL_MECHANISM, saslMechanism);
      settings.put(SaslConfigs.SASL_JAAS_CONFIG, login(password()));
    }
    if (!sslBundle.isEmpty()) {
      settings.put(SslConfigs.SSL_ENGINE_FACTORY_CLASS_CONFIG, SslBundleSslEngineFactory.class);
      settings.put(SslBundle.class.getName(), bundles.getBundle(sslBundle));
    }
    String protocol = protocol();
    if (!protocol.isEmpty()) {
      settings.put(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, protocol);
    }
    return settings;
  }

  private String protocol() {
    if (!securityProtocol.isEmpty() || username.isEmpty() && sslBundle.isEmpty()) {
      return securityProtocol;
    }
    if (username.isEmpty()) {
      return "SSL";
    }
    return sslBundle.isEmpty() ? "SASL_PLAINTEXT" : "SASL_SSL";
  }

  private String password() {
    if (passwordFile == null) {
      throw new IllegalStateException(
          "faultline.kafka.username=" + username + " needs faultline.kafka.password-file");
    }
    try {
      return Files.readString(passwordFile).strip();
    } catch (IOException e) {
      throw unreadable("faultline.kafka.password-file", passwordFile, e);
    }
  }

  private String login(String password) {
    String module =
        saslMechanism.equals("PLAIN")
            ? "org.apache.kafka.common.security.plain.PlainLoginModule"
            : "org.apache.kafka.common.security.scram.ScramLoginModule";
    return "%s required username=%s password=%s;"
        .formatted(module, quoted(username), quoted(password));
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static IllegalStateException unreadable(String property, Path file, IOException cause) {
    return new IllegalStateException(property + "=" + file + " cannot be read: " + cause, cause);
  }
}
