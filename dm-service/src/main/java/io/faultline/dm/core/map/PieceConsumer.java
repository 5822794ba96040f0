package io.faultline.dm.core.map;

/** Takes one piece of a map after another without boxing it. */
@FunctionalInterface
public interface PieceConsumer {

  /**
   * {@code blockCount} blocks from {@code originBlock} on lie from {@code dataBlock} on.
   *
   * @param blockCount at least 1
   * @param marked as it was added: of a cache, that the blocks are dirty
   */
  void piece(long originBlock, long dataBlock, long blockCount, boolean marked);
}
