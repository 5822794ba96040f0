package io.faultline.dm.measure;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.faultline.dm.above.dump.CacheDump;
import io.faultline.dm.above.dump.MapShape;
import io.faultline.dm.above.dump.ThinDump;
import io.faultline.dm.core.map.PackedPieces;
import io.faultline.dm.core.map.PieceSink;
import java.io.IOException;
import java.io.InputStream;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Reads dumps of ten million mappings, made up while they are read, beside the JDK's own XML
 * reader.
 */
@EnabledIfSystemProperty(named = "faultline.measure", matches = "true")
class DumpMeasurement {

  private static final int MAPPINGS = Integer.getInteger("faultline.measure.pieces", 10_000_000);

  /** Packs what comes as an import does, and forgets it. */
  private static final class Packing implements PieceSink {
    private final PackedPieces packed = new PackedPieces();
    private long bytes;

    @Override
    public void device(long deviceId) {
      packed.device(deviceId);
    }

    @Override
    public void add(long origin, long data, long count, boolean marked) {
      packed.add(origin, data, count, marked);
      if (packed.isFull()) {
        bytes += packed.take().length;
      }
    }
  }

  /** A text of a beginning, a line for each number, and an end. */
  private static final class Text extends InputStream {
    private final IntFunction<String> lines;
    private final String end;
    private byte[] chunk;
    private int at;
    private int next;
    private long bytes;
    private boolean over;

    Text(String begin, IntFunction<String> lines, String end) {
      this.chunk = begin.getBytes(US_ASCII);
      this.lines = lines;
      this.end = end;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0];
    }

    @Override
    public int read(byte[] into, int offset, int length) {
      if (at == chunk.length) {
        if (over) {
          return -1;
        }
        StringBuilder more = new StringBuilder();
        for (int i = 0; i < 1000 && next < MAPPINGS; i++) {
          more.append(lines.apply(next++));
        }
        if (next == MAPPINGS) {
          more.append(end);
          over = true;
        }
        chunk = more.toString().getBytes(US_ASCII);
        at = 0;
      }
      int count = Math.min(length, chunk.length - at);
      System.arraycopy(chunk, at, into, offset, count);
      at += count;
      bytes += count;
      return count;
    }
  }

  private static Text thin() {
    SplittableRandom random = new SplittableRandom(1);
    return new Text(
        "<superblock uuid=\"\" time=\"1\" transaction=\"0\" flags=\"0\" version=\"2\""
            + " data_block_size=\"128\" nr_data_blocks=\"16777216\">\n"
            + "  <device dev_id=\"0\" mapped_blocks=\"10\" transaction=\"0\" creation_time=\"0\""
            + " snap_time=\"1\">\n",
        i ->
            "    <single_mapping origin_block=\""
                + (2L * i)
                + "\" data_block=\""
                + random.nextInt(1 << 24)
                + "\" time=\"0\"/>\n",
        "  </device>\n</superblock>\n");
  }

  private static Text cache() {
    return new Text(
        "<superblock uuid=\"\" block_size=\"64\" nr_cache_blocks=\"16777216\" policy=\"smq\""
            + " hint_width=\"4\">\n  <mappings>\n",
        i ->
            "    <mapping cache_block=\""
                + i
                + "\" origin_block=\""
                + (i * 7_368_787L) % MAPPINGS * 3
                + "\" dirty=\""
                + (i % 3 == 0)
                + "\"/>\n",
        "  </mappings>\n  <hints>\n  </hints>\n</superblock>\n");
  }

  @Test
  void reading() throws IOException {
    MapShape shape = new MapShape(128, 1L << 40, 1L << 24);
    MapShape ofCache = new MapShape(64, 1L << 40, 1L << 24);
    for (int round = 1; round <= 3; round++) {
      double making = seconds(thin(), DumpMeasurement::drain);
      double makingCache = seconds(cache(), DumpMeasurement::drain);
      report("thin_dump", making, thin(), text -> ThinDump.read(text, shape, new Packing()));
      report(
          "cache_dump", makingCache, cache(), text -> CacheDump.read(text, ofCache, new Packing()));
      report("thin_dump, StAX", making, thin(), DumpMeasurement::stax);
    }
  }

  @FunctionalInterface
  private interface Reading {
    void read(Text text) throws IOException;
  }

  private static double seconds(Text text, Reading reading) throws IOException {
    long began = System.nanoTime();
    reading.read(text);
    return (System.nanoTime() - began) / 1e9;
  }

  /** The time without that of making the text up. */
  private static void report(String what, double making, Text text, Reading reading)
      throws IOException {
    double took = seconds(text, reading) - making;
    System.out.printf(
        "%s: %.0f MB in %.2f s (making it up took %.2f s more), %.0f MB/s%n",
        what, text.bytes / 1e6, took, making, text.bytes / 1e6 / took);
  }

  private static void drain(Text text) {
    byte[] buffer = new byte[128 * 1024];
    int read = 0;
    while (read >= 0) {
      read = text.read(buffer, 0, buffer.length);
    }
  }

  /** The same attributes through the reader of the JDK. */
  private static void stax(Text text) {
    XMLInputFactory factory = XMLInputFactory.newFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    Packing out = new Packing();
    out.device(0);
    try {
      XMLStreamReader reader = factory.createXMLStreamReader(text);
      while (reader.hasNext()) {
        if (reader.next() == XMLStreamReader.START_ELEMENT
            && reader.getLocalName().equals("single_mapping")) {
          out.add(
              Long.parseLong(reader.getAttributeValue(null, "origin_block")),
              Long.parseLong(reader.getAttributeValue(null, "data_block")),
              1,
              false);
        }
      }
    } catch (XMLStreamException e) {
      throw new IllegalStateException(e);
    }
  }
}
