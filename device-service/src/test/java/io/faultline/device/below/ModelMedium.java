package io.faultline.device.below;

import java.util.BitSet;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * A medium with a byte and a state for each sector, and for each fault the sectors it stands for.
 */
final class ModelMedium {

  private static final class Fault {
    final BitSet known = new BitSet();
    final BitSet latent = new BitSet();
    final BitSet untold = new BitSet();
  }

  final int sectors;
  final int blockSectors;

  /** What was stored in each sector last; of bad ones it means nothing. */
  final byte[] content;

  private final int unitSectors;
  private final int recoverySectors;
  private final boolean clears;
  private final boolean dax;
  private final Map<String, Fault> faults = new TreeMap<>();

  ModelMedium(
      int sectors,
      int blockSectors,
      int unitSectors,
      int recoverySectors,
      boolean clears,
      boolean dax) {
    this.sectors = sectors;
    this.blockSectors = blockSectors;
    this.unitSectors = unitSectors;
    this.recoverySectors = recoverySectors;
    this.clears = clears;
    this.dax = dax;
    this.content = new byte[sectors];
  }

  BitSet known() {
    return all(fault -> fault.known);
  }

  BitSet latent() {
    BitSet latent = all(fault -> fault.latent);
    latent.andNot(known());
    return latent;
  }

  /** Bad under faults of which none was told. */
  BitSet unacknowledged() {
    BitSet unacknowledged = known();
    for (Fault fault : faults.values()) {
      BitSet told = (BitSet) fault.known.clone();
      told.andNot(fault.untold);
      unacknowledged.andNot(told);
    }
    return unacknowledged;
  }

  private BitSet all(Function<Fault, BitSet> part) {
    BitSet all = new BitSet();
    faults.values().forEach(fault -> all.or(part.apply(fault)));
    return all;
  }

  void published() {
    faults.values().forEach(fault -> fault.untold.clear());
  }

  void inject(String faultId, int start, int end, boolean announced) {
    Fault fault = new Fault();
    for (int sector = start; sector < end; sector++) {
      int block = sector / blockSectors * blockSectors;
      (announced ? fault.known : fault.latent).set(block, block + blockSectors);
    }
    fault.untold.or(fault.known);
    faults.put(faultId, fault);
  }

  void discover(int start, int end) {
    if (latent().get(start, end).isEmpty()) {
      return;
    }
    for (Fault fault : faults.values()) {
      for (int sector = start; sector < end; sector++) {
        if (fault.latent.get(sector)) {
          fault.latent.clear(sector);
          fault.known.set(sector);
          fault.untold.set(sector);
        }
      }
    }
  }

  private boolean isBad(int sector) {
    return known().get(sector) || latent().get(sector);
  }

  private boolean isWholeUnit(int sector, int start, int end) {
    int unit = sector / unitSectors * unitSectors;
    return unit >= start && Math.min(unit + unitSectors, sectors) <= end;
  }

  private void heal(int sector) {
    for (Fault fault : faults.values()) {
      fault.known.clear(sector);
      fault.latent.clear(sector);
    }
  }

  /** Latent poison that is in the way is found; answers whether there is any poison in the way. */
  private boolean meets(BitSet inTheWay) {
    BitSet hidden = latent();
    hidden.and(inTheWay);
    if (!hidden.isEmpty()) {
      discover(hidden.nextSetBit(0), hidden.length());
    }
    return inTheWay.intersects(known());
  }

  /** The kind of problem that a block write meets; empty if it is done. */
  String write(int start, int end, int value, boolean recover, boolean crashed) {
    if (start % blockSectors != 0 || end % blockSectors != 0) {
      return "misaligned";
    }
    BitSet inTheWay = new BitSet();
    for (int sector = start; sector < end; sector++) {
      inTheWay.set(sector, !clears || !isWholeUnit(sector, start, end));
    }
    if (meets(inTheWay)) {
      return clears ? "media-error" : "poison-not-clearable";
    }
    int firstKnown = known().nextSetBit(start);
    boolean recovers = recover && firstKnown >= 0 && firstKnown < end;
    boolean endsWell = end % recoverySectors == 0 || end == sectors;
    if (recovers && !(start % recoverySectors == 0 && endsWell)) {
      return "misaligned";
    }
    for (int sector = start; sector < end; sector++) {
      content[sector] = (byte) value;
      if (!crashed) {
        heal(sector);
      }
    }
    return "";
  }

  /** The same for a processor's store. */
  String store(int start, int end, int value) {
    if (!dax) {
      return "not-dax";
    }
    BitSet stored = new BitSet();
    stored.set(start, end);
    if (meets(stored)) {
      return "media-error";
    }
    for (int sector = start; sector < end; sector++) {
      content[sector] = (byte) value;
    }
    return "";
  }

  /** Answers what it cleared, though a crash may have undone it since. */
  BitSet clear(int start, int end, boolean crashed) {
    BitSet gone = new BitSet();
    for (int sector = start; sector < end; sector++) {
      gone.set(sector, clears && isBad(sector) && isWholeUnit(sector, start, end));
    }
    for (int sector = gone.nextSetBit(0); sector >= 0; sector = gone.nextSetBit(sector + 1)) {
      content[sector] = 0;
      if (!crashed) {
        heal(sector);
      }
    }
    return gone;
  }
}
