package io.faultline.architecture.violations.documented;

public final class BadSilentClass {

  private BadSilentClass() {}

  private static final class FineBecausePrivate {}

  /** As it should be. */
  public static Object make() {
    return new FineBecausePrivate();
  }

  // Not Javadoc.
  public enum BadSilentEnum {
    ONE
  }
}

class FineBecauseOnlyThePackageSeesIt {
  public static final class FineBecauseNobodyReachesIt {}
}
