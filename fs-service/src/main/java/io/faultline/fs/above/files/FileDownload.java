package io.faultline.fs.above.files;

import io.faultline.events.Json;
import io.faultline.fs.above.FsGateway;
import io.faultline.fs.core.FileCommand;
import io.faultline.fs.core.FileViews.FileView;
import io.faultline.fs.core.FileViews.ReadPlan;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.Reply;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.BrokenAnswerException;
import io.faultline.runtime.http.Replies;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.util.StringJoiner;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;

/**
 * Gives a file to a client, a chunk at a time. What is known to be lost is known before the first
 * byte is sent; so with {@code recover} a large file is read twice, first to find what nobody knew
 * of. What goes wrong after the first byte breaks the answer off.
 */
final class FileDownload {

  /** Lost ranges that stand in a header; {@code Faultline-Bad-Bytes} counts all. */
  private static final int MAX_RANGES_IN_HEADER = 256;

  private static final int UNAVAILABLE = 503;
  private static final int TRIES_WITHIN = 5;
  private static final long PAUSE_NANOS = 200_000_000;

  private final FsGateway gateway;
  private final FileReader reader;
  private final int chunkBytes;

  FileDownload(FsGateway gateway, FileReader reader, int chunkBytes) {
    this.gateway = gateway;
    this.reader = reader;
    this.chunkBytes = chunkBytes;
  }

  /** What is asked for. */
  record Wanted(String host, String filesystem, String path, ByteRange range, boolean recover) {}

  /**
   * @param response takes the bytes of what is larger than a chunk
   * @return the answer; null if it is sent already
   */
  @Nullable ResponseEntity<byte[]> send(Wanted wanted, HttpServletResponse response)
      throws IOException {
    long start = wanted.range().offsetBytes();
    if (wanted.range().isFromEnd()) {
      Reply stat =
          gateway.send(
              wanted.host(), new FileCommand.StatFile(wanted.filesystem(), wanted.path()), null);
      if (!stat.isSuccess()) {
        return Replies.toResponse(stat);
      }
      start =
          wanted.range().startIn(Json.LENIENT.readValue(stat.body(), FileView.class).sizeBytes());
    }
    Reading reading = new Reading(wanted, start);
    return switch (reader.read(wanted.host(), reading.chunk(start))) {
      case FileReader.Chunk.Refused(Reply reply) -> Replies.toResponse(reply);
      case FileReader.Chunk.Content content -> reading.answer(content, response);
    };
  }

  /** A download that has begun. */
  private final class Reading {
    private final Wanted wanted;
    private final long start;
    private long end;

    Reading(Wanted wanted, long start) {
      this.wanted = wanted;
      this.start = start;
      this.end = start + Math.min(wanted.range().lengthBytes(), Long.MAX_VALUE - start);
    }

    FileCommand.PlanRead chunk(long from) {
      return plan(from, Math.min(chunkBytes, end - from));
    }

    private FileCommand.PlanRead plan(long from, long length) {
      return new FileCommand.PlanRead(
          wanted.filesystem(), wanted.path(), from, length, wanted.recover());
    }

    @Nullable ResponseEntity<byte[]> answer(
        FileReader.Chunk.Content first, HttpServletResponse response) throws IOException {
      ReadPlan plan = first.plan();
      end = Math.max(start, Math.min(end, plan.sizeBytes()));
      if (wanted.range().isPartial() && start >= plan.sizeBytes()) {
        return behindTheEnd(plan.sizeBytes());
      }
      if (first.bytes().length == end - start) {
        HttpHeaders headers = headers(plan, first.lost());
        return ResponseEntity.status(status()).headers(headers).body(first.bytes());
      }
      FileReader.Chunk whole = lookAhead(first);
      return switch (whole) {
        case FileReader.Chunk.Refused(Reply reply) -> Replies.toResponse(reply);
        case FileReader.Chunk.Content looked -> {
          stream(first, looked.lost(), response);
          yield null;
        }
      };
    }

    private ResponseEntity<byte[]> behindTheEnd(long sizeBytes) {
      ResponseEntity<byte[]> problem =
          Replies.toResponse(
              new Problem(
                  "range-not-satisfiable",
                  HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE.value(),
                  "The range is behind the end",
                  wanted.path()
                      + " has "
                      + sizeBytes
                      + " bytes, but the range begins at "
                      + start));
      return ResponseEntity.status(problem.getStatusCode())
          .headers(problem.getHeaders())
          .header(HttpHeaders.CONTENT_RANGE, "bytes */" + sizeBytes)
          .body(problem.getBody());
    }

    private HttpStatus status() {
      return wanted.range().isPartial() ? HttpStatus.PARTIAL_CONTENT : HttpStatus.OK;
    }

    private HttpHeaders headers(ReadPlan plan, Extents lost) {
      HttpHeaders headers = new HttpHeaders();
      headers.setContentType(MediaType.APPLICATION_OCTET_STREAM);
      headers.set(HttpHeaders.ACCEPT_RANGES, "bytes");
      headers.setETag("\"" + plan.inode() + "-" + plan.version() + "\"");
      headers.setContentLength(end - start);
      if (wanted.range().isPartial()) {
        headers.set(
            HttpHeaders.CONTENT_RANGE, "bytes " + start + "-" + (end - 1) + "/" + plan.sizeBytes());
      }
      if (wanted.recover()) {
        headers.set("Faultline-Bad-Bytes", Long.toString(lost.totalSectors()));
      }
      if (!lost.isEmpty()) {
        StringJoiner ranges = new StringJoiner(",");
        for (SectorRange range : lost.head(MAX_RANGES_IN_HEADER).toList()) {
          ranges.add(range.startSector() + "+" + range.sectorCount());
        }
        headers.set("Faultline-Bad-Ranges", ranges.toString());
      }
      return headers;
    }

    /** What else will refuse the download, or is to be told before it begins. */
    private FileReader.Chunk lookAhead(FileReader.Chunk.Content first) {
      Extents lost = first.lost();
      long at = start + first.bytes().length;
      while (at < end) {
        if (wanted.recover()) {
          switch (reader.read(wanted.host(), chunk(at))) {
            case FileReader.Chunk.Refused refused -> {
              return refused;
            }
            case FileReader.Chunk.Content content -> {
              lost = lost.union(content.lost());
              at += content.bytes().length;
              if (content.bytes().length == 0) {
                end = at;
              }
            }
          }
        } else {
          Reply reply = reader.plan(wanted.host(), plan(at, end - at));
          if (!reply.isSuccess()) {
            return new FileReader.Chunk.Refused(reply);
          }
          long planned = FileReader.plan(reply).lengthBytes();
          at += planned;
          if (planned == 0) {
            end = at;
          }
        }
      }
      return new FileReader.Chunk.Content(first.plan(), first.bytes(), lost);
    }

    /** Once bytes are sent nobody can be asked to come again. */
    private FileReader.Chunk readPatiently(FileCommand.PlanRead chunk) {
      FileReader.Chunk read = reader.read(wanted.host(), chunk);
      for (int tried = 1; tried < TRIES_WITHIN && isNotNow(read); tried++) {
        LockSupport.parkNanos(PAUSE_NANOS);
        read = reader.read(wanted.host(), chunk);
      }
      return read;
    }

    private static boolean isNotNow(FileReader.Chunk read) {
      return read instanceof FileReader.Chunk.Refused(Reply reply) && reply.status() == UNAVAILABLE;
    }

    private void stream(FileReader.Chunk.Content first, Extents lost, HttpServletResponse response)
        throws IOException {
      response.setStatus(status().value());
      headers(first.plan(), lost)
          .forEach((name, values) -> values.forEach(value -> response.addHeader(name, value)));
      OutputStream out = response.getOutputStream();
      out.write(first.bytes());
      long at = start + first.bytes().length;
      while (at < end) {
        switch (readPatiently(chunk(at))) {
          case FileReader.Chunk.Refused(Reply reply) ->
              throw new BrokenAnswerException(
                  wanted.path() + " at " + at + ": " + FileChanges.kind(reply));
          case FileReader.Chunk.Content content -> {
            boolean asTold = content.lost().subtract(lost).isEmpty();
            if (content.bytes().length == 0 || !asTold) {
              throw new BrokenAnswerException(
                  wanted.path() + " lost bytes, or became shorter, while it was read");
            }
            out.write(content.bytes());
            at += content.bytes().length;
          }
        }
      }
    }
  }
}
