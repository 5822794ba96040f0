package io.faultline.architecture.violations.documented;

/** Documented, but not all that is in it. */
public interface Published {

  record BadImplicitlyPublicCase(long number) implements Published {}

  /** As it should be. */
  record FineCase(long number) implements Published {}
}
