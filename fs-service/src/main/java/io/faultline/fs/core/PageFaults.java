package io.faultline.fs.core;

import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Problem;
import org.jspecify.annotations.Nullable;

/**
 * A store to a page of a file needs blocks that are the file's alone. Where there are none, or
 * shared ones, or unwritten ones, the fault is planned as a write without bytes of its own: zeros,
 * or a copy of what was there. When that is committed the page is touched again.
 */
final class PageFaults {

  private PageFaults() {}

  /**
   * What a fault came to. Neither of both: the page can be stored to as it is.
   *
   * @param decision what to answer first
   * @param failed whether there is no room for it
   */
  record Made(@Nullable Decision<FsFact> decision, boolean failed) {
    private static final Made NOTHING = new Made(null, false);
    private static final Made FAILED = new Made(null, true);
  }

  /**
   * @param page sectors of the file
   */
  static Made makeWritable(Draft draft, Filesystem filesystem, long inode, SectorRange page) {
    if (Disks.whyNone(draft.state, filesystem) != null) {
      return Made.NOTHING;
    }
    Transaction change = draft.change(filesystem);
    if (change.inode(inode) == null) {
      return Made.NOTHING;
    }
    WritePlanner planner = new WritePlanner(change, "inode " + inode, inode, false);
    planner.makeOwn(page.startSector(), page.endSector());
    Problem problem = planner.problem();
    if (problem != null) {
      draft.forgetChange(filesystem);
      return problem.status() == 409 ? new Made(Decision.refuse(problem), false) : Made.FAILED;
    }
    if (planner.isEmpty()) {
      draft.forgetChange(filesystem);
      return Made.NOTHING;
    }
    return new Made(planner.finish(draft.stamp.newId(), false, 0, false, Extents.EMPTY), false);
  }
}
