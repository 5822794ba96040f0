package io.faultline.dm.above.dump;

import io.faultline.dm.core.map.BlockMap;
import io.faultline.dm.core.map.PackedPieces;
import io.faultline.dm.core.map.PieceSink;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What {@code thin_dump} prints of a pool: a superblock with a device for each thin volume, its
 * mappings ascending. Mappings that several devices share may stand once in a {@code def} before
 * them and be named by {@code ref}; only those are held in memory, packed.
 */
public final class ThinDump {

  private static final byte[] SUPERBLOCK = Tags.name("superblock");
  private static final byte[] DEVICE = Tags.name("device");
  private static final byte[] DEF = Tags.name("def");
  private static final byte[] REF = Tags.name("ref");
  private static final byte[] SINGLE = Tags.name("single_mapping");
  private static final byte[] RANGE = Tags.name("range_mapping");
  private static final byte[] NAME = Tags.name("name");
  private static final byte[] TRANSACTION = Tags.name("transaction");
  private static final byte[] BLOCK_SIZE = Tags.name("data_block_size");
  private static final byte[] DEV_ID = Tags.name("dev_id");
  private static final byte[] ORIGIN_BLOCK = Tags.name("origin_block");
  private static final byte[] DATA_BLOCK = Tags.name("data_block");
  private static final byte[] ORIGIN_BEGIN = Tags.name("origin_begin");
  private static final byte[] DATA_BEGIN = Tags.name("data_begin");
  private static final byte[] LENGTH = Tags.name("length");

  /** The kernel's {@code MAX_DEV_ID}. */
  private static final long MAX_DEV_ID = (1L << 24) - 1;

  /** Bytes of all shared mappings together, packed; about six each. */
  static final long MAX_SHARED_BYTES = 512L * 1024 * 1024;

  private final Tags tags;
  private final MapShape shape;
  private final PieceSink out;
  private final Map<String, List<byte[]>> shared = new HashMap<>();
  private final Set<Long> devices = new HashSet<>();
  private long sharedBytes;
  private long mappedBlocks;
  private long originEnd;
  private @Nullable PackedPieces inDef;

  private ThinDump(Tags tags, MapShape shape, PieceSink out) {
    this.tags = tags;
    this.shape = shape;
    this.out = out;
  }

  /**
   * Reads all of it.
   *
   * @throws BadDumpException at the first tag that is wrong
   */
  public static MapSummary read(InputStream body, MapShape shape, PieceSink out)
      throws IOException {
    return new ThinDump(new Tags(body), shape, out).read();
  }

  private MapSummary read() throws IOException {
    tags.next();
    if (!tags.is(SUPERBLOCK)) {
      throw tags.bad("what thin_dump prints begins with <superblock>");
    }
    long transaction = tags.number(TRANSACTION, Long.MAX_VALUE);
    long blockSize = tags.number(BLOCK_SIZE, Integer.MAX_VALUE);
    if (blockSize != shape.blockSectors()) {
      throw tags.bad("data_block_size is that of the pool's table, " + shape.blockSectors());
    }
    while (tags.next() == Tags.Kind.START) {
      if (tags.is(DEVICE)) {
        readDevice();
      } else if (tags.is(DEF)) {
        readDef();
      } else {
        throw tags.bad("in a superblock there are device and def");
      }
    }
    tags.next();
    return new MapSummary(devices.size(), mappedBlocks, 0, transaction);
  }

  private void readDevice() throws IOException {
    long deviceId = tags.number(DEV_ID, MAX_DEV_ID);
    if (!devices.add(deviceId)) {
      throw tags.bad("a device stands once");
    }
    if (devices.size() > BlockMap.MAX_DEVICES) {
      throw tags.bad("there are " + BlockMap.MAX_DEVICES + " devices at most");
    }
    out.device(deviceId);
    originEnd = 0;
    readMappings();
  }

  private void readDef() throws IOException {
    String name = tags.text(NAME);
    if (shared.containsKey(name)) {
      throw tags.bad("a def stands once");
    }
    PackedPieces packed = new PackedPieces();
    inDef = packed;
    List<byte[]> parts = new ArrayList<>();
    shared.put(name, parts);
    originEnd = 0;
    while (tags.next() == Tags.Kind.START) {
      mapping();
      if (packed.isFull()) {
        keep(parts, packed);
      }
    }
    keep(parts, packed);
    inDef = null;
  }

  private void keep(List<byte[]> parts, PackedPieces packed) {
    byte[] part = packed.take();
    sharedBytes += part.length;
    if (sharedBytes > MAX_SHARED_BYTES) {
      throw tags.bad("mappings in defs have " + MAX_SHARED_BYTES + " bytes at most, packed");
    }
    parts.add(part);
  }

  private void readMappings() throws IOException {
    while (tags.next() == Tags.Kind.START) {
      mapping();
    }
  }

  private void mapping() throws IOException {
    if (tags.is(SINGLE)) {
      piece(
          tags.number(ORIGIN_BLOCK, shape.originBlocks() - 1),
          tags.number(DATA_BLOCK, shape.dataBlocks() - 1),
          1);
    } else if (tags.is(RANGE)) {
      long length = tags.number(LENGTH, shape.dataBlocks());
      if (length == 0) {
        throw tags.bad("a range has one block at least");
      }
      piece(
          tags.number(ORIGIN_BEGIN, shape.originBlocks() - length),
          tags.number(DATA_BEGIN, shape.dataBlocks() - length),
          length);
    } else if (tags.is(REF)) {
      refer(tags.text(NAME));
    } else {
      throw tags.bad("mappings are single_mapping, range_mapping and ref");
    }
    if (tags.next() != Tags.Kind.END) {
      throw tags.bad("there is nothing inside a mapping");
    }
  }

  private void refer(String name) {
    List<byte[]> parts = shared.get(name);
    if (parts == null) {
      throw tags.bad("a ref names a def that stands before it");
    }
    for (byte[] part : parts) {
      PackedPieces.unpack(
          part,
          new PieceSink() {
            @Override
            public void device(long none) {}

            @Override
            public void add(long origin, long data, long count, boolean marked) {
              piece(origin, data, count);
            }
          });
    }
  }

  private void piece(long origin, long data, long count) {
    if (origin < originEnd) {
      throw tags.bad(
          "mappings of a device ascend, and blocks up to " + (originEnd - 1) + " are mapped");
    }
    originEnd = origin + count;
    PackedPieces def = inDef;
    if (def == null) {
      mappedBlocks += count;
      out.add(origin, data, count, false);
    } else {
      if (def.isEmpty()) {
        def.device(0);
      }
      def.add(origin, data, count, false);
    }
  }
}
