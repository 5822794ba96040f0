package io.faultline.deployment;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import io.faultline.deployment.demo.Demo;
import io.faultline.deployment.door.FrontDoorApplication;
import io.faultline.deployment.setup.KafkaSetup;
import io.faultline.deployment.setup.Secrets;
import io.faultline.deployment.setup.SetupException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One program, and which part of it runs is its first argument. */
public final class Deployment {

  private static final String USAGE =
      """
      front-door              the one address of all services (the default)
      secrets [FOLDER]        makes every secret that is not there yet
      admin-token [FOLDER]    prints the token of the first administrator
      kafka [FOLDER]          makes the users in FOLDER known to Kafka, and what each may do
      demo [FOLDER]           builds the README's stack out of the examples in FOLDER, and breaks it

      FOLDER is secrets in the current folder where it is left out.
      """;

  private Deployment() {}

  public static void main(String[] arguments) {
    String part = arguments.length == 0 ? "" : arguments[0];
    switch (part) {
      case "secrets" -> once(() -> Secrets.make(folder(arguments)));
      case "admin-token" -> once(() -> System.out.println(Secrets.adminToken(folder(arguments))));
      case "kafka" -> once(() -> KafkaSetup.run(folder(arguments), System.getenv()));
      case "demo" ->
          once(() -> Demo.run(System.getenv(), folder(arguments), RandomGenerator.getDefault()));
      case "front-door" ->
          FrontDoorApplication.start(Arrays.copyOfRange(arguments, 1, arguments.length));
      default -> {
        if (!part.isEmpty() && !part.startsWith("--")) {
          refuse("there is no part " + part + "\n" + USAGE);
        }
        FrontDoorApplication.start(arguments);
      }
    }
  }

  private static void once(Runnable work) {
    // What is done in a moment has something to say only where it fails.
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext logback) {
      logback.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.WARN);
    }
    try {
      work.run();
    } catch (SetupException failed) {
      refuse(String.valueOf(failed.getMessage()));
    }
  }

  private static Path folder(String[] arguments) {
    if (arguments.length > 2) {
      throw new SetupException(arguments[0] + " takes one folder\n" + USAGE);
    }
    return Path.of(arguments.length == 2 ? arguments[1] : "secrets");
  }

  private static void refuse(String reason) {
    System.err.println("faultline: " + reason);
    System.exit(1);
  }
}
