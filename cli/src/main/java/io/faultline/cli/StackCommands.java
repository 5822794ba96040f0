package io.faultline.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** What stands on devices: volumes, filesystems, files; and what a fault would do to it. */
final class StackCommands {

  private static final List<Column> VOLUME =
      List.of(
          Column.text("NAME", "name"),
          Column.number("SECTORS", "sectors"),
          Column.text("STATE", "state"),
          Column.text("BELOW", "below"),
          Column.text("ABOVE", "above"),
          Column.text("DAX", "dax"),
          Column.text("CLAIM", "claim"),
          Column.of("OUT OF SYNC", StackCommands::outOfSync));

  private static final List<Column> FILESYSTEM =
      List.of(
          Column.text("NAME", "name"),
          Column.text("DATA", "data"),
          Column.text("LOG", "log"),
          Column.text("REALTIME", "realtime"),
          Column.text("STATE", "state"),
          Column.text("REASON", "shutdownReason"),
          Column.text("DAX", "dax"),
          Column.ranges("BAD", "badRanges"));

  private static final List<Column> EFFECT =
      List.of(
          Column.text("VOLUME", "volume"),
          Column.text("EFFECT", "effect"),
          Column.ranges("RANGES", "ranges"));

  private static final List<Column> OWNER =
      List.of(
          Column.number("SECTOR", "sector"),
          Column.number("COUNT", "count"),
          Column.text("OWNER", "owner"),
          Column.number("INODE", "inode"),
          Column.number("OFFSET", "fileOffsetBytes"),
          Column.number("BYTES", "lengthBytes"),
          Column.text("FORK", "fork"),
          Column.text("FLAGS", "flags"),
          Column.text("PATHS", "paths"));

  private static final List<Column> PROCESS =
      List.of(
          Column.number("PID", "pid"),
          Column.text("MAPPING", "mapping"),
          Column.text("PATH", "path"),
          Column.number("ADDRESS OFFSET", "addressOffsetBytes"),
          Column.text("SIGNALLED AT ONCE", "signalledAtOnce"));

  private StackCommands() {}

  private static String outOfSync(JsonNode volume) {
    List<String> legs = new ArrayList<>();
    volume
        .path("outOfSync")
        .forEach(
            leg ->
                legs.add(Shown.value(leg.path("device")) + ":" + leg.path("sectors").asString()));
    return String.join(", ", legs);
  }

  @Command(
      name = "volumes",
      mixinStandardHelpOptions = true,
      description = "Volumes of a host, or one of them with its table.")
  static final class Volumes extends Listed {

    @Parameters(arity = "0..1", paramLabel = "VOLUME", description = "only this one")
    @Nullable String volume;

    @Override
    void run(Api api, Printer out) {
      if (volume == null) {
        out.list(api.list(api.ofHost("volumes"), limit), VOLUME, "no volumes");
        return;
      }
      JsonNode found = api.get(api.ofHost("volumes", volume));
      if (!out.json(found)) {
        out.members(found, VOLUME);
        out.line("");
        found.path("table").forEach(line -> out.line(Shown.value(line)));
      }
    }
  }

  @Command(
      name = "filesystems",
      mixinStandardHelpOptions = true,
      description = "Filesystems of a host, or one of them.")
  static final class Filesystems extends Listed {

    @Parameters(arity = "0..1", paramLabel = "FILESYSTEM", description = "only this one")
    @Nullable String filesystem;

    @Override
    void run(Api api, Printer out) {
      if (filesystem == null) {
        out.list(api.list(api.ofHost("filesystems"), limit), FILESYSTEM, "no filesystems");
        return;
      }
      JsonNode found = api.get(api.ofHost("filesystems", filesystem));
      if (!out.json(found)) {
        out.members(found, FILESYSTEM);
      }
    }
  }

  @Command(
      name = "upward",
      mixinStandardHelpOptions = true,
      description = "What would go bad in the volumes above if these sectors did.")
  static final class Upward extends RemoteCommand {

    @Parameters(index = "0", paramLabel = "DEVICE", description = "a device or a volume")
    String device = "";

    @Parameters(
        index = "1",
        paramLabel = "SECTORS",
        converter = SectorSpan.Converter.class,
        description = "START+COUNT")
    SectorSpan span = new SectorSpan(0, 1);

    @Override
    void run(Api api, Printer out) {
      JsonNode answer = api.get(api.ofHost("block-devices", device, "upward") + "?" + span.query());
      if (!out.json(answer)) {
        out.table(answer.path("volumes"), EFFECT, "no volume is touched");
      }
    }
  }

  @Command(
      name = "owners",
      mixinStandardHelpOptions = true,
      description = "Whose these sectors of a filesystem are.")
  static final class Owners extends RemoteCommand {

    @Parameters(index = "0", paramLabel = "FILESYSTEM", description = "which")
    String filesystem = "";

    @Parameters(
        index = "1",
        paramLabel = "SECTORS",
        converter = SectorSpan.Converter.class,
        description = "START+COUNT on its device")
    SectorSpan span = new SectorSpan(0, 1);

    @Option(
        names = "--on",
        defaultValue = "data",
        paramLabel = "DEVICE",
        description = "data, log or realtime (default ${DEFAULT-VALUE})")
    String on = "data";

    @Override
    void run(Api api, Printer out) {
      JsonNode answer =
          api.get(
              api.ofHost("filesystems", filesystem, "owners")
                  + "?device="
                  + Api.encoded(on)
                  + "&"
                  + span.query());
      if (!out.json(answer)) {
        out.table(answer.path("owners"), OWNER, "nobody's, as far as is known");
      }
    }
  }

  @Command(
      name = "impact",
      mixinStandardHelpOptions = true,
      description = {
        "What would be hit if a device, or sectors of it, died: volumes, files, processes.",
        "Nothing is changed by asking."
      })
  static final class Impact extends RemoteCommand {

    @Parameters(index = "0", paramLabel = "DEVICE", description = "a device or a volume")
    String device = "";

    @Parameters(
        index = "1",
        arity = "0..1",
        paramLabel = "SECTORS",
        converter = SectorSpan.Converter.class,
        description = "START+COUNT; all of it if left out")
    @Nullable SectorSpan span;

    @Override
    void run(Api api, Printer out) {
      String range = span == null ? "" : "&" + span.query();
      JsonNode answer = api.get(api.ofHost("impact") + "?device=" + Api.encoded(device) + range);
      if (out.json(answer)) {
        return;
      }
      out.table(answer.path("volumes"), EFFECT, "no volume is touched");
      for (JsonNode filesystem : answer.path("filesystems")) {
        out.line("");
        out.line(
            "filesystem %s on %s: %s%s"
                .formatted(
                    Shown.value(filesystem.path("filesystem")),
                    Shown.value(filesystem.path("device")),
                    Shown.ranges(filesystem.path("ranges")),
                    filesystem.path("shutdown").asBoolean(false) ? ", would shut down" : ""));
        out.table(filesystem.path("owners"), OWNER, "nothing of it is hit");
        if (filesystem.path("ownersTruncated").asBoolean(false)) {
          out.line("… there are more owners");
        }
        if (!filesystem.path("processes").isEmpty()) {
          out.line("");
          out.table(filesystem.path("processes"), PROCESS, "");
        }
      }
    }
  }
}
