package io.faultline.dm.core;

import io.faultline.dm.below.LeafData;
import io.faultline.dm.below.StepCopier;
import io.faultline.events.RecoveredData;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Answer;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;

/**
 * Devices with content, and somebody who copies: what the service does over HTTP, in memory. Poison
 * heals by whole units of 8 sectors that are written, and the host hears so at once.
 */
final class Disks implements LeafData {

  static final int SECTOR = SectorRange.SECTOR_BYTES;
  private static final int UNIT = 8;

  private final TestHost host;
  private final Map<String, byte[]> content = new TreeMap<>();
  private final Map<String, Extents> poison = new TreeMap<>();
  private final StepCopier copier = new StepCopier(this);
  private int faults;
  int writes;

  Disks(TestHost host) {
    this.host = host;
  }

  void add(String device, int sectors, long seed) {
    host.device(device, sectors);
    byte[] bytes = new byte[sectors * SECTOR];
    new Random(seed).nextBytes(bytes);
    content.put(device, bytes);
    poison.put(device, Extents.EMPTY);
  }

  byte[] bytes(String device) {
    return Objects.requireNonNull(content.get(device));
  }

  byte[] bytes(String device, long sector, long count) {
    return Arrays.copyOfRange(
        bytes(device), (int) sector * SECTOR, (int) (sector + count) * SECTOR);
  }

  Extents poison(String device) {
    return Objects.requireNonNull(poison.get(device));
  }

  /** Known poison: the host hears of it. */
  void corrupt(String device, long sector, long count) {
    poison.merge(device, Extents.of(sector, count), Extents::union);
    host.corrupt(device, "fault" + ++faults, sector, count);
  }

  /** Poison that nobody knows of. */
  void corruptSilently(String device, long sector, long count) {
    poison.merge(device, Extents.of(sector, count), Extents::union);
  }

  /** Clears poison: zeroes are there then. */
  void clear(String device, long sector, long count) {
    poison.computeIfPresent(device, (any, bad) -> bad.subtract(Extents.of(sector, count)));
    Arrays.fill(bytes(device), (int) sector * SECTOR, (int) (sector + count) * SECTOR, (byte) 0);
    host.recover(device, "fault" + faults, RecoveredData.ZEROED, sector, count);
  }

  @Override
  public Content read(String ofHost, Answers.CopyPlace place, long sector, long count) {
    byte[] bytes = bytes(place.device(), sector, count);
    Extents bad = poison(place.device()).clip(new SectorRange(sector, count)).shift(-sector);
    bad.forEach(
        (from, length) ->
            Arrays.fill(bytes, (int) from * SECTOR, (int) (from + length) * SECTOR, (byte) 0));
    return new Content(bytes, bad);
  }

  @Override
  public boolean write(String ofHost, Answers.CopyPlace place, long sector, byte[] bytes) {
    SectorRange range = new SectorRange(sector, bytes.length / SECTOR);
    Extents whole = Extents.of(range).roundIn(UNIT);
    Extents bad = poison(place.device()).clip(range);
    if (!bad.subtract(whole).isEmpty()) {
      return false;
    }
    writes++;
    System.arraycopy(bytes, 0, bytes(place.device()), (int) sector * SECTOR, bytes.length);
    if (!bad.isEmpty()) {
      poison.computeIfPresent(place.device(), (any, before) -> before.subtract(bad));
      host.recover(place.device(), "rewritten", RecoveredData.REWRITTEN, bad.toPairs());
    }
    return true;
  }

  /** Carries out one step of what is to be copied; false if there is none. */
  boolean step(String volume, long maxSectors) {
    Answer next = host.core.command(new DmCommand.NextCopy(volume, maxSectors));
    if (next.status() == 204) {
      return false;
    }
    Answers.CopyStep step = TestHost.ok(next);
    Extents failed = carryOut(step);
    host.core.command(
        new DmCommand.Copied(volume, step.copyId(), step.number(), failed.toPairs(), maxSectors));
    return true;
  }

  Extents carryOut(Answers.CopyStep step) {
    try {
      return copier.copy(TestHost.HOST, step);
    } catch (UnreachableException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Carries out all of it. */
  int copyAll(String volume, long maxSectors) {
    int steps = 0;
    while (step(volume, maxSectors)) {
      steps++;
    }
    return steps;
  }
}
