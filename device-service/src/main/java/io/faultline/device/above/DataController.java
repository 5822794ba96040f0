package io.faultline.device.above;

import io.faultline.device.below.DataPath;
import io.faultline.device.below.DataPath.Caller;
import io.faultline.device.below.DataPath.ReadResult;
import io.faultline.device.core.Device;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import io.faultline.runtime.http.Replies;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.StringJoiner;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The bytes of devices. */
@RestController
public final class DataController {

  /** Bad ranges that stand in a header; {@code Faultline-Bad-Sectors} counts all. */
  private static final int MAX_RANGES_IN_HEADER = 256;

  private static final String BLOCK = "block";
  private static final String STORE = "store";
  private static final int KIB = 1024;
  private static final int BUDGET_PATIENCE_SECONDS = 5;

  private final DataPath data;
  private final long callBytes;

  /** Content that all requests together may hold in memory, in KiB. */
  private final Semaphore budgetKib;

  public DataController(DataPath data, long callBytes, long inFlightBytes) {
    this.data = data;
    this.callBytes = callBytes;
    this.budgetKib = new Semaphore(Math.toIntExact(Math.max(callBytes, inFlightBytes) / KIB));
  }

  @GetMapping("/v1/hosts/{host}/devices/{device}/data")
  ResponseEntity<byte[]> read(
      @PathVariable String host,
      @PathVariable String device,
      @RequestParam long sector,
      @RequestParam long count,
      @RequestParam(defaultValue = "false") boolean recover,
      @RequestParam(required = false) @Nullable Long generation,
      HttpServletRequest request) {
    Edge.name("host", host);
    Edge.name("device", device);
    SectorRange range = Edge.sectorRange(sector, count);
    Caller caller = new Caller(null, generation, recover, SliceEdge.traceparent(request));
    long bytes =
        Math.min(range.sectorCount(), callBytes / Device.SECTOR_BYTES) * Device.SECTOR_BYTES;
    int taken = take(bytes);
    try {
      return switch (SliceEdge.available(() -> data.read(host, device, range, caller))) {
        case ReadResult.Refused(Problem problem) -> Replies.toResponse(problem);
        case ReadResult.Content(byte[] content, Extents bad) ->
            recover ? withBad(content, bad) : ok().body(content);
      };
    } finally {
      budgetKib.release(taken);
    }
  }

  private static ResponseEntity.BodyBuilder ok() {
    return ResponseEntity.ok().contentType(MediaType.APPLICATION_OCTET_STREAM);
  }

  private static ResponseEntity<byte[]> withBad(byte[] content, Extents bad) {
    ResponseEntity.BodyBuilder answer =
        ok().header("Faultline-Bad-Sectors", Long.toString(bad.totalSectors()));
    if (!bad.isEmpty()) {
      StringJoiner ranges = new StringJoiner(",");
      bad.head(MAX_RANGES_IN_HEADER).toList().forEach(range -> ranges.add(range.toString()));
      answer.header("Faultline-Bad-Ranges", ranges.toString());
    }
    return answer.body(content);
  }

  @PutMapping(
      path = "/v1/hosts/{host}/devices/{device}/data",
      // A form is what curl calls every body that it is not told the type of.
      consumes = {
        MediaType.APPLICATION_OCTET_STREAM_VALUE,
        MediaType.APPLICATION_FORM_URLENCODED_VALUE
      })
  ResponseEntity<byte[]> write(
      @PathVariable String host,
      @PathVariable String device,
      @RequestParam long sector,
      @RequestParam(required = false) @Nullable String holder,
      @RequestParam(required = false) @Nullable Long generation,
      @RequestParam(defaultValue = "false") boolean recover,
      @RequestParam(defaultValue = BLOCK) String access,
      HttpServletRequest request)
      throws IOException {
    Edge.name("host", host);
    Edge.name("device", device);
    Edge.number("sector", sector);
    boolean store = isStore(access, recover);
    Caller caller = new Caller(holder, generation, recover, SliceEdge.traceparent(request));
    long announced = request.getContentLengthLong();
    int taken = take(announced < 0 ? callBytes : announced);
    try {
      byte[] content = request.getInputStream().readAllBytes();
      if (content.length > 0) {
        Edge.sectorRange(sector, Math.ceilDiv(content.length, Device.SECTOR_BYTES));
      }
      return Replies.toResponse(
          SliceEdge.available(
              () ->
                  store
                      ? data.store(host, device, sector, content, caller)
                      : data.write(host, device, sector, content, caller)));
    } finally {
      budgetKib.release(taken);
    }
  }

  /** Whether it is a processor that stores, through a mapping. */
  private static boolean isStore(String access, boolean recover) {
    if (!access.equals(BLOCK) && !access.equals(STORE)) {
      throw Edge.malformed(
          "access is " + BLOCK + " or " + STORE + ", but it is " + Edge.quote(access));
    }
    boolean store = access.equals(STORE);
    if (store && recover) {
      throw Edge.malformed("recover=true is a block write, so it does not go with access=store");
    }
    return store;
  }

  /** Waits a little until that much content may be held in memory; answers what to give back. */
  private int take(long bytes) {
    int kib = (int) Math.ceilDiv(Math.min(bytes, callBytes), KIB);
    try {
      if (budgetKib.tryAcquire(kib, BUDGET_PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        return kib;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new ProblemException(
        Problem.unavailable(
            "Too much content is under way (faultline.device.limits.data-bytes-in-flight);"
                + " nothing was changed"));
  }
}
