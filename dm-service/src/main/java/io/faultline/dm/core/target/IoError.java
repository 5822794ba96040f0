package io.faultline.dm.core.target;

import io.faultline.ranges.RangeConsumer;
import java.util.List;

/**
 * {@code error}: every read and write fails. The kernel's {@code drivers/md/dm-target.c}, which
 * takes any arguments and forgets them.
 */
record IoError(long sectorCount) implements Target {

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "error";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          return new Parsed.Ok(new IoError(sectorCount));
        }
      };

  @Override
  public String arguments() {
    return "";
  }

  @Override
  public List<Leg> legs() {
    return List.of();
  }

  @Override
  public void forward(long offset, long count, ForwardConsumer out) {
    out.hole(offset, count, HoleKind.ERROR);
  }

  @Override
  public void inverse(int leg, long legOffset, long count, RangeConsumer out) {
    throw new IllegalArgumentException("error has no leg " + leg);
  }

  /** The kernel's has an entry for direct access, but a wildcard target makes a table without. */
  @Override
  public boolean directAccess() {
    return false;
  }

  /** It fails, which is not to be refused. */
  @Override
  public boolean writable(long offset, long count) {
    return true;
  }
}
