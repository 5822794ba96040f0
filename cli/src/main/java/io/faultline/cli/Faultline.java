package io.faultline.cli;

import java.io.InputStream;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code faultline}: looks at a running Faultline and makes things go wrong in it. */
@Command(
    name = "faultline",
    description = "Looks at a running Faultline, and makes things go wrong in it.",
    mixinStandardHelpOptions = true,
    versionProvider = Faultline.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    sortOptions = false,
    usageHelpAutoWidth = true,
    subcommands = {
      DeviceCommands.Hosts.class,
      DeviceCommands.Devices.class,
      DeviceCommands.Create.class,
      FaultCommands.Inject.class,
      FaultCommands.Clear.class,
      DeviceCommands.Scrub.class,
      DeviceCommands.Unplug.class,
      DeviceCommands.Plug.class,
      StackCommands.Volumes.class,
      StackCommands.Upward.class,
      StackCommands.Filesystems.class,
      StackCommands.Owners.class,
      StackCommands.Impact.class,
      FaultCommands.Faults.class,
      FaultCommands.OneFault.class,
      FaultCommands.Acknowledge.class,
      FaultCommands.Resolve.class,
      WatchCommand.class,
      TokenCommands.class,
      Faultline.Completion.class,
      CommandLine.HelpCommand.class
    },
    footerHeading = "%nExit codes:%n",
    footer = {
      "0 done, 2 wrong command line, 3 no such thing, 4 refused by the rules or the state of"
          + " things, 5 not allowed, 6 not reachable or not ready, 7 a bug of the service, 1 a bug"
          + " of this program.",
      "",
      "Sectors are START+COUNT (512 bytes each). docs/CLI.md tells more."
    })
public final class Faultline implements Runnable {

  @Mixin Connection connection = new Connection();

  @Option(
      names = {"-o", "--output"},
      scope = ScopeType.INHERIT,
      paramLabel = "FORMAT",
      defaultValue = "table",
      description = "${COMPLETION-CANDIDATES}; json is what the service said")
  Printer.Format output = Printer.Format.table;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it before it calls
  CommandSpec spec;

  private final Map<String, String> environment;
  private final InputStream in;

  Faultline(Map<String, String> environment, InputStream in) {
    this.environment = environment;
    this.in = in;
  }

  /** Ends the process with the exit code of the command. */
  public static void main(String[] arguments) {
    PrintWriter out = new PrintWriter(System.out, false, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    int code = run(arguments, System.getenv(), System.in, out, err);
    out.flush();
    System.exit(code);
  }

  /** Runs a command and tells its exit code. */
  static int run(
      String[] arguments,
      Map<String, String> environment,
      InputStream in,
      PrintWriter out,
      PrintWriter err) {
    Faultline root = new Faultline(environment, in);
    return new CommandLine(root)
        .setOut(out)
        .setErr(err)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler((failure, line, parsed) -> root.explain(failure, err))
        .setParameterExceptionHandler(Faultline::explainUsage)
        .execute(arguments);
  }

  /** Without a command: what there is. */
  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which command? faultline --help lists them");
  }

  Printer printer() {
    return new Printer(spec.commandLine().getOut(), output);
  }

  Api api() {
    URI url = connection.url(environment);
    String token = TokenSource.find(connection.tokenFile, environment, in);
    if (token != null && !connection.allowPlainHttp) {
      Api.requireSafeForToken(url);
    }
    HttpClient.Builder client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(connection.timeout());
    Path trusted = connection.caFile(environment);
    if (trusted != null) {
      client.sslContext(Trust.in(trusted));
    }
    return new Api(client.build(), url, connection.host(environment), token, connection.timeout());
  }

  private int explain(Exception failure, PrintWriter err) {
    if (!(failure instanceof Failure told)) {
      err.println("faultline: a bug of this program, please report it:");
      failure.printStackTrace(err);
      return ExitCode.BUG.number();
    }
    JsonNode problem = told.problem();
    if (output == Printer.Format.json && problem != null && !problem.isEmpty()) {
      err.println(Printer.JSON.writeValueAsString(problem));
    } else {
      err.println("faultline: " + Shown.plain(Objects.toString(told.getMessage(), "")));
      told.more().forEach(line -> err.println("  " + Shown.plain(line)));
    }
    return told.exitCode().number();
  }

  private static int explainUsage(ParameterException wrong, String[] arguments) {
    CommandLine command = wrong.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("faultline: " + Shown.plain(Objects.toString(wrong.getMessage(), "")));
    CommandLine.UnmatchedArgumentException.printSuggestions(wrong, err);
    err.println("  " + command.getCommandSpec().qualifiedName() + " --help tells how it is used");
    return ExitCode.USAGE.number();
  }

  /** As the manifest of the jar says. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      @Nullable String version = Faultline.class.getPackage().getImplementationVersion();
      return new String[] {"faultline " + Objects.requireNonNullElse(version, "development")};
    }
  }

  /** {@code source <(faultline completion)}. */
  @Command(
      name = "completion",
      mixinStandardHelpOptions = true,
      description = "Prints a completion script for bash and zsh: source <(faultline completion)")
  static final class Completion implements Runnable {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it calls
    CommandSpec spec;

    @Override
    public void run() {
      PrintWriter out = spec.commandLine().getOut();
      out.println(AutoComplete.bash("faultline", spec.root().commandLine()));
      out.flush();
    }
  }
}
