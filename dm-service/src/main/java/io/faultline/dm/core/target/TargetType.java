package io.faultline.dm.core.target;

/** A kind of target: the kernel's {@code struct target_type}. */
public interface TargetType {

  /** As it stands in a table: {@code linear}. */
  String name();

  /** Whether it must be the only one of its table: the kernel's {@code DM_TARGET_SINGLETON}. */
  default boolean singleton() {
    return false;
  }

  /** Reads what stands after the type, checking in the kernel's order. */
  Parsed parse(long sectorCount, Arguments arguments);
}
