package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.Share;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The credit of one device that leaves, divided among those who stand on it (Mattern, "Global
 * quiescence detection based on credit distribution and recovery", 1989).
 *
 * <p>The layers above split shares and pass them on, and an acknowledgement says who returns how
 * much, not whose share it was. That can be told where the holder itself returns it, or where a
 * share comes back whole, because no two are equal. Other credit goes into a pool: the sum is exact
 * all the same. When a holder lets go, the pool is taken for its share first, so that nothing is
 * ever written off that somebody else has returned and no removal ends before everybody who still
 * stands there has answered; at worst it waits for its deadline.
 *
 * <pre>
 * given = counted + outstanding + written off,   outstanding = sum of shares' outstanding - pooled
 * </pre>
 */
final class Credit {

  /** All credit of one device: the largest number that JSON readers keep exactly. */
  static final long ALL = (1L << 53) - 1;

  private final TreeMap<String, Share> shares;
  private final long pooled;

  private Credit(TreeMap<String, Share> shares, long pooled) {
    this.shares = shares;
    this.pooled = pooled;
  }

  static Credit of(Map<String, Share> shares, long pooled) {
    return new Credit(new TreeMap<>(shares), pooled);
  }

  /** All credit, divided: no two shares are equal, and the last has what is left over. */
  static Credit divided(Iterable<String> holders) {
    List<String> names = new ArrayList<>();
    holders.forEach(names::add);
    TreeMap<String, Share> shares = new TreeMap<>();
    long count = names.size();
    long steps = count * (count - 1) / 2;
    long left = ALL;
    for (int i = 0; i < count; i++) {
      long share = i == count - 1 ? left : (ALL - steps) / count + i;
      shares.put(names.get(i), new Share(share, share, 0));
      left -= share;
    }
    return new Credit(shares, 0);
  }

  /** Nobody was asked: the holders, and nothing to return. */
  static Credit none(Iterable<String> holders) {
    TreeMap<String, Share> shares = new TreeMap<>();
    holders.forEach(holder -> shares.put(holder, new Share(0, 0, 0)));
    return new Credit(shares, 0);
  }

  SortedMap<String, Share> shares() {
    return Collections.unmodifiableSortedMap(shares);
  }

  /** What came back and is nobody's in particular. */
  long pooled() {
    return pooled;
  }

  /** What is waited for. */
  long outstanding() {
    return shares.values().stream().mapToLong(Share::outstanding).sum() - pooled;
  }

  /** What may still come back, waited for or not. */
  long returnable() {
    return outstanding() + shares.values().stream().mapToLong(Share::writtenOff).sum();
  }

  /**
   * Takes back what {@code holder} returns.
   *
   * @param credit above 0 and at most {@link #returnable}
   */
  Credit returned(String holder, long credit) {
    TreeMap<String, Share> after = new TreeMap<>(shares);
    long left = credit;
    for (Map.Entry<String, Share> entry : after.entrySet()) {
      Share share = entry.getValue();
      boolean whole = share.credit() == credit && share.outstanding() == credit;
      if (entry.getKey().equals(holder) || whole) {
        long taken = Math.min(left, share.outstanding());
        entry.setValue(new Share(share.credit(), share.outstanding() - taken, share.writtenOff()));
        left -= taken;
      }
    }
    for (Map.Entry<String, Share> entry : after.entrySet()) {
      Share share = entry.getValue();
      long taken = Math.min(left, share.writtenOff());
      entry.setValue(new Share(share.credit(), share.outstanding(), share.writtenOff() - taken));
      left -= taken;
    }
    return new Credit(after, pooled + left).settled();
  }

  /** A holder lets go: what it has not returned is not waited for. */
  Credit letGo(String holder) {
    Share share = shares.get(holder);
    if (share == null) {
      return this;
    }
    long covered = Math.min(pooled, share.outstanding());
    long writtenOff = share.writtenOff() + share.outstanding() - covered;
    TreeMap<String, Share> after = new TreeMap<>(shares);
    after.put(holder, new Share(share.credit(), 0, writtenOff));
    return new Credit(after, pooled - covered).settled();
  }

  /** When nothing is waited for, everybody has answered. */
  private Credit settled() {
    if (outstanding() != 0 || pooled == 0) {
      return this;
    }
    TreeMap<String, Share> after = new TreeMap<>();
    shares.forEach(
        (holder, share) -> after.put(holder, new Share(share.credit(), 0, share.writtenOff())));
    return new Credit(after, 0);
  }
}
