package io.faultline.dm.core.target;

/** Finds the block device that a table means. */
@FunctionalInterface
public interface DeviceLookup {

  Answer lookUp(String written);

  /** What was found. */
  sealed interface Answer {

    record Found(String name) implements Answer {}

    /**
     * @param errno the kernel's error, {@code -ENOENT}
     * @param explanation what would be right
     */
    record NotFound(String errno, String explanation) implements Answer {}
  }
}
