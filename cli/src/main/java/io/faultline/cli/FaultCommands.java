package io.faultline.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Sectors go bad and are cleared; what became of it is a fault. */
final class FaultCommands {

  private static final List<Column> FAULT =
      List.of(
          Column.text("ID", "id"),
          Column.text("STATE", "state"),
          Column.text("SEVERITY", "severity"),
          Column.text("CAUSE", "cause"),
          Column.text("HOST", "host"),
          Column.text("DEVICE", "device"),
          Column.number("SECTORS", "sectors"),
          count("VOLUMES", "volumes"),
          count("FILES", "files"),
          count("PROCESSES", "processes"),
          Column.text("OPENED", "openedAt"));

  private FaultCommands() {}

  private static Column count(String title, String of) {
    return new Column(title, fault -> Shown.value(fault.path("counts").path(of)), true);
  }

  @Command(
      name = "inject",
      mixinStandardHelpOptions = true,
      description = "Lets sectors go bad, as the hardware would.")
  static final class Inject extends RemoteCommand {

    @Parameters(index = "0", paramLabel = "DEVICE", description = "where")
    String device = "";

    @Parameters(
        index = "1",
        paramLabel = "SECTORS",
        converter = SectorSpan.Converter.class,
        description = "START+COUNT")
    SectorSpan span = new SectorSpan(0, 1);

    @Option(names = "--latent", description = "nobody is told: a scrub or a read finds it")
    boolean isLatent;

    @Override
    void run(Api api, Printer out) {
      ObjectNode body =
          Printer.JSON.createObjectNode().put("sector", span.sector()).put("count", span.count());
      if (isLatent) {
        body.put("notify", false);
      }
      JsonNode answer = api.post(api.ofHost("devices", device, "faults"), body);
      if (!out.json(answer)) {
        out.line("fault " + Shown.value(answer.path("faultId")));
      }
    }
  }

  @Command(
      name = "clear",
      mixinStandardHelpOptions = true,
      description = {
        "Clears poison, rounded in to whole clear units. The sectors can be used again and read as"
            + " zeros; what was in them stays lost."
      })
  static final class Clear extends RemoteCommand {

    @Parameters(index = "0", paramLabel = "DEVICE", description = "where")
    String device = "";

    @Parameters(
        index = "1",
        paramLabel = "SECTORS",
        converter = SectorSpan.Converter.class,
        description = "START+COUNT")
    SectorSpan span = new SectorSpan(0, 1);

    @Override
    void run(Api api, Printer out) {
      JsonNode answer = api.delete(api.ofHost("devices", device, "faults") + "?" + span.query());
      if (out.json(answer)) {
        return;
      }
      String cleared = Shown.ranges(answer.path("cleared"));
      out.line(cleared.isEmpty() ? "nothing was bad there" : "cleared " + cleared);
      String kept = Shown.ranges(answer.path("notCleared"));
      if (!kept.isEmpty()) {
        out.line("not cleared " + kept);
      }
    }
  }

  @Command(
      name = "faults",
      mixinStandardHelpOptions = true,
      description = "Faults, the newest first.")
  static final class Faults extends RemoteCommand {

    @Option(
        names = "--state",
        split = ",",
        paramLabel = "STATE",
        description = "open, acknowledged, resolved")
    List<String> states = List.of();

    @Option(names = "--device", paramLabel = "DEVICE", description = "of this device or volume")
    @Nullable String device;

    @Option(
        names = "--severity",
        paramLabel = "SEVERITY",
        description = "at least: info, warning, error, critical")
    @Nullable String severity;

    @Option(names = "--all-hosts", description = "not only of the host that is meant")
    boolean isOfAllHosts;

    @Option(
        names = "--limit",
        defaultValue = "100",
        paramLabel = "N",
        description = "how many at most (default ${DEFAULT-VALUE})")
    int limit;

    @Override
    void run(Api api, Printer out) {
      List<String> query = new ArrayList<>();
      if (!isOfAllHosts) {
        query.add("host=" + Api.encoded(api.host()));
      }
      for (String state : states) {
        query.add("state=" + Api.encoded(state));
      }
      if (device != null) {
        query.add("device=" + Api.encoded(device));
      }
      if (severity != null) {
        query.add("severity=" + Api.encoded(severity));
      }
      String suffix = query.isEmpty() ? "" : "?" + String.join("&", query);
      out.list(api.list("/v1/faults" + suffix, limit), FAULT, "no faults");
    }
  }

  @Command(
      name = "fault",
      mixinStandardHelpOptions = true,
      description = "A fault from its cause to its last effect.")
  static final class OneFault extends RemoteCommand {

    @Parameters(paramLabel = "ID", description = "of the fault")
    String id = "";

    @Override
    void run(Api api, Printer out) {
      JsonNode fault = api.get("/v1/faults/" + Api.encoded(id));
      if (out.json(fault)) {
        return;
      }
      out.members(fault, FAULT);
      out.line("");
      FaultPath.print(api.get("/v1/faults/" + Api.encoded(id) + "/path").path("path"), out);
      out.line("");
      out.table(
          fault.path("timeline"),
          List.of(
              Column.text("TIME", "time"),
              Column.text("WHAT", "what"),
              Column.text("BY", "by"),
              Column.text("REASON", "reason")),
          "");
    }
  }

  /** Somebody says something about a fault. */
  abstract static class Said extends RemoteCommand {

    @Parameters(paramLabel = "ID", description = "of the fault")
    String id = "";

    @Option(names = "--reason", paramLabel = "TEXT", description = "why")
    @Nullable String reason;

    @Option(names = "--by", paramLabel = "NAME", description = "who says so")
    @Nullable String by;

    abstract String verb();

    @Override
    void run(Api api, Printer out) {
      ObjectNode body = Printer.JSON.createObjectNode();
      if (by != null) {
        body.put("by", by);
      }
      if (reason != null) {
        body.put("reason", reason);
      }
      JsonNode fault = api.post("/v1/faults/" + Api.encoded(id) + "/" + verb(), body);
      if (!out.json(fault)) {
        out.line(id + " is " + Shown.value(fault.path("state")));
      }
    }
  }

  @Command(
      name = "acknowledge",
      mixinStandardHelpOptions = true,
      description = "Says that somebody looks after a fault.")
  static final class Acknowledge extends Said {
    @Override
    String verb() {
      return "acknowledge";
    }
  }

  @Command(
      name = "resolve",
      mixinStandardHelpOptions = true,
      description = "Says that a fault is done with.")
  static final class Resolve extends Said {
    @Override
    String verb() {
      return "resolve";
    }
  }
}
