package io.faultline.dm.core;

import io.faultline.dm.core.map.BlockMap;
import io.faultline.dm.core.target.Importable;
import io.faultline.dm.core.target.PoolMember;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Gives the targets of tables the maps that were imported for them: a volume's own, or that of the
 * pool which a thin volume is a member of.
 *
 * @param liveTables of volumes, before they are bound
 * @param maps of volumes, as far as they were imported
 */
record MapBinding(
    Function<String, @Nullable Table> liveTables,
    Function<String, @Nullable BlockMap> maps,
    ToLongFunction<String> sectorsOf) {

  Table bind(String volume, Table table) {
    BlockMap own = maps.apply(volume);
    Importable importable = table.importable();
    return table.withTargets(
        target -> {
          if (target == importable && own != null) {
            return importable.imported(own, sectorsOf);
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
}
