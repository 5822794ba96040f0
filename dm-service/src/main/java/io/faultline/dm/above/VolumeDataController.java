package io.faultline.dm.above;

import io.faultline.dm.below.DataSettings;
import io.faultline.dm.below.VolumeData;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.Reply;
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
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The bytes of volumes, read and written as those of devices are. */
@RestController
@RequestMapping("/v1/hosts/{host}/volumes/{volume}/data")
public final class VolumeDataController {

  /** Bad ranges that stand in a header; {@code Faultline-Bad-Sectors} counts all. */
  private static final int MAX_RANGES_IN_HEADER = 256;

  private static final int KIB = 1024;
  private static final int PATIENCE_SECONDS = 5;
  private static final int SECTOR_BYTES = SectorRange.SECTOR_BYTES;

  private final VolumeData data;
  private final long callBytes;

  /** Content that all requests together may hold in memory, in KiB. */
  private final Semaphore budgetKib;

  VolumeDataController(VolumeData data, DataSettings settings) {
    this.data = data;
    this.callBytes = settings.perCall().toBytes();
    this.budgetKib = new Semaphore(Math.toIntExact(settings.inFlight().toBytes() / KIB));
  }

  @GetMapping
  ResponseEntity<byte[]> read(
      @PathVariable String host,
      @PathVariable String volume,
      @RequestParam long sector,
      @RequestParam long count,
      @RequestParam(defaultValue = "false") boolean recover,
      @RequestParam(required = false) @Nullable Long generation) {
    Edge.name("host", host);
    Edge.name("volume", volume);
    SectorRange range = Edge.sectorRange(sector, count);
    if (count > callBytes / SECTOR_BYTES) {
      throw tooMuch(range);
    }
    int taken = take(count * SECTOR_BYTES);
    try {
      return switch (data.read(host, volume, range, generation)) {
        case VolumeData.Read.Refused(Reply reply) -> Replies.toResponse(reply);
        case VolumeData.Read.Content(byte[] bytes, Extents bad) ->
            bad.isEmpty() || recover
                ? content(bytes, bad, recover)
                : Replies.toResponse(mediaError(volume, bad));
      };
    } finally {
      budgetKib.release(taken);
    }
  }

  private static ResponseEntity<byte[]> content(byte[] bytes, Extents bad, boolean recover) {
    ResponseEntity.BodyBuilder answer =
        ResponseEntity.ok().contentType(MediaType.APPLICATION_OCTET_STREAM);
    if (recover) {
      answer.header("Faultline-Bad-Sectors", Long.toString(bad.totalSectors()));
    }
    if (!bad.isEmpty()) {
      StringJoiner ranges = new StringJoiner(",");
      bad.head(MAX_RANGES_IN_HEADER).toList().forEach(range -> ranges.add(range.toString()));
      answer.header("Faultline-Bad-Ranges", ranges.toString());
    }
    return answer.body(bytes);
  }

  private static Problem mediaError(String volume, Extents bad) {
    long sector = bad.startSector(0);
    return Problem.refused(
            "media-error",
            "The medium has lost sectors of this range",
            "sector " + sector + " of volume " + volume + " is bad, on every copy that it has")
        .with("sector", sector)
        .with("errno", "EIO");
  }

  @PutMapping(
      // A form is what curl calls every body that it is not told the type of.
      consumes = {
        MediaType.APPLICATION_OCTET_STREAM_VALUE,
        MediaType.APPLICATION_FORM_URLENCODED_VALUE
      })
  ResponseEntity<byte[]> write(
      @PathVariable String host,
      @PathVariable String volume,
      @RequestParam long sector,
      @RequestParam(required = false) @Nullable String holder,
      @RequestParam(required = false) @Nullable Long generation,
      @RequestParam(defaultValue = "false") boolean recover,
      HttpServletRequest request)
      throws IOException {
    Edge.name("host", host);
    Edge.name("volume", volume);
    Edge.number("sector", sector);
    long announced = request.getContentLengthLong();
    int taken = take(announced < 0 ? callBytes : announced);
    try {
      byte[] content = request.getInputStream().readAllBytes();
      if (content.length == 0 || content.length % SECTOR_BYTES != 0) {
        return Replies.toResponse(partialSector(content.length));
      }
      Edge.sectorRange(sector, content.length / SECTOR_BYTES);
      return Replies.toResponse(
          data.write(host, volume, sector, content, generation, holder, recover));
    } finally {
      budgetKib.release(taken);
    }
  }

  private static Problem partialSector(int lengthBytes) {
    return Problem.refused(
        "partial-sector",
        "Only whole sectors are stored",
        "the body has " + lengthBytes + " bytes, which is no positive multiple of " + SECTOR_BYTES);
  }

  private ProblemException tooMuch(SectorRange range) {
    return new ProblemException(
        Problem.refused(
            "too-much-data",
            "That is too much for one call",
            "range "
                + range
                + " is more than "
                + callBytes
                + " bytes, the limit of one call (faultline.dm.data.per-call)"));
  }

  /** Waits a little until that much content may be held in memory; answers what to give back. */
  private int take(long bytes) {
    int kib = (int) Math.ceilDiv(Math.min(bytes, callBytes), KIB);
    try {
      if (budgetKib.tryAcquire(kib, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        return kib;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new ProblemException(
        Problem.unavailable(
            "Too much content is under way (faultline.dm.data.in-flight);"
                + " nothing was changed"));
  }
}
