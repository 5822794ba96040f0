package io.faultline.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.ranges.testing.Seeds;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UlidsTest {

  private static final Instant NOW = Instant.parse("2026-11-20T08:00:00.123Z");

  @Test
  void anIdentityIsTheHostAnd26LettersOfCrockfordsAlphabet() {
    Seeds.forAll(
        20,
        gen -> {
          Instant now = Instant.ofEpochMilli(gen.between(0, (1L << 48) - 1));
          assertThat(new Ulids(now, gen.between(Long.MIN_VALUE, Long.MAX_VALUE)).next("h1"))
              .matches("h1:[0-7][0-9A-HJKMNP-TV-Z]{25}");
        });
  }

  @Test
  void theFirstTenLettersAreTheTime() {
    // The example of the ULID specification.
    assertThat(new Ulids(Instant.ofEpochMilli(1469918176385L), 1).nextUlid())
        .startsWith("01ARYZ6S41");
    assertThat(new Ulids(Instant.EPOCH, 1).nextUlid()).startsWith("0000000000");
    assertThat(new Ulids(Instant.ofEpochMilli((1L << 48) - 1), 1).nextUlid())
        .startsWith("7ZZZZZZZZZ");
  }

  @Test
  void theSameInputMakesTheSameIdentities() {
    Seeds.forAll(
        5,
        gen -> {
          long seed = gen.anyLong();
          Ulids first = new Ulids(NOW, seed);
          Ulids again = new Ulids(NOW, seed);
          for (int i = 0; i <= gen.size(); i++) {
            assertThat(first.next("h")).isEqualTo(again.next("h"));
          }
        });
  }

  @Test
  void identitiesSortByTime() {
    Seeds.forAll(
        30,
        gen -> {
          long early = gen.between(0, (1L << 48) - 2);
          long late = gen.between(early + 1, (1L << 48) - 1);
          assertThat(new Ulids(Instant.ofEpochMilli(early), gen.anyLong()).nextUlid())
              .isLessThan(new Ulids(Instant.ofEpochMilli(late), gen.anyLong()).nextUlid());
        });
  }

  @Test
  void oneInputMakesAsManyAsItLikesAllDifferentAndAscending() {
    for (long seed : new long[] {0, 1, -1, 4711, Long.MIN_VALUE}) {
      Ulids ulids = new Ulids(NOW, seed);
      String last = "";
      for (int i = 0; i < 200_000; i++) {
        String next = ulids.nextUlid();
        assertThat(next.compareTo(last)).as("identity %s of seed %s", i, seed).isPositive();
        last = next;
      }
    }
  }

  @Test
  void manyInputsOfOneMillisecondMakeDifferentIdentities() {
    Set<String> seen = new HashSet<>();
    for (long seed = -100_000; seed < 100_000; seed++) {
      Ulids ulids = new Ulids(NOW, seed);
      assertThat(seen.add(ulids.nextUlid())).isTrue();
      assertThat(seen.add(ulids.nextUlid())).isTrue();
    }
    // Seeds that count on a distance are what partitions and offsets look like.
    for (long seed = 1; seed < 100_000; seed++) {
      assertThat(seen.add(new Ulids(NOW, seed << 32).nextUlid())).isTrue();
    }
  }
}
