package io.faultline.events;

import java.util.List;

/** The inventory of volumes changes. */
public sealed interface VolumeEvent extends EventData {

  String volume();

  /**
   * @param table its lines, devices by name
   * @param below the block devices it stands on directly
   */
  record VolumeAdded(
      String host,
      String volume,
      long sectors,
      boolean dax,
      long generation,
      List<String> table,
      List<String> below)
      implements VolumeEvent {}

  /** The volume is gone; what stood on it was gone before. */
  record VolumeRemoved(String host, String volume) implements VolumeEvent {}

  /** A new table went live at a resume. */
  record TableChanged(
      String host, String volume, long sectors, boolean dax, List<String> table, List<String> below)
      implements VolumeEvent {}
}
