package io.faultline.architecture.violations.core;

import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Date;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.springframework.context.ApplicationContext;
import tools.jackson.databind.JsonNode;

/** What no core may do, a class for each; the name begins with what the rule must catch. */
final class ImpureCore {

  private ImpureCore() {}

  record UsesSpring(ApplicationContext context) {}

  record UsesKafka(TopicPartition partition) {}

  record UsesJackson(JsonNode node) {}

  record UsesLogging(Logger log) {}

  record UsesTheShell(io.faultline.runtime.CommandGateway<String> gateway) {}

  record UsesAnArrayOfPaths(Path[] paths) {}

  record UsesStreamsOfBytes(InputStream in) {}

  record UsesTheNetwork(URI uri) {}

  record UsesAClock(Clock clock) {}

  record UsesRandomNumbers(Random random) {}

  record UsesRandomGenerators(RandomGenerator random) {}

  record UsesSecureRandomNumbers(SecureRandom random) {}

  record UsesConcurrentMaps(ConcurrentHashMap<String, String> map) {}

  record UsesDates(Date date) {}

  static final class PrintsSomething {
    void print() {
      System.out.println("a core says nothing");
    }
  }

  static final class RunsAThread {
    Thread.Builder thread() {
      return Thread.ofVirtual();
    }
  }

  static final class KeepsSomethingForTheThread {
    final ThreadLocal<String> kept = new ThreadLocal<>();
  }

  static final class AsksARandomOfTheThread {
    int next() {
      return ThreadLocalRandom.current().nextInt();
    }
  }

  static final class AsksForNow {
    Instant now() {
      return Instant.now();
    }
  }

  static final class AsksForNowByReference {
    final Supplier<Instant> now = Instant::now;
  }

  static final class AsksForToday {
    LocalDate today() {
      return LocalDate.now();
    }
  }

  static final class AsksForMillis {
    long now() {
      return System.currentTimeMillis();
    }
  }

  static final class AsksForNanos {
    long now() {
      return System.nanoTime();
    }
  }

  static final class AsksTheEnvironment {
    String home() {
      return System.getProperty("user.home");
    }
  }

  static final class AsksForAnIdentity {
    UUID id() {
      return UUID.randomUUID();
    }
  }

  static final class AsksChance {
    double chance() {
      return Math.random();
    }
  }

  static final class ShufflesByChance {
    void shuffle(List<String> list) {
      Collections.shuffle(new ArrayList<>(list));
    }
  }
}
