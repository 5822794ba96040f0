package io.faultline.runtime.core;

import org.jspecify.annotations.Nullable;

/**
 * Something that is so from now on: the newest value of a key stands for all older ones.
 *
 * @param key within the host, not beginning with {@code #} (those are the shell's own); {@code
 *     volume/vol0}
 * @param value null takes the key away
 */
public record Fact<F>(String key, @Nullable F value) {

  public Fact {
    if (key.isEmpty() || key.charAt(0) == '#' || key.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("not a key of a fact: " + key);
    }
  }

  public static <F> Fact<F> gone(String key) {
    return new Fact<>(key, null);
  }
}
