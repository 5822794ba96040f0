package io.faultline.fs.above;

import io.faultline.events.Json;
import io.faultline.fs.core.FsCommand;
import io.faultline.fs.core.ImportKind;
import io.faultline.fs.core.Role;
import io.faultline.fs.core.Section;
import io.faultline.fs.core.Views.ImportTicket;
import io.faultline.runtime.Reply;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import io.faultline.runtime.http.Replies;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * Imports: the reverse map of a real filesystem, and the names of its inodes. Bodies of any size
 * are read line by line and sent on in parts; nothing is live before the last line was right.
 */
@RestController
@RequestMapping("/v1/hosts/{host}/filesystems/{filesystem}")
public final class ImportController {

  private static final Pattern DEVICE = Pattern.compile("\\d{1,10}:\\d{1,10}|0x[0-9a-f]{1,16}");

  private final FsGateway gateway;

  public ImportController(FsGateway gateway) {
    this.gateway = gateway;
  }

  @PutMapping(path = "/fsmap", consumes = "text/csv")
  ResponseEntity<byte[]> machine(
      @PathVariable String host,
      @PathVariable String filesystem,
      @RequestParam @Nullable String data,
      @RequestParam @Nullable String log,
      @RequestParam @Nullable String realtime,
      HttpServletRequest request)
      throws IOException {
    return records(host, filesystem, new MachineDump(), given(data, log, realtime), request);
  }

  @PutMapping(path = "/fsmap", consumes = MediaType.TEXT_PLAIN_VALUE)
  ResponseEntity<byte[]> verbose(
      @PathVariable String host,
      @PathVariable String filesystem,
      @RequestParam @Nullable String data,
      @RequestParam @Nullable String log,
      @RequestParam @Nullable String realtime,
      HttpServletRequest request)
      throws IOException {
    return records(host, filesystem, new VerboseDump(), given(data, log, realtime), request);
  }

  @PutMapping(path = "/paths", consumes = MediaType.TEXT_PLAIN_VALUE)
  ResponseEntity<byte[]> paths(
      @PathVariable String host, @PathVariable String filesystem, HttpServletRequest request)
      throws IOException {
    Upload upload =
        begin(Edge.name("host", host), Edge.name("filesystem", filesystem), ImportKind.PATHS);
    return upload.run(
        () -> {
          PathsReader reader = new PathsReader(upload::part);
          reader.read(new LineReader(request.getInputStream()));
          return new FsCommand.CommitPaths(filesystem, upload.id(), reader.parts(), reader.paths());
        });
  }

  private ResponseEntity<byte[]> records(
      String host,
      String filesystem,
      DumpFormat format,
      Map<Role, String> given,
      HttpServletRequest request)
      throws IOException {
    Upload upload =
        begin(Edge.name("host", host), Edge.name("filesystem", filesystem), ImportKind.RECORDS);
    return upload.run(
        () -> {
          DumpReader reader =
              new DumpReader(
                  format,
                  checked(given, upload.sectors()),
                  upload.sectors(),
                  upload.ticket().reflink(),
                  upload::part);
          List<Section> sections = reader.read(new LineReader(request.getInputStream()));
          return new FsCommand.CommitRecords(filesystem, upload.id(), sections);
        });
  }

  private Upload begin(String host, String filesystem, ImportKind kind) {
    String id = UUID.randomUUID().toString();
    Reply reply = gateway.send(host, new FsCommand.BeginImport(filesystem, id, kind), null);
    if (!reply.isSuccess()) {
      throw new RefusedException(reply);
    }
    ImportTicket ticket = Json.LENIENT.readValue(reply.body(), ImportTicket.class);
    return new Upload(gateway, host, ticket);
  }

  private static Map<Role, String> given(
      @Nullable String data, @Nullable String log, @Nullable String realtime) {
    Map<Role, String> given = new EnumMap<>(Role.class);
    put(given, Role.DATA, data);
    put(given, Role.LOG, log);
    put(given, Role.REALTIME, realtime);
    if (new HashSet<>(given.values()).size() < given.size()) {
      throw Edge.malformed("A device of the dump has one role, but the request says " + given);
    }
    return given;
  }

  private static void put(Map<Role, String> given, Role role, @Nullable String device) {
    if (device != null) {
      if (!DEVICE.matcher(device).matches()) {
        throw Edge.malformed(
            role.word()
                + " is major:minor as the dump prints it, 259:2, but it is "
                + Edge.quote(device));
      }
      given.put(role, device);
    }
  }

  private static Map<Role, String> checked(Map<Role, String> given, Map<Role, Long> sectors) {
    for (Role role : given.keySet()) {
      if (!sectors.containsKey(role)) {
        throw new ProblemException(
            Problem.refused(
                "not-its-dump",
                "The dump is not of this filesystem",
                "The filesystem has no " + role.word() + " device"));
      }
    }
    return given;
  }

  /** A command of an import was refused: the layer's answer is the answer. */
  static final class RefusedException extends RuntimeException {
    private final transient Reply reply;

    RefusedException(Reply reply) {
      super("refused", null, false, false);
      this.reply = reply;
    }

    Reply reply() {
      return reply;
    }
  }

  /** One upload on its way. */
  private record Upload(FsGateway gateway, String host, ImportTicket ticket) {

    /** Reads the body and makes the command that ends the upload. */
    @FunctionalInterface
    interface Body {
      FsCommand read() throws IOException;
    }

    String id() {
      return ticket.upload();
    }

    /** The devices that the filesystem has, with their sizes. */
    Map<Role, Long> sectors() {
      Map<Role, Long> sectors = new EnumMap<>(Role.class);
      for (Role role : Role.values()) {
        long size = ticket.sectors().get(role.ordinal());
        if (size > 0) {
          sectors.put(role, size);
        }
      }
      return sectors;
    }

    void part(int section, int number, byte[] packed) {
      Reply reply =
          gateway.send(host, new FsCommand.ImportPart(id(), section, number, packed), null);
      if (!reply.isSuccess()) {
        throw new RefusedException(reply);
      }
    }

    ResponseEntity<byte[]> run(Body body) throws IOException {
      boolean live = false;
      try {
        Reply reply = gateway.send(host, body.read(), null);
        live = reply.isSuccess();
        if (live) {
          // What was bad before is told of the new map at once, not at the next tick.
          gateway.send(host, new FsCommand.ContinueTelling(ticket.filesystem()), null);
        }
        return Replies.toResponse(reply);
      } catch (BadLineException e) {
        return Replies.toResponse(e.problem());
      } catch (RefusedException e) {
        return Replies.toResponse(e.reply());
      } finally {
        if (!live) {
          gateway.send(host, new FsCommand.AbandonImport(id()), null);
        }
      }
    }
  }

  @ExceptionHandler
  ResponseEntity<byte[]> refused(RefusedException e) {
    return Replies.toResponse(e.reply());
  }
}
