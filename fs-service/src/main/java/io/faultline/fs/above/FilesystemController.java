package io.faultline.fs.above;

import io.faultline.fs.core.Dax;
import io.faultline.fs.core.FsCommand;
import io.faultline.fs.core.Policy;
import io.faultline.fs.core.Role;
import io.faultline.fs.core.Spec;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import io.faultline.runtime.http.Replies;
import jakarta.servlet.http.HttpServletRequest;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
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
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Filesystems: make, mount, freeze, thaw, unmount, look at, forget; and who owns what in one. */
@RestController
@RequestMapping("/v1/hosts/{host}/filesystems")
public final class FilesystemController {

  private final Mounts mounts;
  private final FsGateway gateway;

  public FilesystemController(Mounts mounts, FsGateway gateway) {
    this.mounts = mounts;
    this.gateway = gateway;
  }

  /** What a filesystem is to be; what is left out is as mkfs and mount do it. */
  record FilesystemRequest(
      @Nullable String data,
      @Nullable String log,
      @Nullable String realtime,
      @Nullable String dax,
      @Nullable Boolean rmapbt,
      @Nullable Boolean reflink,
      @Nullable String policy,
      @Nullable Integer blockSizeBytes,
      @Nullable Boolean realtimeGroups) {

    Spec toSpec() {
      if (data == null) {
        throw wrong("/data", "data, the block device that the filesystem is on, is missing");
      }
      boolean groups = realtimeGroups != null && realtimeGroups;
      // mkfs takes what the realtime device allows, unless somebody insists.
      boolean usual = realtime == null || groups;
      Spec spec =
          new Spec(
              device("/data", data),
              log == null ? null : device("/log", log),
              realtime == null ? null : device("/realtime", realtime),
              choice("/dax", dax, Dax.ALWAYS, Dax::ofWord, "always, inode or never"),
              rmapbt == null ? usual : rmapbt,
              reflink == null ? usual : reflink,
              choice("/policy", policy, Policy.XFS, Policy::ofWord, "xfs or precise"),
              blockSizeBytes == null ? Spec.DEFAULT_BLOCK_BYTES : blockSizeBytes,
              groups);
      Set<String> distinct = new HashSet<>(spec.devices());
      if (distinct.size() < spec.devices().size()) {
        throw new ProblemException(
            Problem.refused(
                "same-device",
                "A device has one role",
                "data, log and realtime are different block devices, but these are "
                    + spec.devices()));
      }
      return spec;
    }

    private static String device(String pointer, String name) {
      String bare = bare(name);
      try {
        return Edge.name("block device", bare);
      } catch (ProblemException e) {
        throw wrong(pointer, e.problem().detail());
      }
    }

    /**
     * Devices may be written as people write them: {@code /dev/pmem0}, {@code /dev/mapper/vol0}.
     */
    private static String bare(String name) {
      if (name.startsWith("/dev/mapper/")) {
        return name.substring("/dev/mapper/".length());
      }
      return name.startsWith("/dev/") ? name.substring("/dev/".length()) : name;
    }

    private static <T> T choice(
        String pointer,
        @Nullable String word,
        T otherwise,
        Function<String, Optional<T>> parse,
        String choices) {
      if (word == null) {
        return otherwise;
      }
      return parse
          .apply(word)
          .orElseThrow(
              () ->
                  wrong(
                      pointer,
                      pointer.substring(1) + " is " + choices + ", but it is " + Edge.quote(word)));
    }

    private static ProblemException wrong(String pointer, String detail) {
      return new ProblemException(Problem.malformed(detail).at(pointer, detail));
    }
  }

  @PutMapping(path = "/{filesystem}", consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<byte[]> put(
      @PathVariable String host,
      @PathVariable String filesystem,
      @RequestBody FilesystemRequest body) {
    return mounts.make(Edge.name("host", host), Edge.name("filesystem", filesystem), body.toSpec());
  }

  @GetMapping
  ResponseEntity<byte[]> list(
      @PathVariable String host,
      @RequestParam @Nullable Integer limit,
      @RequestParam @Nullable String after) {
    Edge.Page page = Edge.page(limit, after);
    return ask(host, new FsCommand.ListFilesystems(page.limit(), page.after()));
  }

  @GetMapping("/{filesystem}")
  ResponseEntity<byte[]> get(@PathVariable String host, @PathVariable String filesystem) {
    return ask(host, new FsCommand.GetFilesystem(Edge.name("filesystem", filesystem)));
  }

  @DeleteMapping("/{filesystem}")
  ResponseEntity<byte[]> delete(@PathVariable String host, @PathVariable String filesystem) {
    return mounts.delete(Edge.name("host", host), Edge.name("filesystem", filesystem));
  }

  @PostMapping("/{filesystem}/mount")
  ResponseEntity<byte[]> mount(
      @PathVariable String host, @PathVariable String filesystem, HttpServletRequest request) {
    return mounts.mount(
        Edge.name("host", host),
        Edge.name("filesystem", filesystem),
        Edge.commandId(request) != null);
  }

  @PostMapping("/{filesystem}/unmount")
  ResponseEntity<byte[]> unmount(
      @PathVariable String host, @PathVariable String filesystem, HttpServletRequest request) {
    return mounts.unmount(
        Edge.name("host", host), Edge.name("filesystem", filesystem), Edge.commandId(request));
  }

  @PostMapping("/{filesystem}/freeze")
  ResponseEntity<byte[]> freeze(
      @PathVariable String host, @PathVariable String filesystem, HttpServletRequest request) {
    String name = Edge.name("filesystem", filesystem);
    return Replies.toResponse(
        gateway.send(
            Edge.name("host", host),
            new FsCommand.FreezeFilesystem(name),
            Edge.commandId(request)));
  }

  @PostMapping("/{filesystem}/thaw")
  ResponseEntity<byte[]> thaw(
      @PathVariable String host, @PathVariable String filesystem, HttpServletRequest request) {
    String name = Edge.name("filesystem", filesystem);
    return Replies.toResponse(
        gateway.send(
            Edge.name("host", host), new FsCommand.ThawFilesystem(name), Edge.commandId(request)));
  }

  /** Who owns what in a range of a device; a range beyond the filesystem is nobody's. */
  @GetMapping("/{filesystem}/owners")
  ResponseEntity<byte[]> owners(
      @PathVariable String host,
      @PathVariable String filesystem,
      @RequestParam(defaultValue = "data") String device,
      @RequestParam(defaultValue = "0") long sector,
      @RequestParam @Nullable Long count,
      @RequestParam @Nullable Integer limit,
      @RequestParam @Nullable String after) {
    Role role =
        Role.ofWord(device)
            .orElseThrow(
                () ->
                    Edge.malformed(
                        "device is data, log or realtime, but it is " + Edge.quote(device)));
    Edge.number("sector", sector);
    long asked = count == null ? Edge.NUMBER_LIMIT - 1 - sector : count;
    Edge.sectorRange(sector, asked);
    Edge.Page page = Edge.page(limit == null ? Edge.MAX_PAGE : limit, after);
    return ask(
        host,
        new FsCommand.FindOwners(
            Edge.name("filesystem", filesystem), role, sector, asked, page.limit(), page.after()));
  }

  private ResponseEntity<byte[]> ask(String host, FsCommand query) {
    return Replies.toResponse(gateway.send(Edge.name("host", host), query, null));
  }
}
