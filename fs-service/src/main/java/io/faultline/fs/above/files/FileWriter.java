package io.faultline.fs.above.files;

import io.faultline.events.Json;
import io.faultline.fs.core.FileCommand;
import io.faultline.fs.core.FileViews.WritePlan;
import io.faultline.runtime.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a body into a file, a chunk at a time. Each chunk is there whole or not at all; a body of
 * several chunks that is refused half-way has been written up to there, as with write(2).
 */
final class FileWriter {

  private static final int CREATED = 201;

  private final FileChanges changes;
  private final int chunkBytes;

  FileWriter(FileChanges changes, int chunkBytes) {
    this.changes = changes;
    this.chunkBytes = chunkBytes;
  }

  /**
   * What to write.
   *
   * @param offsetBytes where; null for the whole file, which ends with the body then
   */
  record Target(
      String host,
      String filesystem,
      String path,
      @Nullable Long offsetBytes,
      boolean recover,
      boolean makeParents) {}

  Reply write(Target target, InputStream body) throws IOException {
    Long offset = target.offsetBytes();
    long at = offset == null ? 0 : offset;
    long written = 0;
    boolean created = false;
    byte[] chunk = body.readNBytes(roomIn(at));
    while (true) {
      boolean full = chunk.length == roomIn(at);
      byte[] next = full ? body.readNBytes(1) : new byte[0];
      boolean last = next.length == 0;
      int done = 0;
      do {
        byte[] rest = done == 0 ? chunk : Arrays.copyOfRange(chunk, done, chunk.length);
        FileChanges.Outcome outcome =
            changes.write(
                target.host(),
                new FileCommand.PlanWrite(
                    target.filesystem(),
                    target.path(),
                    at + done,
                    rest.length,
                    offset == null && last,
                    target.recover(),
                    target.makeParents(),
                    UUID.randomUUID().toString()),
                rest);
        Reply reply = outcome.reply();
        WritePlan plan = outcome.plan();
        if (!reply.isSuccess() || plan == null) {
          return written + done == 0 ? reply : withWritten(reply, written + done);
        }
        created |= plan.created();
        done = Math.toIntExact(Math.max(plan.endBytes() - at, done));
        if (done >= chunk.length && last) {
          return created ? new Reply(CREATED, reply.contentType(), reply.body()) : reply;
        }
      } while (done < chunk.length);
      written += chunk.length;
      at += chunk.length;
      chunk = followed(next, body, roomIn(at));
    }
  }

  /** Chunks end at multiples of their size in the file, so that pages stay whole. */
  private int roomIn(long offsetBytes) {
    return (int) (chunkBytes - offsetBytes % chunkBytes);
  }

  private static byte[] followed(byte[] first, InputStream body, int length) throws IOException {
    byte[] chunk = new byte[length];
    System.arraycopy(first, 0, chunk, 0, first.length);
    int read = body.readNBytes(chunk, first.length, length - first.length);
    return read + first.length == length ? chunk : Arrays.copyOf(chunk, read + first.length);
  }

  /** A refusal that says how much was written before it. */
  private static Reply withWritten(Reply refusal, long writtenBytes) {
    if (!(Json.LENIENT.readTree(refusal.body()) instanceof ObjectNode problem)) {
      return refusal;
    }
    problem.put("writtenBytes", writtenBytes);
    return new Reply(
        refusal.status(), refusal.contentType(), Json.LENIENT.writeValueAsBytes(problem));
  }
}
