package io.faultline.dm.above.dump;

import io.faultline.dm.core.map.PieceSink;
import java.io.IOException;
import java.io.InputStream;

/**
 * What {@code cache_dump} prints: a superblock with the mappings of cache blocks, hints of the
 * policy, and discards, of which only the mappings say where data lies.
 */
public final class CacheDump {

  private static final byte[] SUPERBLOCK = Tags.name("superblock");
  private static final byte[] BLOCK_SIZE = Tags.name("block_size");
  private static final byte[] CACHE_BLOCKS = Tags.name("nr_cache_blocks");
  private static final byte[] MAPPINGS = Tags.name("mappings");
  private static final byte[] MAPPING = Tags.name("mapping");
  private static final byte[] CACHE_BLOCK = Tags.name("cache_block");
  private static final byte[] ORIGIN_BLOCK = Tags.name("origin_block");
  private static final byte[] DIRTY = Tags.name("dirty");
  private static final byte[] HINTS = Tags.name("hints");
  private static final byte[] HINT = Tags.name("hint");
  private static final byte[] DISCARDS = Tags.name("discards");
  private static final byte[] DISCARD = Tags.name("discard");

  private final Tags tags;
  private final MapShape shape;
  private final PieceSink out;
  private final SeenBlocks cacheBlocks = new SeenBlocks();
  private final SeenBlocks originBlocks = new SeenBlocks();
  private long cacheBlockCount;
  private long mapped;
  private long dirty;

  private CacheDump(Tags tags, MapShape shape, PieceSink out) {
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
    return new CacheDump(new Tags(body), shape, out).read();
  }

  private MapSummary read() throws IOException {
    tags.next();
    if (!tags.is(SUPERBLOCK)) {
      throw tags.bad("what cache_dump prints begins with <superblock>");
    }
    long blockSize = tags.number(BLOCK_SIZE, Integer.MAX_VALUE);
    if (blockSize != shape.blockSectors()) {
      throw tags.bad("block_size is that of the cache's table, " + shape.blockSectors());
    }
    cacheBlockCount = tags.number(CACHE_BLOCKS, shape.dataBlocks());
    out.device(0);
    while (tags.next() == Tags.Kind.START) {
      if (tags.is(MAPPINGS)) {
        readMappings();
      } else if (tags.is(HINTS)) {
        passOver(HINT);
      } else if (tags.is(DISCARDS)) {
        passOver(DISCARD);
      } else {
        throw tags.bad("in a superblock there are mappings, hints and discards");
      }
    }
    tags.next();
    return new MapSummary(1, mapped, dirty, null);
  }

  private void readMappings() throws IOException {
    while (tags.next() == Tags.Kind.START) {
      if (!tags.is(MAPPING)) {
        throw tags.bad("in mappings there is nothing but mapping");
      }
      long cacheBlock = tags.number(CACHE_BLOCK, cacheBlockCount - 1);
      long originBlock = tags.number(ORIGIN_BLOCK, shape.originBlocks() - 1);
      boolean isDirty = isDirty();
      if (!cacheBlocks.add(cacheBlock)) {
        throw tags.bad("a cache block is mapped once");
      }
      if (!originBlocks.add(originBlock)) {
        throw tags.bad("a block of the origin is cached once");
      }
      mapped++;
      dirty += isDirty ? 1 : 0;
      out.add(originBlock, cacheBlock, 1, isDirty);
      if (tags.next() != Tags.Kind.END) {
        throw tags.bad("there is nothing inside a mapping");
      }
    }
  }

  private boolean isDirty() {
    return switch (tags.text(DIRTY)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw tags.bad("dirty is true or false");
    };
  }

  private void passOver(byte[] inside) throws IOException {
    while (tags.next() == Tags.Kind.START) {
      if (!tags.is(inside) || tags.next() != Tags.Kind.END) {
        throw tags.bad("hints and discards hold empty tags of their own kind");
      }
    }
  }
}
