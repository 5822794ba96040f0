package io.faultline.cli;

import picocli.CommandLine.Option;

/** A command that shows a list. */
abstract class Listed extends RemoteCommand {

  static final int MANY = 10_000;

  @Option(
      names = "--limit",
      defaultValue = "10000",
      paramLabel = "N",
      description = "how many at most (default ${DEFAULT-VALUE})")
  int limit;
}
