package io.faultline.fs.above;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.fs.core.FsCommand;
import io.faultline.fs.core.Role;
import io.faultline.fs.core.Section;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Reads dumps as the import does, without HTTP. */
public final class Dumps {

  private Dumps() {}

  /** Sends the parts of an {@code fsmap -v} text; answers its sections. */
  public static List<Section> verbose(
      String text,
      Map<Role, String> given,
      Map<Role, Long> sectors,
      boolean reflink,
      String upload,
      Consumer<FsCommand> parts) {
    return read(new VerboseDump(), text, given, sectors, reflink, upload, parts);
  }

  /** The same for {@code fsmap -m}. */
  public static List<Section> machine(
      String text,
      Map<Role, String> given,
      Map<Role, Long> sectors,
      boolean reflink,
      String upload,
      Consumer<FsCommand> parts) {
    return read(new MachineDump(), text, given, sectors, reflink, upload, parts);
  }

  private static List<Section> read(
      DumpFormat format,
      String text,
      Map<Role, String> given,
      Map<Role, Long> sectors,
      boolean reflink,
      String upload,
      Consumer<FsCommand> parts) {
    DumpReader reader =
        new DumpReader(
            format,
            given,
            sectors,
            reflink,
            (section, number, packed) ->
                parts.accept(new FsCommand.ImportPart(upload, section, number, packed)));
    try {
      return reader.read(lines(text));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends the parts of a list of paths; answers the command that makes it live. */
  public static FsCommand.CommitPaths paths(
      String text, String filesystem, String upload, Consumer<FsCommand> parts) {
    PathsReader reader =
        new PathsReader(
            (section, number, packed) ->
                parts.accept(new FsCommand.ImportPart(upload, section, number, packed)));
    try {
      reader.read(lines(text));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new FsCommand.CommitPaths(filesystem, upload, reader.parts(), reader.paths());
  }

  static LineReader lines(String text) {
    return new LineReader(new ByteArrayInputStream(text.getBytes(UTF_8)));
  }
}
