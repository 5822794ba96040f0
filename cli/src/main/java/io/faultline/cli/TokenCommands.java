package io.faultline.cli;

import java.time.Period;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** API tokens: made, listed and revoked by an admin. */
@Command(
    name = "token",
    mixinStandardHelpOptions = true,
    description = "API tokens: made, listed and revoked by an admin.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      TokenCommands.Create.class,
      TokenCommands.Tokens.class,
      TokenCommands.Revoke.class
    })
final class TokenCommands extends RemoteCommand {

  private static final List<Column> TOKEN =
      List.of(
          Column.text("ID", "id"),
          Column.text("NAME", "name"),
          Column.text("ROLE", "role"),
          Column.text("CREATED", "created"),
          Column.text("EXPIRES", "expires"),
          Column.text("LAST USED", "lastUsed"),
          Column.text("REVOKED", "revoked"));

  @Override
  void run(Api api, Printer out) {
    throw Failure.of(ExitCode.USAGE, "which one? token create, token list or token revoke");
  }

  @Command(
      name = "create",
      mixinStandardHelpOptions = true,
      description = "A new token. It is shown this once; only its hash is kept.")
  static final class Create extends RemoteCommand {

    @Parameters(paramLabel = "NAME", description = "what it is for")
    String name = "";

    @Option(
        names = "--role",
        required = true,
        paramLabel = "ROLE",
        description = "viewer, operator or admin")
    String role = "";

    @Option(
        names = "--days",
        paramLabel = "N",
        description = "how long it is good (default: until it is revoked)")
    @Nullable Integer days;

    @Override
    void run(Api api, Printer out) {
      ObjectNode body = Printer.JSON.createObjectNode().put("name", name).put("role", role);
      if (days != null) {
        body.put("expires", Period.ofDays(days).toString());
      }
      JsonNode made = api.post("/v1/tokens", body);
      if (!out.json(made)) {
        // Alone in its line, so that it can be piped into a file.
        out.line(Shown.value(made.path("token")));
      }
    }
  }

  @Command(name = "list", mixinStandardHelpOptions = true, description = "All tokens.")
  static final class Tokens extends Listed {
    @Override
    void run(Api api, Printer out) {
      out.list(api.list("/v1/tokens", limit), TOKEN, "no tokens");
    }
  }

  @Command(
      name = "revoke",
      mixinStandardHelpOptions = true,
      description = "A token that is good for nothing any more.")
  static final class Revoke extends RemoteCommand {

    @Parameters(paramLabel = "ID", description = "of the token")
    String id = "";

    @Override
    void run(Api api, Printer out) {
      JsonNode answer = api.delete("/v1/tokens/" + Api.encoded(id));
      if (!out.json(answer)) {
        out.line("token " + id + " is revoked");
      }
    }
  }
}
