package io.faultline.notifier.core.delivery;

import java.util.Arrays;

/**
 * A position in the logs of one host: the next offset of its partition in each topic.
 *
 * @param next not to be changed
 */
public record HostPlace(int partition, long[] next) {

  /** Whether that record lies before this position. */
  boolean covers(int topic, long offset) {
    return offset < next[topic];
  }

  /** The same, but with that record of one topic still to come. */
  HostPlace before(int topic, long offset) {
    long[] back = next.clone();
    back[topic] = offset;
    return new HostPlace(partition, back);
  }

  HostPlace notBefore(HostPlace earliest) {
    long[] moved = next.clone();
    for (int topic = 0; topic < moved.length; topic++) {
      moved[topic] = Math.max(moved[topic], earliest.next[topic]);
    }
    return new HostPlace(partition, moved);
  }

  /** Whether nothing lies between this position and that one. */
  boolean reaches(HostPlace end) {
    for (int topic = 0; topic < next.length; topic++) {
      if (next[topic] < end.next[topic]) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof HostPlace that
        && partition == that.partition
        && Arrays.equals(next, that.next);
  }

  @Override
  public int hashCode() {
    return 31 * partition + Arrays.hashCode(next);
  }

  @Override
  public String toString() {
    return partition + Arrays.toString(next);
  }
}
