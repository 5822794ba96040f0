package io.faultline.dm.core;

import io.faultline.dm.core.map.PackedPieces;
import io.faultline.events.BlockEvent;
import io.faultline.events.Cause;
import io.faultline.events.Event;
import io.faultline.events.EventCodec;
import io.faultline.events.RecoveredData;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The fast device of a cache leaves, with ten million blocks that are dirty and nowhere side by
 * side: every one of them is told.
 *
 * <p>{@code ./mvnw -pl dm-service -am test -Dfaultline.measure=true -Dtest=RemovalMeasurement
 * -Dsurefire.failIfNoSpecifiedTests=false}
 */
@EnabledIfSystemProperty(named = "faultline.measure", matches = "true")
class RemovalMeasurement {

  private static final int BLOCKS = Integer.getInteger("faultline.measure.pieces", 10_000_000);
  private static final long BLOCK_SECTORS = 64;

  @Test
  void everyDirtyBlockIsTold() {
    TestHost host = new TestHost();
    host.device("meta", 8192)
        .device("fast", BLOCKS * BLOCK_SECTORS)
        .device("slow", 2L * BLOCKS * BLOCK_SECTORS);
    host.volume("cd", "0 " + 2L * BLOCKS * BLOCK_SECTORS + " cache meta fast slow 64 0 smq 0");
    long began = System.nanoTime();
    importDirty(host);
    System.out.printf("imported in %d ms%n", (System.nanoTime() - began) / 1_000_000);
    System.gc();
    long before = usedNow();
    for (int round = 1; round <= 3; round++) {
      resetPeaks();
      began = System.nanoTime();
      List<Event> told =
          host.hear(
              new BlockEvent.CorruptedRange(
                  TestHost.HOST,
                  "fast",
                  host.whole("fast"),
                  true,
                  Cause.DEVICE_REMOVED,
                  null,
                  0,
                  true),
              "fault" + round);
      long decided = System.nanoTime();
      long ranges = 0;
      long bytes = 0;
      for (Event event : told) {
        ranges += ((BlockEvent) event.data()).ranges().rangeCount();
        bytes += EventCodec.data(event).length;
      }
      long encoded = System.nanoTime();
      System.out.printf(
          "round %d: %d events, %d ranges, %d MB; decided in %d ms, encoded in %d ms, heap %d MiB above %d%n",
          round,
          told.size(),
          ranges,
          bytes / 1_000_000,
          (decided - began) / 1_000_000,
          (encoded - decided) / 1_000_000,
          (peak() - before) >> 20,
          before >> 20);
      host.hear(
          new BlockEvent.RangeRecovered(
              TestHost.HOST,
              "fast",
              host.whole("fast"),
              true,
              Cause.DEVICE_REMOVED,
              null,
              0,
              true,
              RecoveredData.RETURNED),
          "fault" + round);
      host.core.forgetPublished();
      told = List.of();
      System.gc();
    }
  }

  private static void importDirty(TestHost host) {
    Answers.ImportTicket ticket =
        TestHost.ok(host.core.command(new DmCommand.BeginImport("cd", "measured")));
    PackedPieces packed = new PackedPieces();
    packed.device(0);
    int parts = 0;
    for (int i = 0; i < BLOCKS; i++) {
      packed.add((i * 7_368_787L) % BLOCKS * 2, i, 1, true);
      if (packed.isFull()) {
        host.core.command(new DmCommand.ImportPart(ticket.upload(), parts++, packed.take()));
      }
    }
    host.core.command(new DmCommand.ImportPart(ticket.upload(), parts++, packed.take()));
    TestHost.ok(
        host.core.command(new DmCommand.CommitImport(ticket, parts, 1, BLOCKS, BLOCKS, null)));
  }

  private static List<MemoryPoolMXBean> heap() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .toList();
  }

  private static void resetPeaks() {
    heap().forEach(MemoryPoolMXBean::resetPeakUsage);
  }

  private static long usedNow() {
    return heap().stream().mapToLong(pool -> pool.getUsage().getUsed()).sum();
  }

  /** With garbage that was not collected yet: at least as much as is in use at once. */
  private static long peak() {
    return heap().stream().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum();
  }
}
