package io.faultline.dm.core.target;

import io.faultline.ranges.RangeConsumer;
import java.util.List;

/**
 * What targets have in common that show a stretch of one device, moved, and differ in how they
 * treat requests on the way.
 *
 * @param arguments as {@code dmsetup table} prints them
 * @param legs the first holds the sectors
 */
record Shift(long sectorCount, String arguments, List<Leg> legs, boolean directAccess)
    implements Target {

  @Override
  public void forward(long offset, long count, ForwardConsumer out) {
    Leg data = legs.getFirst();
    out.piece(offset, count, data.device(), data.startSector() + offset);
  }

  @Override
  public void inverse(int leg, long legOffset, long count, RangeConsumer out) {
    out.accept(legOffset, count);
  }

  /** One that has another place for writes has more to do than write there. */
  @Override
  public ByteAccess bytes() {
    long places = legs.stream().filter(leg -> leg.role() == LegRole.DATA).count();
    return places == 1 ? ByteAccess.READ_WRITE : ByteAccess.READ;
  }

  @Override
  public boolean additive() {
    return true;
  }
}
