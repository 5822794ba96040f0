package io.faultline.dm.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Cause;
import io.faultline.events.Ulids;
import io.faultline.ranges.Extents;
import io.faultline.ranges.testing.Gen;
import io.faultline.ranges.testing.Seeds;
import io.faultline.runtime.core.Fact;
import io.faultline.runtime.core.Stamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BadSetTest {

  private static final String PREFIX = Keys.badOfDevice("pmem0");
  private static final BadSet.Key KEY = new BadSet.Key("pmem0", "local:fault");

  private final DmState state = new DmState("local");

  @Test
  void whatIsWrittenIsReadAgainWhateverStoodThereBefore() {
    Seeds.forAll(
        1,
        12,
        gen -> {
          Extents before = write(Extents.EMPTY, sparse(gen, gen.below(40_000)));
          Extents after = before;
          for (int i = 0; i < 5; i++) {
            Extents change = sparse(gen, gen.below(20_000));
            after = write(after, gen.flip() ? after.subtract(change) : after.union(change));
          }
          write(after, Extents.EMPTY);
          assertThat(draft().scan(PREFIX)).isEmpty();
        });
  }

  @Test
  void aHealedSectorRewritesThePartThatItIsInAndNoOther() {
    Extents.Builder all = Extents.builder();
    for (int i = 0; i < 200_000; i++) {
      all.add(10L * i, 2);
    }
    Extents bad = write(Extents.EMPTY, all.build());
    int facts = draft().scan(PREFIX).size();
    assertThat(facts).isGreaterThan(200_000 / Limits.MAX_FACT_RANGES);
    for (long sector = 0; sector < 2_000_000; sector += 130_001) {
      Draft draft = draft();
      Extents healed = bad.subtract(Extents.of(sector / 10 * 10, 1));
      BadSet.write(draft, PREFIX, KEY, Cause.MEDIA_ERROR, bad, healed);
      assertThat(draft.done().facts()).hasSizeBetween(1, 2);
    }
  }

  private Extents write(Extents before, Extents after) {
    Draft draft = draft();
    BadSet.write(draft, PREFIX, KEY, Cause.MEDIA_ERROR, before, after);
    List<Fact<DmFact>> facts = new ArrayList<>(draft.done().facts());
    facts.forEach(state::apply);
    assertThat(BadSet.read(draft(), PREFIX).ranges(KEY)).isEqualTo(after);
    return after;
  }

  private static Extents sparse(Gen gen, int ranges) {
    Extents.Builder sparse = Extents.builder();
    for (int i = 0; i < ranges; i++) {
      sparse.add(gen.between(0, 1_000_000), 1 + gen.below(3));
    }
    return sparse.build();
  }

  private Draft draft() {
    Instant now = Instant.EPOCH;
    return new Draft(state, new Stamp(now, "local", new Ulids(now, 1), "slice", 0));
  }
}
