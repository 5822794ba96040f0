package io.faultline.dm.core.target;

/** A kind of target: the kernel's {@code struct target_type}. */
public interface TargetType {

  /** As it stands in a table: {@code linear}. */
  String name();

  /** Reads what stands after the type, checking in the kernel's order. */
  Parsed parse(long sectorCount, Arguments arguments);
}
