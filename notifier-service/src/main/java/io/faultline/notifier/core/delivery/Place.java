package io.faultline.notifier.core.delivery;

import java.util.Arrays;

/**
 * A position in all partitions of the followed topics: the next offset of each. Topics stand one
 * after the other, all with the same number of partitions.
 *
 * @param fingerprint of the topics; offsets of others mean nothing
 * @param next not to be changed
 */
public record Place(int fingerprint, long[] next) {

  /** This position, but in no partition before {@code earliest}. */
  public Place notBefore(Place earliest) {
    long[] moved = next.clone();
    for (int slot = 0; slot < moved.length; slot++) {
      moved[slot] = Math.max(moved[slot], earliest.next[slot]);
    }
    return new Place(fingerprint, moved);
  }

  /** What of it concerns the hosts of one partition. */
  public HostPlace of(int partition, int partitions) {
    long[] mine = new long[next.length / partitions];
    for (int topic = 0; topic < mine.length; topic++) {
      mine[topic] = next[topic * partitions + partition];
    }
    return new HostPlace(partition, mine);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Place that
        && fingerprint == that.fingerprint
        && Arrays.equals(next, that.next);
  }

  @Override
  public int hashCode() {
    return 31 * fingerprint + Arrays.hashCode(next);
  }

  @Override
  public String toString() {
    return Arrays.toString(next);
  }
}
