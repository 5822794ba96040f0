package io.faultline.dm.above;

import io.faultline.dm.core.DmCommand;
import io.faultline.dm.core.DmFact;
import io.faultline.events.Json;
import io.faultline.events.Names;
import io.faultline.runtime.CommandGateway;
import io.faultline.runtime.Reply;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.Replies;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Volumes and their tables. */
@RestController
@RequestMapping("/v1/hosts/{host}/volumes")
public final class VolumeController {

  private static final Pattern NAMED_NUMBER = Pattern.compile("(\\d{1,9}:\\d{1,9})=(.*)");
  private static final Pattern ETAG = Pattern.compile("\"(\\d{1,18})\"");
  private static final Set<String> HOLDERS = Set.of("fs:", "dm:");
  private static final int KIND_CHARS = "fs:".length();

  private final CommandGateway<DmCommand> gateway;
  private final VolumeChanges changes;

  VolumeController(CommandGateway<DmCommand> gateway, VolumeChanges changes) {
    this.gateway = gateway;
    this.changes = changes;
  }

  @PutMapping(path = "/{volume}", consumes = MediaType.TEXT_PLAIN_VALUE)
  ResponseEntity<byte[]> create(
      @PathVariable String host,
      @PathVariable String volume,
      @RequestParam(name = "device", required = false) @Nullable List<String> devices,
      @RequestBody(required = false) byte @Nullable [] table) {
    checkNames(host, volume);
    return Replies.toResponse(changes.create(host, volume, text(table), numbers(devices)));
  }

  @GetMapping
  ResponseEntity<byte[]> list(
      @PathVariable String host,
      @RequestParam(required = false) @Nullable Integer limit,
      @RequestParam(required = false) @Nullable String after) {
    Edge.name("host", host);
    Edge.Page page = Edge.page(limit, after);
    return send(host, new DmCommand.ListVolumes(page.limit(), page.after()), null);
  }

  /** As JSON, or the table alone where text is asked for rather than JSON. */
  @GetMapping(
      path = "/{volume}",
      produces = {MediaType.APPLICATION_JSON_VALUE, MediaType.TEXT_PLAIN_VALUE})
  ResponseEntity<byte[]> get(
      @PathVariable String host,
      @PathVariable String volume,
      @RequestHeader(name = HttpHeaders.ACCEPT, required = false) @Nullable String accept) {
    checkNames(host, volume);
    return send(
        host,
        wantsText(accept) ? new DmCommand.GetTable(volume) : new DmCommand.GetVolume(volume),
        null);
  }

  @DeleteMapping("/{volume}")
  ResponseEntity<byte[]> delete(
      @PathVariable String host, @PathVariable String volume, HttpServletRequest request) {
    checkNames(host, volume);
    return Replies.toResponse(changes.delete(host, volume, Edge.commandId(request)));
  }

  @PutMapping(path = "/{volume}/table", consumes = MediaType.TEXT_PLAIN_VALUE)
  ResponseEntity<byte[]> load(
      @PathVariable String host,
      @PathVariable String volume,
      @RequestParam(name = "device", required = false) @Nullable List<String> devices,
      @RequestBody(required = false) byte @Nullable [] table) {
    checkNames(host, volume);
    return Replies.toResponse(changes.load(host, volume, text(table), numbers(devices)));
  }

  @PostMapping("/{volume}/suspend")
  ResponseEntity<byte[]> suspend(
      @PathVariable String host, @PathVariable String volume, HttpServletRequest request) {
    checkNames(host, volume);
    return Replies.toResponse(changes.suspend(host, volume, Edge.commandId(request)));
  }

  @PostMapping("/{volume}/resume")
  ResponseEntity<byte[]> resume(
      @PathVariable String host, @PathVariable String volume, HttpServletRequest request) {
    checkNames(host, volume);
    return Replies.toResponse(changes.resume(host, volume, Edge.commandId(request)));
  }

  /** What {@code dmsetup message} says to the target that has a sector of the volume. */
  @PostMapping(path = "/{volume}/message", consumes = MediaType.TEXT_PLAIN_VALUE)
  ResponseEntity<byte[]> message(
      @PathVariable String host,
      @PathVariable String volume,
      @RequestParam(defaultValue = "0") long sector,
      @RequestBody(required = false) byte @Nullable [] message,
      HttpServletRequest request) {
    checkNames(host, volume);
    Edge.number("sector", sector);
    return Replies.toResponse(
        changes.message(host, volume, sector, text(message), Edge.commandId(request)));
  }

  /**
   * @param sector of the volume; 0 if left out
   */
  record MessageRequest(@Nullable Long sector, @Nullable String message) {}

  @PostMapping(path = "/{volume}/message", consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<byte[]> message(
      @PathVariable String host,
      @PathVariable String volume,
      @RequestBody MessageRequest body,
      HttpServletRequest request) {
    checkNames(host, volume);
    long sector = body.sector() == null ? 0 : body.sector();
    Edge.number("sector", sector);
    String message = body.message() == null ? "" : body.message();
    return Replies.toResponse(
        changes.message(host, volume, sector, message, Edge.commandId(request)));
  }

  @PostMapping("/{volume}/resync")
  ResponseEntity<byte[]> resync(
      @PathVariable String host, @PathVariable String volume, HttpServletRequest request) {
    checkNames(host, volume);
    return Replies.toResponse(changes.resync(host, volume, Edge.commandId(request)));
  }

  /** How far the newest resync is. */
  @GetMapping("/{volume}/resync")
  ResponseEntity<byte[]> resync(@PathVariable String host, @PathVariable String volume) {
    checkNames(host, volume);
    return send(host, new DmCommand.GetCopy(volume, DmFact.Copy.Kind.RESYNC), null);
  }

  /** How far the newest write-back of a cache is. */
  @GetMapping("/{volume}/writeback")
  ResponseEntity<byte[]> writeback(@PathVariable String host, @PathVariable String volume) {
    checkNames(host, volume);
    return send(host, new DmCommand.GetCopy(volume, DmFact.Copy.Kind.WRITEBACK), null);
  }

  @GetMapping("/{volume}/map")
  ResponseEntity<byte[]> map(
      @PathVariable String host,
      @PathVariable String volume,
      @RequestParam(defaultValue = "0") long sector,
      @RequestParam(required = false) @Nullable Long count,
      @RequestParam(required = false) @Nullable Long generation) {
    checkNames(host, volume);
    long upTo = countUpTo(sector, count);
    return send(host, new DmCommand.MapDown(volume, sector, upTo, generation), null);
  }

  /**
   * @param holder who claims: {@code fs:data}, or {@code dm:vol0} for what its table says already
   */
  record ClaimRequest(@Nullable String holder) {}

  @PutMapping(path = "/{volume}/claim", consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<byte[]> claim(
      @PathVariable String host,
      @PathVariable String volume,
      @RequestBody ClaimRequest claim,
      HttpServletRequest request) {
    checkNames(host, volume);
    String holder = holder(claim.holder());
    Reply reply = changes.claim(host, volume, holder, Edge.commandId(request));
    ResponseEntity<byte[]> answer = Replies.toResponse(reply);
    if (!reply.isSuccess()) {
      return answer;
    }
    long revision = Json.LENIENT.readTree(reply.body()).get("revision").asLong();
    return ResponseEntity.status(answer.getStatusCode())
        .headers(answer.getHeaders())
        .header(HttpHeaders.ETAG, "\"" + revision + "\"")
        .body(answer.getBody());
  }

  @DeleteMapping("/{volume}/claim")
  ResponseEntity<byte[]> release(
      @PathVariable String host,
      @PathVariable String volume,
      @RequestParam(name = "holder", required = false) @Nullable String named,
      @RequestBody(required = false) @Nullable ClaimRequest claim,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch,
      HttpServletRequest request) {
    checkNames(host, volume);
    String holder = holder(claim == null ? named : claim.holder());
    return send(
        host,
        new DmCommand.ReleaseVolume(volume, holder, revision(ifMatch)),
        Edge.commandId(request));
  }

  private ResponseEntity<byte[]> send(String host, DmCommand command, @Nullable String commandId) {
    return Replies.toResponse(gateway.send(host, command, commandId));
  }

  private static void checkNames(String host, String volume) {
    Edge.name("host", host);
    Edge.name("volume", volume);
  }

  /** From a sector to the end where no count is given: the answer is clipped to what there is. */
  static long countUpTo(long sector, @Nullable Long count) {
    Edge.number("sector", sector);
    return Edge.sectorRange(sector, count == null ? Edge.NUMBER_LIMIT - 1 - sector : count)
        .sectorCount();
  }

  private static boolean wantsText(@Nullable String accept) {
    return MediaType.parseMediaTypes(accept).stream()
        .sorted(Comparator.comparingDouble(MediaType::getQualityValue).reversed())
        .filter(
            type ->
                type.isCompatibleWith(MediaType.APPLICATION_JSON)
                    || type.isCompatibleWith(MediaType.TEXT_PLAIN))
        .findFirst()
        .map(type -> !type.isCompatibleWith(MediaType.APPLICATION_JSON))
        .orElse(false);
  }

  private static String text(byte @Nullable [] body) {
    if (body == null) {
      return "";
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      throw Edge.malformed("The body is UTF-8 text, but this one is not");
    }
  }

  private static Map<String, String> numbers(@Nullable List<String> devices) {
    Map<String, String> numbers = new TreeMap<>();
    for (String device : devices == null ? List.<String>of() : devices) {
      Matcher parts = NAMED_NUMBER.matcher(device);
      if (!parts.matches() || !Names.isName(parts.group(2))) {
        throw Edge.malformed(
            "device says which major:minor is which, as 259:0=pmem0, but it is "
                + Edge.quote(device));
      }
      String before = numbers.put(parts.group(1), parts.group(2));
      if (before != null && !before.equals(parts.group(2))) {
        throw Edge.malformed(
            parts.group(1) + " is named twice, as " + before + " and as " + parts.group(2));
      }
    }
    return numbers;
  }

  private static String holder(@Nullable String holder) {
    boolean named =
        holder != null
            && HOLDERS.stream().anyMatch(holder::startsWith)
            && Names.isName(holder.substring(KIND_CHARS));
    if (holder == null || !named) {
      throw Edge.malformed(
          "The holder of a volume is fs:<filesystem>, or dm:<volume> that has it in its table, but"
              + " it is "
              + Edge.quote(holder));
    }
    return holder;
  }

  private static @Nullable Long revision(@Nullable String ifMatch) {
    if (ifMatch == null || ifMatch.equals("*")) {
      return null;
    }
    Matcher tag = ETAG.matcher(ifMatch.strip());
    if (!tag.matches()) {
      throw Edge.malformed(
          "If-Match is a revision in quotes as the claim's ETag has it, but it is "
              + Edge.quote(ifMatch));
    }
    return Long.valueOf(tag.group(1));
  }
}
