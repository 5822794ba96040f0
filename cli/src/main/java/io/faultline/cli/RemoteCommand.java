package io.faultline.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that asks a running Faultline. */
abstract class RemoteCommand implements Callable<Integer> {

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it before it calls
  CommandSpec spec;

  /** Asks and prints; what goes wrong is a {@link Failure}. */
  abstract void run(Api api, Printer out);

  @Override
  public final Integer call() {
    Faultline root = (Faultline) spec.root().userObject();
    run(root.api(), root.printer());
    return ExitCode.OK.number();
  }
}
