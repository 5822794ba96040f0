package io.faultline.fs.above.files;

import io.faultline.events.Json;
import io.faultline.fs.above.FsGateway;
import io.faultline.fs.core.FileCommand;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.JsonProblems;
import io.faultline.runtime.http.ProblemException;
import io.faultline.runtime.http.Replies;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.core.JacksonException;

/** What else is done with a file: {@code POST …/files/{path}:<action>}. */
@RestController
public final class FileActionController {

  private static final String ACTIONS =
      "reflink, truncate, punch, allocate, rename, link, fsync, dax and realtime";

  private final FsGateway gateway;
  private final FileChanges changes;

  FileActionController(FsGateway gateway, FileChanges changes) {
    this.gateway = gateway;
    this.changes = changes;
  }

  /**
   * What an action needs; the others are left out.
   *
   * @param to another path, for {@code reflink}, {@code rename}, {@code link}
   * @param toOffsetBytes where a reflink begins in the other file
   * @param keepSize FALLOC_FL_KEEP_SIZE
   * @param dax FS_XFLAG_DAX
   * @param realtime FS_XFLAG_REALTIME
   */
  record ActionRequest(
      @Nullable String to,
      @Nullable Long sizeBytes,
      @Nullable Long offsetBytes,
      @Nullable Long toOffsetBytes,
      @Nullable Long lengthBytes,
      @Nullable Boolean keepSize,
      @Nullable Boolean dax,
      @Nullable Boolean realtime) {

    String wantedTo() {
      if (to == null) {
        throw FileController.malformed("/to", "to, the other path, is missing");
      }
      return FilePath.ofText("to", to);
    }

    private static long number(String name, @Nullable Long value) {
      if (value == null) {
        throw FileController.malformed("/" + name, name + " is missing");
      }
      return Edge.numberAt("/" + name, value);
    }

    private static long number(String name, @Nullable Long value, long otherwise) {
      return value == null ? otherwise : Edge.numberAt("/" + name, value);
    }
  }

  @PostMapping("/v1/hosts/{host}/filesystems/{filesystem}/files/{*path}")
  ResponseEntity<byte[]> act(
      @PathVariable String host,
      @PathVariable String filesystem,
      @RequestBody(required = false) byte @Nullable [] body,
      HttpServletRequest request) {
    String name = FileController.checked(host, filesystem);
    FilePath.WithAction target = FilePath.withAction(request.getRequestURI());
    ActionRequest wanted = parsed(body);
    FileCommand command = command(name, target, wanted);
    String commandId = Edge.commandId(request);
    return Replies.toResponse(
        movesBytes(command)
            ? changes.change(host, command, commandId)
            : gateway.send(host, command, commandId));
  }

  private static ActionRequest parsed(byte @Nullable [] body) {
    if (body == null || body.length == 0) {
      return new ActionRequest(null, null, null, null, null, null, null, null);
    }
    try {
      ActionRequest request = Json.STRICT.readValue(body, ActionRequest.class);
      if (request != null) {
        return request;
      }
    } catch (JacksonException e) {
      throw new ProblemException(JsonProblems.of(e));
    }
    throw Edge.malformedAt("", "The body is an object, but it is null");
  }

  private static FileCommand command(
      String filesystem, FilePath.WithAction target, ActionRequest wanted) {
    String path = target.path();
    return switch (target.action()) {
      case "reflink" ->
          new FileCommand.Reflink(
              filesystem,
              path,
              wanted.wantedTo(),
              ActionRequest.number("offsetBytes", wanted.offsetBytes(), 0),
              ActionRequest.number("toOffsetBytes", wanted.toOffsetBytes(), 0),
              ActionRequest.number("lengthBytes", wanted.lengthBytes(), 0));
      case "truncate" ->
          new FileCommand.Truncate(
              filesystem, path, ActionRequest.number("sizeBytes", wanted.sizeBytes()));
      case "punch" ->
          new FileCommand.Punch(
              filesystem,
              path,
              ActionRequest.number("offsetBytes", wanted.offsetBytes()),
              ActionRequest.number("lengthBytes", wanted.lengthBytes()));
      case "allocate" ->
          new FileCommand.Allocate(
              filesystem,
              path,
              ActionRequest.number("offsetBytes", wanted.offsetBytes(), 0),
              ActionRequest.number("lengthBytes", wanted.lengthBytes()),
              wanted.keepSize() != null && wanted.keepSize());
      case "rename" -> new FileCommand.Rename(filesystem, path, wanted.wantedTo());
      case "link" -> new FileCommand.Link(filesystem, path, wanted.wantedTo());
      // What a write answered is on the device already; what is left is whether all is well.
      case "fsync" -> new FileCommand.StatFile(filesystem, path);
      case "dax" -> new FileCommand.SetDax(filesystem, path, flag("dax", wanted.dax()));
      case "realtime" ->
          new FileCommand.SetRealtime(filesystem, path, flag("realtime", wanted.realtime()));
      default ->
          throw new ProblemException(
              Problem.notFound(
                  "There is no action " + Edge.quote(target.action()) + "; there are " + ACTIONS));
    };
  }

  private static boolean flag(String name, @Nullable Boolean value) {
    if (value == null) {
      throw FileController.malformed("/" + name, name + ", true or false, is missing");
    }
    return value;
  }

  /** Whether it may answer a plan, or has to wait for another write. */
  private static boolean movesBytes(FileCommand command) {
    return command instanceof FileCommand.Truncate
        || command instanceof FileCommand.Punch
        || command instanceof FileCommand.Allocate
        || command instanceof FileCommand.Reflink;
  }
}
