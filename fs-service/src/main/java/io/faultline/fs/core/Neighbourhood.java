package io.faultline.fs.core;

import java.util.Map;
import java.util.TreeMap;

/**
 * What the records around a place add up to, so that a change of one record changes the counts of
 * its allocation group by what changes here and nothing has to be counted anew.
 *
 * <pre>
 * window              |---------------------------|      one sector more than the record each side
 * records        |--------|       |-------|
 *                             |-------|
 * free extents             |--|           |-------|
 * refcount records                |---|                  owned by more than one file
 * </pre>
 *
 * @param freeExtents stretches that nobody owns
 * @param freeSectors how much those are
 * @param refcounts stretches with the same number of owning files, two or more; and staging for
 *     copies on write, which the refcount btree keeps as well
 */
record Neighbourhood(long freeExtents, long freeSectors, long refcounts) {

  static Neighbourhood of(MapView view, long start, long end) {
    TreeMap<Long, int[]> steps = new TreeMap<>();
    steps.put(start, new int[2]);
    steps.put(end, new int[2]);
    long staging = 0;
    for (MapRecord record : view.overlapping(start, end)) {
      boolean file = record.special() == null && record.fork() == Fork.DATA;
      staging += record.special() == SpecialOwner.COW_RESERVATION ? 1 : 0;
      step(steps, Math.max(start, record.startSector()), 1, file);
      step(steps, Math.min(end, record.endSector()), -1, file);
    }
    return count(steps, staging);
  }

  private static void step(TreeMap<Long, int[]> steps, long at, int by, boolean file) {
    int[] step = steps.computeIfAbsent(at, s -> new int[2]);
    step[0] += by;
    step[1] += file ? by : 0;
  }

  private static Neighbourhood count(TreeMap<Long, int[]> steps, long staging) {
    long free = 0;
    long freeSectors = 0;
    long shared = staging;
    int owners = 0;
    int files = 0;
    int filesBefore = 0;
    boolean freeBefore = false;
    for (Map.Entry<Long, int[]> step : steps.entrySet()) {
      owners += step.getValue()[0];
      files += step.getValue()[1];
      Long next = steps.higherKey(step.getKey());
      if (next == null) {
        break;
      }
      boolean isFree = owners == 0;
      freeSectors += isFree ? next - step.getKey() : 0;
      free += isFree && !freeBefore ? 1 : 0;
      shared += files > 1 && files != filesBefore ? 1 : 0;
      freeBefore = isFree;
      filesBefore = files;
    }
    return new Neighbourhood(free, freeSectors, shared);
  }
}
