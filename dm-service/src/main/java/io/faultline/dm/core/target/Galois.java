package io.faultline.dm.core.target;

/**
 * The field of 256 elements in which raid6 reckons Q: polynomials over two elements modulo x^8 +
 * x^4 + x^3 + x^2 + 1, with x as generator. H. Peter Anvin, "The mathematics of RAID-6"; the
 * kernel's {@code lib/raid6/mktables.c}. A sum is an exclusive or.
 */
public final class Galois {

  private static final int POLYNOMIAL = 0x11d;
  private static final int ORDER = 255;
  private static final int[] POWERS = new int[2 * ORDER];
  private static final int[] LOGARITHMS = new int[ORDER + 1];

  static {
    int power = 1;
    for (int exponent = 0; exponent < ORDER; exponent++) {
      POWERS[exponent] = power;
      POWERS[exponent + ORDER] = power;
      LOGARITHMS[power] = exponent;
      power <<= 1;
      if (power > ORDER) {
        power ^= POLYNOMIAL;
      }
    }
  }

  private Galois() {}

  /** The generator to that power. */
  static int power(int exponent) {
    return POWERS[exponent % ORDER];
  }

  /** The product of two elements, each from 0 to 255. */
  public static int product(int one, int other) {
    return one == 0 || other == 0 ? 0 : POWERS[LOGARITHMS[one] + LOGARITHMS[other]];
  }

  /**
   * @param divisor not 0
   */
  static int quotient(int dividend, int divisor) {
    if (divisor == 0) {
      throw new ArithmeticException("division by zero");
    }
    return dividend == 0 ? 0 : POWERS[LOGARITHMS[dividend] + ORDER - LOGARITHMS[divisor]];
  }

  /** Adds {@code length} bytes, each times a factor, to others that begin at {@code at}. */
  public static void addProduct(byte[] to, int at, byte[] from, int start, int length, int factor) {
    if (factor == 1) {
      for (int i = 0; i < length; i++) {
        to[at + i] ^= from[start + i];
      }
      return;
    }
    byte[] products = new byte[ORDER + 1];
    for (int element = 0; element <= ORDER; element++) {
      products[element] = (byte) product(element, factor);
    }
    for (int i = 0; i < length; i++) {
      to[at + i] ^= products[from[start + i] & ORDER];
    }
  }
}
