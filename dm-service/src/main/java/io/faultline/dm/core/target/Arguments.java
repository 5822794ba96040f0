package io.faultline.dm.core.target;

import java.util.List;

/**
 * What stands in a line after the target's type, and who knows the devices it names.
 *
 * @param words in order
 */
public record Arguments(List<String> words, DeviceLookup devices) {

  /** What {@link #number} and {@link #unsignedInt} answer for a word that is no such number. */
  public static final long NO_NUMBER = -1;

  private static final long MAX_UNSIGNED_INT = 0xFFFF_FFFFL;

  public int count() {
    return words.size();
  }

  /** A decimal number from 0 to 2^63 - 1, or {@link #NO_NUMBER}. */
  public long number(int index) {
    return parse(words.get(index));
  }

  /** A decimal number from 0 to 2^32 - 1, or {@link #NO_NUMBER}. */
  public long unsignedInt(int index) {
    long number = number(index);
    return number <= MAX_UNSIGNED_INT ? number : NO_NUMBER;
  }

  public DeviceLookup.Answer device(int index) {
    return devices.lookUp(words.get(index));
  }

  /** The name of a device that was looked up before and found. */
  String foundName(int index) {
    return switch (device(index)) {
      case DeviceLookup.Answer.Found found -> found.name();
      case DeviceLookup.Answer.NotFound none -> throw new IllegalStateException(none.explanation());
    };
  }

  /** Digits only, as the kernel's {@code %llu} wants them, or {@link #NO_NUMBER}. */
  public static long parse(String word) {
    if (word.isEmpty() || word.length() > 19 + leadingZeros(word)) {
      return NO_NUMBER;
    }
    long value = 0;
    for (int i = 0; i < word.length(); i++) {
      int digit = word.charAt(i) - '0';
      if (digit < 0 || digit > 9 || value > (Long.MAX_VALUE - digit) / 10) {
        return NO_NUMBER;
      }
      value = 10 * value + digit;
    }
    return value;
  }

  private static int leadingZeros(String word) {
    int zeros = 0;
    while (zeros < word.length() && word.charAt(zeros) == '0') {
      zeros++;
    }
    return zeros;
  }
}
