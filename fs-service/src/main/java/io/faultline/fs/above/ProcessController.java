package io.faultline.fs.above;

import io.faultline.fs.above.files.FileChanges;
import io.faultline.fs.core.FsCommand;
import io.faultline.fs.core.KillPolicy;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import io.faultline.runtime.http.Replies;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Processes that map files, what they touch, and the sysctl that concerns them. */
@RestController
@RequestMapping("/v1/hosts/{host}")
public final class ProcessController {

  private static final Set<Long> PAGE_BYTES = Set.of(4096L, 2L << 20, 1L << 30);
  private static final int DEFAULT_PAGE_BYTES = 4096;

  /** The largest process id that Linux gives (PID_MAX_LIMIT). */
  private static final long MAX_PID = 4_194_304;

  private final FsGateway gateway;
  private final FileChanges changes;

  public ProcessController(FsGateway gateway, FileChanges changes) {
    this.gateway = gateway;
    this.changes = changes;
  }

  record MappingRequest(
      @Nullable String filesystem,
      @Nullable String path,
      @Nullable Long offsetBytes,
      @Nullable Long lengthBytes,
      @Nullable Boolean shared,
      @Nullable String mceKillPolicy,
      @Nullable Long pageBytes) {}

  record AccessRequest(@Nullable String mapping, @Nullable Long offsetBytes, @Nullable String op) {}

  record KernelRequest(@Nullable Boolean memoryFailureEarlyKill) {}

  @PutMapping(
      path = "/processes/{pid}/mappings/{mapping}",
      consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<byte[]> map(
      @PathVariable String host,
      @PathVariable long pid,
      @PathVariable String mapping,
      @RequestBody MappingRequest body,
      HttpServletRequest request) {
    String path = required("/path", body.path());
    if (!path.startsWith("/")) {
      throw wrong("/path", "path begins with / at the root of the filesystem");
    }
    long offset = number("/offsetBytes", body.offsetBytes(), 0L);
    long length = number("/lengthBytes", body.lengthBytes(), null);
    if (length == 0 || offset >= Edge.NUMBER_LIMIT - length) {
      throw wrong(
          "/lengthBytes",
          "lengthBytes is at least 1 and offsetBytes + lengthBytes is below 2^53, but it is "
              + length);
    }
    String word = body.mceKillPolicy() == null ? "default" : body.mceKillPolicy();
    KillPolicy policy =
        KillPolicy.ofWord(word)
            .orElseThrow(
                () ->
                    wrong(
                        "/mceKillPolicy",
                        "mceKillPolicy is default, early or late, but it is " + Edge.quote(word)));
    long pageBytes = number("/pageBytes", body.pageBytes(), (long) DEFAULT_PAGE_BYTES);
    if (!PAGE_BYTES.contains(pageBytes)) {
      throw wrong("/pageBytes", "pageBytes is 4096, 2097152 or 1073741824, but it is " + pageBytes);
    }
    String filesystem = required("/filesystem", body.filesystem());
    return send(
        host,
        new FsCommand.MapFile(
            pid(pid),
            Edge.name("mapping", mapping),
            Edge.name("filesystem", filesystem),
            path,
            offset,
            length,
            body.shared() == null || body.shared(),
            policy,
            pageBytes),
        request);
  }

  @DeleteMapping("/processes/{pid}/mappings/{mapping}")
  ResponseEntity<byte[]> unmap(
      @PathVariable String host,
      @PathVariable long pid,
      @PathVariable String mapping,
      HttpServletRequest request) {
    return send(host, new FsCommand.UnmapFile(pid(pid), Edge.name("mapping", mapping)), request);
  }

  @GetMapping("/processes/{pid}")
  ResponseEntity<byte[]> get(
      @PathVariable String host, @PathVariable long pid, HttpServletRequest request) {
    return send(host, new FsCommand.GetProcess(pid(pid)), request);
  }

  @PostMapping(path = "/processes/{pid}/access", consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<byte[]> access(
      @PathVariable String host,
      @PathVariable long pid,
      @RequestBody AccessRequest body,
      HttpServletRequest request) {
    String mapping = required("/mapping", body.mapping());
    long offset = number("/offsetBytes", body.offsetBytes(), 0L);
    String op = body.op() == null ? "load" : body.op();
    if (!op.equals("load") && !op.equals("store")) {
      throw wrong("/op", "op is load or store, but it is " + Edge.quote(op));
    }
    FsCommand.TouchPage touch =
        new FsCommand.TouchPage(
            pid(pid), Edge.name("mapping", mapping), offset, op.equals("store"));
    return Replies.toResponse(
        changes.touch(Edge.name("host", host), touch, Edge.commandId(request)));
  }

  @PutMapping(path = "/kernel", consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<byte[]> setKernel(
      @PathVariable String host, @RequestBody KernelRequest body, HttpServletRequest request) {
    Boolean early = body.memoryFailureEarlyKill();
    if (early == null) {
      throw wrong("/memoryFailureEarlyKill", "memoryFailureEarlyKill, true or false, is missing");
    }
    return send(host, new FsCommand.SetKernel(early), request);
  }

  @GetMapping("/kernel")
  ResponseEntity<byte[]> kernel(@PathVariable String host, HttpServletRequest request) {
    return send(host, new FsCommand.GetKernel(), request);
  }

  private ResponseEntity<byte[]> send(String host, FsCommand command, HttpServletRequest request) {
    return Replies.toResponse(
        gateway.send(Edge.name("host", host), command, Edge.commandId(request)));
  }

  private static long pid(long pid) {
    if (pid < 1 || pid > MAX_PID) {
      throw Edge.malformed("A process id is from 1 to " + MAX_PID + ", but this one is " + pid);
    }
    return pid;
  }

  private static String required(String pointer, @Nullable String value) {
    if (value == null) {
      throw wrong(pointer, pointer.substring(1) + " is missing");
    }
    return value;
  }

  private static long number(String pointer, @Nullable Long value, @Nullable Long otherwise) {
    Long number = value == null ? otherwise : value;
    if (number == null) {
      throw wrong(pointer, pointer.substring(1) + " is missing");
    }
    if (number < 0 || number >= Edge.NUMBER_LIMIT) {
      throw wrong(
          pointer,
          pointer.substring(1) + " is a number from 0 and below 2^53, but it is " + number);
    }
    return number;
  }

  private static ProblemException wrong(String pointer, String detail) {
    return new ProblemException(Problem.malformed(detail).at(pointer, detail));
  }
}
