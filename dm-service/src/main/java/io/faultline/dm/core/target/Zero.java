package io.faultline.dm.core.target;

import io.faultline.ranges.RangeConsumer;
import java.util.List;

/** {@code zero}: reads zeros, forgets writes. The kernel's {@code drivers/md/dm-zero.c}. */
record Zero(long sectorCount) implements Target {

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "zero";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          return arguments.count() == 0
              ? new Parsed.Ok(new Zero(sectorCount))
              : Parsed.invalid("No arguments required", "zero has no arguments");
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
    out.hole(offset, count, HoleKind.ZERO);
  }

  @Override
  public void inverse(int leg, long legOffset, long count, RangeConsumer out) {
    throw new IllegalArgumentException("zero has no leg " + leg);
  }

  /** What is written is dropped. */
  @Override
  public boolean writable(long offset, long count) {
    return true;
  }

  @Override
  public boolean directAccess() {
    return false;
  }
}
