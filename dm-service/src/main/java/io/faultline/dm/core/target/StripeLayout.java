package io.faultline.dm.core.target;

import io.faultline.ranges.Extents;
import io.faultline.ranges.RangeConsumer;
import java.util.List;

/** Chunks dealt out over members of one size: raid0 of the kernel's {@code drivers/md/raid0.c}. */
record StripeLayout(int members, long chunkSectors, long memberSectors) implements RaidLayout {

  @Override
  public long usableSectors() {
    return memberSectors / chunkSectors * chunkSectors * members;
  }

  @Override
  public void forward(long offset, long count, PieceConsumer out) {
    long from = offset;
    while (from < offset + count) {
      long chunk = from / chunkSectors;
      long inChunk = from % chunkSectors;
      long length = Math.min(chunkSectors - inChunk, offset + count - from);
      out.piece(from, length, (int) (chunk % members), chunk / members * chunkSectors + inChunk);
      from += length;
    }
  }

  @Override
  public void inverse(int member, long memberOffset, long count, RangeConsumer out) {
    long end = Math.min(memberOffset + count, memberSectors / chunkSectors * chunkSectors);
    long from = memberOffset;
    if ((end - from) / chunkSectors > MAX_PIECES) {
      long stripe = chunkSectors * members;
      long first = from / chunkSectors;
      out.accept(first * stripe, ((end - 1) / chunkSectors - first + 1) * stripe);
      return;
    }
    while (from < end) {
      long inChunk = from % chunkSectors;
      long length = Math.min(chunkSectors - inChunk, end - from);
      out.accept((from / chunkSectors * members + member) * chunkSectors + inChunk, length);
      from += length;
    }
  }

  @Override
  public void answer(List<Extents> bad, List<Extents> absent, EffectConsumer out) {
    for (int i = 0; i < members; i++) {
      int member = i;
      bad.get(i)
          .forEach(
              (from, count) ->
                  inverse(
                      member,
                      from,
                      count,
                      (offset, sectors) -> out.accept(Effect.DATA_LOST, offset, sectors)));
    }
  }
}
