package io.faultline.dm.above;

import io.faultline.dm.above.dump.BadDumpException;
import io.faultline.dm.above.dump.CacheDump;
import io.faultline.dm.above.dump.MapShape;
import io.faultline.dm.above.dump.MapSummary;
import io.faultline.dm.above.dump.PairsDump;
import io.faultline.dm.above.dump.ThinDump;
import io.faultline.dm.core.Answers;
import io.faultline.dm.core.DmCommand;
import io.faultline.dm.core.map.PackedPieces;
import io.faultline.dm.core.map.PieceSink;
import io.faultline.dm.core.target.Importable;
import io.faultline.events.Json;
import io.faultline.runtime.CommandGateway;
import io.faultline.runtime.Reply;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import io.faultline.runtime.http.Replies;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.util.UUID;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Imports of maps that are in a target's metadata. Bodies of any size are read tag by tag or line
 * by line and sent on in parts; nothing is live before the last of it was right.
 */
@RestController
public final class MappingsController {

  private static final String PATH = "/v1/hosts/{host}/volumes/{volume}/mappings";

  private final CommandGateway<DmCommand> gateway;

  MappingsController(CommandGateway<DmCommand> gateway) {
    this.gateway = gateway;
  }

  @PutMapping(
      path = PATH,
      consumes = {MediaType.APPLICATION_XML_VALUE, MediaType.TEXT_XML_VALUE})
  ResponseEntity<byte[]> xml(
      @PathVariable String host, @PathVariable String volume, HttpServletRequest request)
      throws IOException {
    return read(host, volume, true, request);
  }

  @PutMapping(path = PATH, consumes = "text/csv")
  ResponseEntity<byte[]> csv(
      @PathVariable String host, @PathVariable String volume, HttpServletRequest request)
      throws IOException {
    return read(host, volume, false, request);
  }

  private ResponseEntity<byte[]> read(
      String host, String volume, boolean isXml, HttpServletRequest request) throws IOException {
    Edge.name("host", host);
    Edge.name("volume", volume);
    String id = UUID.randomUUID().toString();
    Reply begun = gateway.send(host, new DmCommand.BeginImport(volume, id), null);
    if (!begun.isSuccess()) {
      return Replies.toResponse(begun);
    }
    Answers.ImportTicket ticket = Json.LENIENT.readValue(begun.body(), Answers.ImportTicket.class);
    Upload upload = new Upload(gateway, host, id);
    boolean live = false;
    try {
      MapSummary summary = read(ticket, isXml, request.getInputStream(), upload);
      upload.flush();
      Reply reply =
          gateway.send(
              host,
              new DmCommand.CommitImport(
                  ticket,
                  upload.parts,
                  summary.devices(),
                  summary.mappedBlocks(),
                  summary.dirtyBlocks(),
                  summary.transaction()),
              null);
      live = reply.isSuccess();
      return Replies.toResponse(reply);
    } catch (BadDumpException e) {
      return Replies.toResponse(e.problem());
    } catch (RefusedException e) {
      return Replies.toResponse(e.reply);
    } finally {
      if (!live) {
        gateway.send(host, new DmCommand.AbandonImport(id), null);
      }
    }
  }

  private static MapSummary read(
      Answers.ImportTicket ticket, boolean isXml, InputStream body, PieceSink out)
      throws IOException {
    Importable.Form form = ticket.form();
    requireType(ticket, isXml);
    MapShape shape =
        new MapShape(ticket.blockSectors(), ticket.originBlocks(), ticket.dataBlocks());
    return switch (form) {
      case THIN_DUMP -> ThinDump.read(body, shape, out);
      case CACHE_DUMP -> CacheDump.read(body, shape, out);
      case PAIRS -> PairsDump.read(body, shape, true, out);
      case REGIONS -> PairsDump.read(body, shape, false, out);
    };
  }

  private static void requireType(Answers.ImportTicket ticket, boolean isXml) {
    String wanted =
        switch (ticket.form()) {
          case THIN_DUMP -> "what thin_dump prints, as application/xml";
          case CACHE_DUMP -> "what cache_dump prints, as application/xml";
          case PAIRS -> "text/csv with lines block,lowerBlock[,count]";
          case REGIONS -> "text/csv with lines region[,count]";
        };
    boolean wantsXml =
        switch (ticket.form()) {
          case THIN_DUMP, CACHE_DUMP -> true;
          case PAIRS, REGIONS -> false;
        };
    if (wantsXml != isXml) {
      throw new ProblemException(
          Problem.refused(
              "not-its-dump",
              "The dump is not of this volume",
              "The map of " + ticket.volume() + " is " + wanted));
    }
  }

  /** A part was refused: the layer's answer is the answer. */
  private static final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient Reply reply;

    RefusedException(Reply reply) {
      super("refused", null, false, false);
      this.reply = reply;
    }
  }

  /** One upload on its way: packs pieces, and sends each part when it is full. */
  private static final class Upload implements PieceSink {
    private final CommandGateway<DmCommand> gateway;
    private final String host;
    private final String id;
    private final PackedPieces packed = new PackedPieces();
    private int parts;

    Upload(CommandGateway<DmCommand> gateway, String host, String id) {
      this.gateway = gateway;
      this.host = host;
      this.id = id;
    }

    @Override
    public void device(long deviceId) {
      packed.device(deviceId);
      sendIfFull();
    }

    @Override
    public void add(long originBlock, long dataBlock, long blockCount, boolean marked) {
      packed.add(originBlock, dataBlock, blockCount, marked);
      sendIfFull();
    }

    private void sendIfFull() {
      if (packed.isFull()) {
        send();
      }
    }

    void flush() {
      if (!packed.isEmpty()) {
        send();
      }
    }

    private void send() {
      Reply reply = gateway.send(host, new DmCommand.ImportPart(id, parts++, packed.take()), null);
      if (!reply.isSuccess()) {
        throw new RefusedException(reply);
      }
    }
  }
}
