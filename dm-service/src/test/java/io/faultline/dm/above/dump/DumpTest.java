package io.faultline.dm.above.dump;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.faultline.dm.core.map.PieceSink;
import io.faultline.ranges.testing.Gen;
import io.faultline.ranges.testing.Seeds;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the tools print, read as a stream; and what they never print, refused. */
class DumpTest {

  private static final MapShape THIN = new MapShape(128, 1L << 40, 256);
  private static final MapShape CACHE = new MapShape(64, 256, 32);
  private static final String SUPERBLOCK =
      "<superblock uuid=\"\" time=\"1\" transaction=\"7\" flags=\"0\" version=\"2\""
          + " data_block_size=\"128\" nr_data_blocks=\"256\">\n";

  /** Every piece as text. */
  private static final class Pieces implements PieceSink {
    final List<String> all = new ArrayList<>();
    private long device = -1;

    @Override
    public void device(long deviceId) {
      device = deviceId;
    }

    @Override
    public void add(long origin, long data, long count, boolean marked) {
      all.add(device + ": " + origin + " " + data + " " + count + (marked ? " dirty" : ""));
    }
  }

  private final Pieces pieces = new Pieces();

  private static InputStream bytes(String text) {
    return new ByteArrayInputStream(text.getBytes(UTF_8));
  }

  private MapSummary thin(String text) throws IOException {
    return ThinDump.read(bytes(text), THIN, pieces);
  }

  private BadDumpException refused(String text) {
    return java.util.Objects.requireNonNull(
        catchThrowableOfType(BadDumpException.class, () -> thin(text)));
  }

  private static InputStream oracle(String name) throws IOException {
    return Files.newInputStream(Path.of(System.getProperty("faultline.oracle"), "dm", name));
  }

  @Test
  void whatThinDumpPrinted() throws IOException {
    MapSummary read = ThinDump.read(oracle("thin-pool.deactivated.xml"), THIN, pieces);
    assertThat(read).isEqualTo(new MapSummary(3, 27, 0, 0L));
    assertThat(pieces.all)
        .startsWith("0: 0 0 3", "0: 3 10 1", "0: 10 5 1")
        .contains("1: 21 12 3", "2: 10 5 4")
        .hasSize(17);
  }

  @ParameterizedTest
  @CsvSource({"v1,6", "v2,0"})
  void whatCacheDumpPrinted(String version, long dirty) throws IOException {
    MapSummary read =
        CacheDump.read(oracle("cache-writeback-" + version + ".deactivated.xml"), CACHE, pieces);
    assertThat(read).isEqualTo(new MapSummary(1, 32, dirty, null));
    assertThat(pieces.all).contains("0: 3 0 1" + (dirty > 0 ? " dirty" : ""), "0: 255 7 1");
  }

  @Test
  void sharedMappingsStandOnce() throws IOException {
    thin(
        "<?xml version=\"1.0\"?>\n"
            + SUPERBLOCK
            + "<def name=\"a\"><single_mapping origin_block='5' data_block='9' time='0'/></def>"
            + "<def name=\"b\"><ref name=\"a\"/>"
            + "<range_mapping origin_begin=\"6\" data_begin=\"20\" length=\"2\" time=\"0\"/></def>"
            + "<device dev_id=\"1\"><ref name=\"b\"/></device>"
            + "<device dev_id=\"2\"><single_mapping origin_block=\"0\" data_block=\"1\"/>"
            + "<ref name=\"b\"/></device></superblock>\n");
    assertThat(pieces.all)
        .containsExactly("1: 5 9 1", "1: 6 20 2", "2: 0 1 1", "2: 5 9 1", "2: 6 20 2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<!DOCTYPE a [<!ENTITY b \"c\">]><superblock/>",
        "<superblock data_block_size=\"&b;\" transaction=\"0\"/>",
        "<superblock data_block_size=\"128\" transaction=\"0\"><![CDATA[x]]></superblock>",
        "<superblock data_block_size=\"128\" transaction=\"0\"><!-- x --></superblock>",
        "<superblock data_block_size=\"128\" transaction=\"0\"><?php?></superblock>",
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?><superblock/>",
        "<superblock data_block_size=\"128\" transaction=\"0\"></superblock><superblock/>",
        "<superblock data_block_size=\"128\" transaction=\"0\"></def>",
        "<superblock data_block_size=\"128\" transaction=\"0\" transaction=\"0\"/>",
        "<superblock data_block_size=\"128\"transaction=\"0\"/>",
        "<superblock data_block_size=128/>",
        "<superblock data_block_size=\"128\" transaction=\"0\">text</superblock>",
        "<superblock data_block_size=\"128\" transaction=\"0\">",
        "<superblock data_block_size=\"128\" transaction=\"0\"",
        "<superblock data_block_size=\"128\" transaction=\"-1\"/>",
        "<superblock data_block_size=\"128\" transaction=\"99999999999999999999\"/>",
        "<superblock transaction=\"0\"/>",
        "<mappings/>",
        "< superblock/>",
        "device",
        ""
      })
  void whatNoToolPrintsIsRefused(String text) {
    assertThat(refused(text).problem().status()).isEqualTo(422);
    assertThat(pieces.all).isEmpty();
  }

  @Test
  void refusalsNameTheLineAndTheRule() {
    String begin = SUPERBLOCK + "<device dev_id=\"0\">\n";
    assertThat(
            refused(
                    begin
                        + "<single_mapping origin_block=\"4\" data_block=\"3\"/>\n"
                        + "<single_mapping origin_block=\"4\" data_block=\"5\"/>\n")
                .problem()
                .detail())
        .startsWith("Line 4, \"<single_mapping origin_block=\"4\" data_block=\"5\"/>\": ")
        .contains("mappings of a device ascend, and blocks up to 4 are mapped");
    assertThat(
            refused(begin + "\n\n<single_mapping origin_block=\"0\" data_block=\"256\"/>")
                .problem()
                .detail())
        .startsWith("Line 5")
        .contains("data_block is a number from 0 to 255");
    assertThat(
            refused(begin + "<range_mapping origin_begin=\"0\" data_begin=\"250\" length=\"7\"/>")
                .problem()
                .detail())
        .contains("data_begin is a number from 0 to 249");
    assertThat(refused(begin + "<ref name=\"x\"/>").problem().detail())
        .contains("a ref names a def that stands before it");
    assertThat(refused(begin + "</device>\n<device dev_id=\"0\"/>").problem().detail())
        .startsWith("Line 4")
        .contains("a device stands once");
    assertThat(refused(SUPERBLOCK.replace("128", "256")).problem().detail())
        .contains("data_block_size is that of the pool's table, 128");
    assertThat(refused(begin + "<a " + "b".repeat(9000) + ">").problem().detail())
        .contains("a tag has at most 8192 bytes");
    assertThat(refused(SUPERBLOCK + "<device dev_id=\"0\">".repeat(3)).problem().detail())
        .contains("mappings are single_mapping, range_mapping and ref");
  }

  @Test
  void aCacheBlockAndAnOriginBlockAreMappedOnce() {
    String begin =
        "<superblock uuid=\"\" block_size=\"64\" nr_cache_blocks=\"32\" policy=\"smq\""
            + " hint_width=\"4\">\n<mappings>\n"
            + "<mapping cache_block=\"1\" origin_block=\"2\" dirty=\"false\"/>\n";
    for (String second : List.of("1,9,true", "9,2,true", "32,0,true", "0,256,true", "3,3,maybe")) {
      String[] each = second.split(",");
      String line =
          "<mapping cache_block=\"%s\" origin_block=\"%s\" dirty=\"%s\"/>"
              .formatted(each[0], each[1], each[2]);
      BadDumpException refused =
          catchThrowableOfType(
              BadDumpException.class, () -> CacheDump.read(bytes(begin + line), CACHE, pieces));
      assertThat(refused.problem().more()).containsEntry("line", 4L);
    }
  }

  @Test
  void pairs() throws IOException {
    MapSummary read =
        PairsDump.read(
            bytes("chunk,cowChunk\n0,2\r\n5,3,4\n\n20,9"), new MapShape(8, 100, 50), true, pieces);
    assertThat(read.mappedBlocks()).isEqualTo(6);
    assertThat(pieces.all).containsExactly("0: 0 2 1", "0: 5 3 4", "0: 20 9 1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"1", "1,2,3,4", "a,b\nc,d", "1,50", "100,1", "5,1\n4,2", "1,1,0", "1,-1", ",1"})
  void badPairs(String text) {
    BadDumpException refused =
        catchThrowableOfType(
            BadDumpException.class,
            () -> PairsDump.read(bytes(text), new MapShape(8, 100, 50), true, pieces));
    assertThat(refused.problem().detail()).startsWith("Line " + text.lines().count() + ", ");
  }

  @Test
  void wholeRegions() throws IOException {
    PairsDump.read(bytes("region\n1\n4,3\n"), new MapShape(8, 10, 10), false, pieces);
    assertThat(pieces.all).containsExactly("0: 1 1 1", "0: 4 4 3");
  }

  /** Random dumps, read in pieces of any length. */
  @Test
  void aStreamMayComeInAnyPieces() {
    Seeds.forAll(
        2,
        gen -> {
          TreeMap<String, List<String>> expected = new TreeMap<>();
          String text = draw(gen, expected);
          Pieces read = new Pieces();
          ThinDump.read(trickle(text, gen), THIN, read);
          assertThat(read.all)
              .containsExactlyElementsOf(expected.values().stream().flatMap(List::stream).toList());
        });
  }

  private static String draw(Gen gen, TreeMap<String, List<String>> expected) {
    StringBuilder text = new StringBuilder(SUPERBLOCK);
    for (int device = 0; device < gen.below(5); device++) {
      text.append("  <device dev_id=\"").append(device).append("\" mapped_blocks=\"1\">\n");
      List<String> ofDevice = new ArrayList<>();
      long origin = 0;
      for (int i = 0; i < gen.below(gen.size() + 1); i++) {
        origin += gen.below(5);
        long data = gen.below(200);
        long count = 1 + gen.below(3);
        text.append(
            count == 1 && gen.flip()
                ? "<single_mapping origin_block=\"%d\" data_block=\"%d\" time=\"0\"/>%n"
                    .formatted(origin, data)
                : "    <range_mapping origin_begin='%d' data_begin='%d'%n length='%d' />"
                    .formatted(origin, data, count));
        ofDevice.add(device + ": " + origin + " " + data + " " + count);
        origin += count;
      }
      expected.put(Integer.toString(device), ofDevice);
      text.append("</device >");
    }
    return text.append("</superblock>\n").toString();
  }

  private static InputStream trickle(String text, Gen gen) {
    byte[] all = text.getBytes(UTF_8);
    return new InputStream() {
      private int at;

      @Override
      public int read() {
        return at == all.length ? -1 : all[at++];
      }

      @Override
      public int read(byte[] into, int offset, int length) {
        int count = Math.min(Math.min(length, 1 + gen.below(40)), all.length - at);
        System.arraycopy(all, at, into, offset, count);
        at += count;
        return count == 0 ? -1 : count;
      }
    };
  }
}
