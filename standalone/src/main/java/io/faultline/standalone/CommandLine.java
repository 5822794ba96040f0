package io.faultline.standalone;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a person typed after the program's name.
 *
 * @param springArguments the options as Spring's properties
 */
record CommandLine(Wish wish, List<String> springArguments) {

  /** What the program is to do. */
  enum Wish {
    RUN,
    HELP,
    VERSION
  }

  static final String USAGE =
      """
      usage: run [--port=N] [--data=DIR] [--verbose] [--help] [--version] [--any.property=VALUE]

        --port=N     listen on 127.0.0.1:N (default 8080; 0 for any free port)
        --data=DIR   keep everything in DIR (default: data)
        --verbose    show what the libraries log as well
        --faultline.access.required=true   ask callers who they are (docs/SECURITY.md)
        --any.property=VALUE   any setting of Faultline or Spring Boot

      run token create --role=viewer|operator|admin|service [--name=NAME] [--data=DIR]
        makes a token and prints in which file it is

      Ctrl-C stops it (exit code 130, after SIGTERM 143); 1 means that it could not start or go on.\
      """;

  private static final Map<String, String> SHORT_NAMES =
      Map.of("port", "server.port", "data", "faultline.data");

  static CommandLine parse(String... arguments) {
    List<String> springArguments = new ArrayList<>();
    Iterator<String> rest = List.of(arguments).iterator();
    while (rest.hasNext()) {
      String argument = rest.next();
      switch (argument) {
        case "--help", "-h" -> {
          return new CommandLine(Wish.HELP, List.of());
        }
        case "--version" -> {
          return new CommandLine(Wish.VERSION, List.of());
        }
        case "--verbose" -> {
          springArguments.add("--logging.level.root=INFO");
          springArguments.add("--faultline.console-level=INFO");
          springArguments.add("--faultline.kafka-console-level=INFO");
        }
        case "--port", "--data" ->
            springArguments.add(asProperty(argument + "=" + (rest.hasNext() ? rest.next() : "")));
        default -> springArguments.add(asProperty(argument));
      }
    }
    return new CommandLine(Wish.RUN, List.copyOf(springArguments));
  }

  private static String asProperty(String argument) {
    int equals = argument.indexOf('=');
    if (!argument.startsWith("--") || equals < 0) {
      throw unknown(argument);
    }
    String name = argument.substring(2, equals);
    String value = argument.substring(equals + 1);
    if (SHORT_NAMES.containsKey(name)) {
      if (value.isBlank()) {
        throw new StartFailure("--" + name + " needs a value: --" + name + "=VALUE");
      }
      return "--" + SHORT_NAMES.get(name) + "=" + value;
    }
    if (name.indexOf('.') < 0) {
      throw unknown(argument);
    }
    return argument;
  }

  private static StartFailure unknown(String argument) {
    String known =
        SHORT_NAMES.keySet().stream()
            .sorted()
            .map(name -> "--" + name + "=")
            .collect(Collectors.joining(", "));
    return new StartFailure(
        "unknown option "
            + argument
            + "; there are "
            + known
            + ", --verbose, --help, --version and properties with a dot in their name");
  }
}
