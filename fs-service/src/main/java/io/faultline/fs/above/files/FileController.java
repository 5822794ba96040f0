package io.faultline.fs.above.files;

import io.faultline.events.Json;
import io.faultline.fs.above.FsGateway;
import io.faultline.fs.core.FileCommand;
import io.faultline.fs.core.FileViews.FileView;
import io.faultline.runtime.Reply;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import io.faultline.runtime.http.Replies;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Files: write, read, look at, take away. Directories are listed and made. */
@RestController
@RequestMapping({
  "/v1/hosts/{host}/filesystems/{filesystem}/files",
  "/v1/hosts/{host}/filesystems/{filesystem}/files/{*path}"
})
public final class FileController {

  private static final String IS_A_DIRECTORY = "is-a-directory";
  private static final int CONFLICT = 409;

  private final FsGateway gateway;
  private final FileDownload download;
  private final FileWriter writer;
  private final Layouts layouts;
  private final Turns turns;

  FileController(
      FsGateway gateway, FileDownload download, FileWriter writer, Layouts layouts, Turns turns) {
    this.gateway = gateway;
    this.download = download;
    this.writer = writer;
    this.layouts = layouts;
    this.turns = turns;
  }

  /**
   * The bytes of a file, or the names in a directory.
   *
   * @return null where the bytes are sent already
   */
  @GetMapping
  @Nullable ResponseEntity<byte[]> read(
      @PathVariable String host,
      @PathVariable String filesystem,
      @RequestParam @Nullable Long offset,
      @RequestParam @Nullable Long length,
      @RequestParam(defaultValue = "false") boolean recover,
      @RequestParam @Nullable Integer limit,
      @RequestParam @Nullable String after,
      @RequestHeader(name = HttpHeaders.RANGE, required = false) @Nullable String range,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    String name = checked(host, filesystem);
    String path = FilePath.ofUri(request.getRequestURI());
    ByteRange wanted = ByteRange.of(offset, length, range);
    Edge.Page page = Edge.page(limit, after);
    try (var _ = turns.take()) {
      ResponseEntity<byte[]> answer =
          download.send(new FileDownload.Wanted(host, name, path, wanted, recover), response);
      return answer != null && isDirectory(answer)
          ? ask(host, new FileCommand.ListDirectory(name, path, page.limit(), page.after()))
          : answer;
    }
  }

  private static boolean isDirectory(ResponseEntity<byte[]> answer) {
    byte[] body = answer.getBody();
    return answer.getStatusCode().value() == CONFLICT
        && body != null
        && FileChanges.kind(new Reply(CONFLICT, "", body)).equals(IS_A_DIRECTORY);
  }

  /** What is known of a file without reading it. */
  @GetMapping(params = "stat=true")
  ResponseEntity<byte[]> stat(
      @PathVariable String host, @PathVariable String filesystem, HttpServletRequest request) {
    String name = checked(host, filesystem);
    return ask(host, new FileCommand.StatFile(name, FilePath.ofUri(request.getRequestURI())));
  }

  @RequestMapping(method = RequestMethod.HEAD)
  ResponseEntity<byte[]> head(
      @PathVariable String host, @PathVariable String filesystem, HttpServletRequest request) {
    ResponseEntity<byte[]> answer = stat(host, filesystem, request);
    byte[] body = answer.getBody();
    if (answer.getStatusCode().isError() || body == null) {
      return ResponseEntity.status(answer.getStatusCode()).headers(answer.getHeaders()).build();
    }
    FileView file = Json.LENIENT.readValue(body, FileView.class);
    return ResponseEntity.ok()
        .header(HttpHeaders.ACCEPT_RANGES, "bytes")
        .header("Faultline-Type", file.type())
        .header("Faultline-Inode", Long.toString(file.inode()))
        .header("Faultline-Bad-Bytes", Long.toString(file.lostBytes()))
        .contentLength(file.sizeBytes())
        .build();
  }

  /** Its extents, down to the sectors of devices. */
  @GetMapping(params = "layout=true")
  ResponseEntity<byte[]> layout(
      @PathVariable String host,
      @PathVariable String filesystem,
      @RequestParam @Nullable Integer limit,
      @RequestParam @Nullable Long after,
      HttpServletRequest request) {
    String name = checked(host, filesystem);
    String path = FilePath.ofUri(request.getRequestURI());
    Edge.Page page = Edge.page(limit, null);
    long from = after == null ? -1 : Edge.number("after", after);
    return Replies.toResponse(
        layouts.get(host, new FileCommand.GetLayout(name, path, page.limit(), from)));
  }

  /** A write: of the whole file, or at an offset. */
  @PutMapping
  ResponseEntity<byte[]> write(
      @PathVariable String host,
      @PathVariable String filesystem,
      @RequestParam @Nullable Long offset,
      @RequestParam @Nullable Long length,
      @RequestParam(defaultValue = "false") boolean recover,
      @RequestParam(defaultValue = "true") boolean parents,
      HttpServletRequest request)
      throws IOException {
    String name = checked(host, filesystem);
    String path = FilePath.ofUri(request.getRequestURI());
    if (offset != null) {
      Edge.number("offset", offset);
    }
    long announced = request.getContentLengthLong();
    if (length != null && announced >= 0 && length != announced) {
      throw Edge.malformed("length is " + length + ", but the body has " + announced + " bytes");
    }
    try (var _ = turns.take()) {
      return Replies.toResponse(
          writer.write(
              new FileWriter.Target(host, name, path, offset, recover, parents),
              request.getInputStream()));
    }
  }

  /** A directory; the same again is 200. */
  @PutMapping(params = "directory=true")
  ResponseEntity<byte[]> makeDirectory(
      @PathVariable String host,
      @PathVariable String filesystem,
      @RequestParam(defaultValue = "true") boolean parents,
      HttpServletRequest request) {
    String name = checked(host, filesystem);
    String path = FilePath.ofUri(request.getRequestURI());
    if (request.getContentLengthLong() > 0) {
      throw Edge.malformed("A directory is made without a body");
    }
    Reply reply = gateway.send(host, new FileCommand.MakeDirectory(name, path, parents), null);
    if (reply.status() == CONFLICT) {
      Reply there = gateway.send(host, new FileCommand.StatFile(name, path), null);
      boolean same =
          there.isSuccess()
              && Json.LENIENT.readValue(there.body(), FileView.class).type().equals("directory");
      return Replies.toResponse(same ? there : reply);
    }
    return Replies.toResponse(reply);
  }

  /** Takes a name away: of a file, or of a directory that is empty. */
  @DeleteMapping
  ResponseEntity<byte[]> unlink(
      @PathVariable String host, @PathVariable String filesystem, HttpServletRequest request) {
    String name = checked(host, filesystem);
    String path = FilePath.ofUri(request.getRequestURI());
    return Replies.toResponse(
        gateway.send(host, new FileCommand.Unlink(name, path), Edge.commandId(request)));
  }

  @GetMapping(params = "xattr")
  ResponseEntity<byte[]> getXattr(
      @PathVariable String host,
      @PathVariable String filesystem,
      @RequestParam String xattr,
      HttpServletRequest request) {
    String name = checked(host, filesystem);
    String path = FilePath.ofUri(request.getRequestURI());
    Reply reply = gateway.send(host, new FileCommand.GetXattr(name, path, xattr), null);
    return reply.isSuccess() ? Xattrs.value(reply) : Replies.toResponse(reply);
  }

  @PutMapping(params = "xattr")
  ResponseEntity<byte[]> setXattr(
      @PathVariable String host,
      @PathVariable String filesystem,
      @RequestParam String xattr,
      HttpServletRequest request)
      throws IOException {
    String name = checked(host, filesystem);
    String path = FilePath.ofUri(request.getRequestURI());
    byte[] value = Xattrs.value(request.getInputStream());
    return ask(host, new FileCommand.SetXattr(name, path, Xattrs.name(xattr), value));
  }

  @DeleteMapping(params = "xattr")
  ResponseEntity<byte[]> removeXattr(
      @PathVariable String host,
      @PathVariable String filesystem,
      @RequestParam String xattr,
      HttpServletRequest request) {
    String name = checked(host, filesystem);
    String path = FilePath.ofUri(request.getRequestURI());
    return ask(host, new FileCommand.RemoveXattr(name, path, Xattrs.name(xattr)));
  }

  static String checked(String host, String filesystem) {
    Edge.name("host", host);
    return Edge.name("filesystem", filesystem);
  }

  private ResponseEntity<byte[]> ask(String host, FileCommand command) {
    return Replies.toResponse(gateway.send(host, command, null));
  }

  static ProblemException malformed(String pointer, String detail) {
    return new ProblemException(Problem.malformed(detail).at(pointer, detail));
  }
}
