package io.faultline.ranges.testing;

import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * Makes input from a seed: the same seed, size and number give the same values for ever. What was
 * {@link #noted} (ranges are by themselves) stands in the message of a failure.
 */
public final class Gen {

  private static final int MAX_NOTES = 24;
  private static final int MAX_NOTE_CHARS = 160;

  private final SplittableRandom random;
  private final int size;
  private final List<String> notes = new ArrayList<>();

  /**
   * @param size how large the values are to be, from 0
   * @param number tells inputs of the same seed and size apart
   */
  public Gen(long seed, int size, int number) {
    this.random = new SplittableRandom(seed * 1_000_003 + size * 1_009L + number);
    this.size = size;
  }

  /** How large values are meant to be; grows from 0 while a property keeps holding. */
  public int size() {
    return size;
  }

  /** From {@code 0} to {@code bound - 1}. */
  public int below(int bound) {
    return random.nextInt(bound);
  }

  /** Both ends included, over the whole range of {@code long} if asked. */
  public long between(long low, long high) {
    return low == high ? low : high == Long.MAX_VALUE ? upTo(low) : random.nextLong(low, high + 1);
  }

  private long upTo(long low) {
    return low == Long.MIN_VALUE ? random.nextLong() : random.nextLong(low - 1, Long.MAX_VALUE) + 1;
  }

  /** True once in {@code times}. */
  public boolean onceIn(int times) {
    return random.nextInt(times) == 0;
  }

  public boolean flip() {
    return random.nextBoolean();
  }

  /** A number from 0 to 2^63 - 1, and often one at which arithmetic breaks. */
  public long anyLong() {
    long near = between(0, 3);
    return switch (below(6)) {
      case 0 -> near;
      case 1 -> Long.MAX_VALUE - near;
      case 2 -> Math.max(0, (1L << below(63)) - 1 + near - 1);
      case 3 -> between(0, size);
      default -> random.nextLong() >>> (1 + below(63));
    };
  }

  /** One of {@code choices}. */
  @SafeVarargs
  public final <T> T pick(T... choices) {
    return choices[below(choices.length)];
  }

  /** Any constant of an enum. */
  public <E extends Enum<E>> E pick(Class<E> choices) {
    return pick(choices.getEnumConstants());
  }

  /** From none to about {@link #size} elements. */
  public <T> List<T> list(Supplier<T> element) {
    List<T> made = new ArrayList<>();
    for (int left = below(size + 1); left > 0; left--) {
      made.add(element.get());
    }
    return made;
  }

  public byte[] bytes(int length) {
    byte[] made = new byte[length];
    random.nextBytes(made);
    return made;
  }

  /** A name as hosts, devices, volumes and filesystems have it. */
  public String name() {
    StringBuilder name = new StringBuilder();
    String first = "abcdefghijklmnopqrstuvwxyz0123456789";
    name.append(first.charAt(below(first.length())));
    String rest = first + "._-";
    for (int left = below(Math.min(size, 62) + 1); left > 0; left--) {
      name.append(rest.charAt(below(rest.length())));
    }
    return name.toString();
  }

  /**
   * Any text: mostly ASCII, with quotes, control characters, umlauts and letters beyond 16 bits.
   */
  public String text() {
    StringBuilder text = new StringBuilder();
    for (int left = below(size + 1); left > 0; left--) {
      text.appendCodePoint(
          switch (below(8)) {
            case 0 -> below(0x20);
            case 1 -> pick('"', '\\', '/', '\u007f', '\u00e9', '\u2028');
            case 2 -> 0x1F600 + below(64);
            default -> 0x20 + below(0x5f);
          });
    }
    return text.toString();
  }

  /** A range of {@code window}, at times empty. */
  public SectorRange range(SectorRange window) {
    long start = between(window.startSector(), window.endSector());
    return noted(SectorRange.between(start, between(start, window.endSector())));
  }

  /**
   * Pairs of start and count inside {@code window}, in any order: some empty, some touching or
   * overlapping one another.
   */
  public long[] pairs(SectorRange window) {
    long[] pairs = new long[2 * below(size / 2 + 2)];
    for (int i = 0; i < pairs.length; i += 2) {
      boolean touching = i > 0 && onceIn(4);
      pairs[i] =
          touching
              ? pairs[i - 2] + pairs[i - 1]
              : between(window.startSector(), window.endSector());
      long room = window.endSector() - pairs[i];
      pairs[i + 1] = between(0, onceIn(8) ? room : Math.min(room, 1 + size / 4));
    }
    return pairs;
  }

  /** A set of ranges inside {@code window}. */
  public Extents extents(SectorRange window) {
    return noted(Extents.ofPairs(pairs(window)));
  }

  /** Exactly {@code rangeCount} ranges, apart from one another, from somewhere near 0 upwards. */
  public Extents extents(int rangeCount) {
    Extents.Builder ranges = Extents.builder();
    long next = below(100);
    for (int i = 0; i < rangeCount; i++) {
      long count = 1 + (onceIn(10) ? between(0, 1L << 20) : below(8));
      ranges.add(next, count);
      next += count + 1 + (onceIn(10) ? between(0, 1L << 30) : below(200));
    }
    return noted(ranges.build());
  }

  /** Keeps a value for the message of a failure. */
  public <T> T noted(T value) {
    if (notes.size() < MAX_NOTES) {
      String text = String.valueOf(value);
      notes.add(text.length() <= MAX_NOTE_CHARS ? text : text.substring(0, MAX_NOTE_CHARS) + "…");
    }
    return value;
  }

  String notes() {
    return String.join(" | ", notes);
  }
}
