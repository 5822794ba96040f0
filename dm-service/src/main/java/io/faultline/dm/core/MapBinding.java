package io.faultline.dm.core;

import io.faultline.dm.core.map.BlockMap;
import io.faultline.dm.core.target.Importable;
import io.faultline.dm.core.target.PoolMember;
import io.faultline.dm.core.target.Target;
import io.faultline.dm.core.target.WritesBack;
import io.faultline.ranges.Extents;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Gives the targets of tables the maps that were imported for them: a volume's own, or that of the
 * pool which a thin volume is a member of.
 *
 * @param liveTables of volumes, before they are bound
 * @param maps of volumes, as far as they were imported
 * @param mappings what was imported, by volume
 * @param written what was written back since, by volume
 */
record MapBinding(
    Function<String, @Nullable Table> liveTables,
    Function<String, @Nullable BlockMap> maps,
    Function<String, @Nullable DmFact> mappings,
    Function<String, Extents> written,
    ToLongFunction<String> sectorsOf) {

  Table bind(String volume, Table table) {
    Importable importable = table.importable();
    BlockMap own = importable != null && fits(volume, importable) ? maps.apply(volume) : null;
    return table.withTargets(
        target -> {
          if (importable != null && target == importable && own != null) {
            Target imported = importable.imported(own, sectorsOf);
            Extents since = written.apply(volume);
            return since.isEmpty() || !(imported instanceof WritesBack cache)
                ? imported
                : cache.writtenBack(since);
          }
          if (target instanceof PoolMember member) {
            Table pool = liveTables.apply(member.pool());
            BlockMap map = maps.apply(member.pool());
            return member.bound(
                pool == null ? null : pool.soleTarget(), map == null ? BlockMap.EMPTY : map);
          }
          return target;
        });
  }

  /** A table in the inactive slot may be one of another shape. */
  private boolean fits(String volume, Importable target) {
    return mappings.apply(volume) instanceof DmFact.Mappings imported
        && imported.form() == target.form()
        && imported.blockSectors() == target.blockSectors();
  }
}
