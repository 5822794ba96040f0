package io.faultline.dm.core.target;

import java.util.List;

/**
 * A way to make sectors of a leg again out of other legs: each sector is the sum, in {@link
 * Galois}, of the ingredients' sectors, each times its factor. A copy has one ingredient with
 * factor 1.
 *
 * @param legOffset where the sectors lie on the leg that they are made for
 */
public record Recipe(long legOffset, long sectorCount, List<Ingredient> ingredients) {

  /**
   * @param leg that is read
   * @param legOffset the first sector that is read there; as many as the recipe makes
   * @param factor from 1 to 255
   */
  public record Ingredient(int leg, long legOffset, int factor) {}

  /** Takes recipes; for one sector the ones that come first are to be tried first. */
  @FunctionalInterface
  public interface Consumer {
    void accept(Recipe recipe);
  }

  /** The same sectors out of another place. */
  static Recipe copy(long legOffset, long sectorCount, int leg, long from) {
    return new Recipe(legOffset, sectorCount, List.of(new Ingredient(leg, from, 1)));
  }
}
