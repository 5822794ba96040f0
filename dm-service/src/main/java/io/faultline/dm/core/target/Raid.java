package io.faultline.dm.core.target;

import io.faultline.ranges.Extents;
import io.faultline.ranges.RangeConsumer;
import io.faultline.ranges.SectorRange;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code raid <type> <#parameters> <chunk> [<parameters>] <#members> [<metadata device>
 * <device>]...} with {@code -} for a device that is not there: a set as MD keeps it. The kernel's
 * {@code drivers/md/dm-raid.c}.
 *
 * <p>Superblocks are not read: the line is believed. A member whose superblock or bitmap is bad is
 * thrown out by MD, so it counts as bad as a whole.
 */
final class Raid implements Target {

  private static final int MAX_MEMBERS = 253;
  private static final int MAX_MEMBER_WORDS = 254;
  private static final int SUPERBLOCK_SECTORS = 8;
  private static final int BITMAP_HEADER_BYTES = 256;
  private static final int SECTOR_BYTES = 512;
  private static final String ABSENT = "-";
  private static final String FORM =
      "the arguments are: type #parameters chunk [parameters] #members, then a metadata device and"
          + " a device for each member, or - for one that is not there";

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "raid";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          ArgumentCursor words = new ArgumentCursor(arguments);
          String typeWord = words.shift();
          if (typeWord == null) {
            return Parsed.invalid("No arguments", FORM);
          }
          RaidType type = RaidType.byWord(typeWord);
          if (type == null) {
            return Parsed.invalid("Unrecognised raid_type", "there is no type " + typeWord);
          }
          long parameters = words.readGroup(0, arguments.count());
          if (parameters == Arguments.NO_NUMBER) {
            return Parsed.invalid("Cannot understand number of raid parameters", FORM);
          }
          ArgumentCursor behind = new ArgumentCursor(arguments, 2 + (int) parameters);
          long most = Math.min((behind.left() - 1) / 2, MAX_MEMBER_WORDS);
          long members = behind.read(1, Math.max(most, 0));
          if (members == Arguments.NO_NUMBER) {
            return Parsed.invalid("Cannot understand number of raid devices parameters", FORM);
          }
          if (members > MAX_MEMBERS) {
            return Parsed.invalid(
                "Invalid number of supplied raid devices", "a set has 253 members at most");
          }
          if (members <= type.parityMembers) {
            return Parsed.invalid(
                "Insufficient number of devices", "there is one more than of parity at least");
          }
          RaidParameters read = new RaidParameters(type, (int) members, sectorCount);
          Parsed refused = read.read(words, (int) parameters);
          if (refused != null) {
            return refused;
          }
          // The number of members stands between, and was read already.
          words.shift();
          return new Builder(type, read, (int) members, sectorCount).build(words);
        }
      };

  private final RaidType type;
  private final long sectorCount;
  private final String arguments;
  private final List<Leg> legs;
  private final RaidLayout layout;

  /** For each leg the member it belongs to; negative for none. */
  private final int[] memberOf;

  /** For each member the leg with its data; negative for none. */
  private final int[] dataLegs;

  private final BitSet rebuild;
  private final long regionSectors;

  private Raid(Builder built, RaidLayout layout, String arguments) {
    this.type = built.type;
    this.sectorCount = built.sectorCount;
    this.arguments = arguments;
    this.legs = List.copyOf(built.legs);
    this.layout = layout;
    this.memberOf = built.legMembers.stream().mapToInt(Integer::intValue).toArray();
    this.dataLegs = built.dataLegs;
    this.rebuild = built.parameters.rebuild();
    this.regionSectors = built.parameters.regionSectors();
  }

  /** Reads the members. */
  private static final class Builder {
    private final RaidType type;
    private final RaidParameters parameters;
    private final int members;
    private final long sectorCount;
    private final List<Leg> legs = new ArrayList<>();
    private final List<Integer> legMembers = new ArrayList<>();
    private final int[] dataLegs;
    private final List<String> metadata = new ArrayList<>();
    private final List<String> data = new ArrayList<>();
    private final BitSet missing = new BitSet();

    Builder(RaidType type, RaidParameters parameters, int members, long sectorCount) {
      this.type = type;
      this.parameters = parameters;
      this.members = members;
      this.sectorCount = sectorCount;
      this.dataLegs = new int[members];
    }

    Parsed build(ArgumentCursor words) {
      for (int i = 0; i < members; i++) {
        Parsed refused = readMember(i, words);
        if (refused != null) {
          return refused;
        }
      }
      boolean hasMetadata = metadata.stream().anyMatch(word -> !word.equals(ABSENT));
      long memberSectors = memberSectors();
      if (memberSectors < 0) {
        return Parsed.invalid(
            "Target length not divisible by number of data devices",
            sectorCount + " sectors do not fit " + members + " members");
      }
      if (missing.cardinality() == members) {
        return Parsed.invalid("Invalid rdev size", "one member is there at least");
      }
      RaidLayout layout = layout(memberSectors);
      if (!canRun(layout)) {
        return Parsed.invalid(
            hasMetadata ? "Insufficient redundancy to activate array" : "Failed to run raid array",
            "too many members are not there or to be rebuilt");
      }
      addLegs(memberSectors);
      return new Parsed.Ok(new Raid(this, layout, text()));
    }

    private @Nullable Parsed readMember(int member, ArgumentCursor words) {
      String metadataWord = words.shift();
      String dataWord = words.shift();
      if (metadataWord == null || dataWord == null) {
        return Parsed.invalid("Cannot understand number of raid devices parameters", FORM);
      }
      String metadataName = ABSENT;
      if (!metadataWord.equals(ABSENT)) {
        switch (words.device(metadataWord)) {
          case DeviceLookup.Answer.Found(String name) -> metadataName = name;
          case DeviceLookup.Answer.NotFound none -> {
            return new Parsed.Refused(
                "RAID metadata device lookup failure", none.errno(), none.explanation());
          }
        }
      }
      metadata.add(metadataName);
      if (dataWord.equals(ABSENT)) {
        if (parameters.rebuild().get(member)) {
          return Parsed.invalid("Drive designated for rebuild not specified", FORM);
        }
        if (!metadataName.equals(ABSENT)) {
          return Parsed.invalid("No data device supplied with metadata device", FORM);
        }
        missing.set(member);
        data.add(ABSENT);
        return null;
      }
      switch (words.device(dataWord)) {
        case DeviceLookup.Answer.Found(String name) -> data.add(name);
        case DeviceLookup.Answer.NotFound none -> {
          return new Parsed.Refused("RAID device lookup failure", none.errno(), none.explanation());
        }
      }
      return null;
    }

    /** How many sectors of each member are used; negative if that is no whole number. */
    private long memberSectors() {
      if (type.level == 1) {
        return sectorCount;
      }
      int dataMembers = members - type.parityMembers;
      long sectors = sectorCount;
      if (type.level == 10) {
        if (sectors > Long.MAX_VALUE / parameters.copies()) {
          return -1;
        }
        sectors *= parameters.copies();
      }
      if (sectors % dataMembers != 0) {
        return -1;
      }
      long ofMember = sectors / dataMembers;
      return type.level == 10 && ofMember * dataMembers % parameters.copies() != 0 ? -1 : ofMember;
    }

    private RaidLayout layout(long memberSectors) {
      long chunk = parameters.chunkSectors();
      if (type.algorithm != null) {
        return new ParityLayout(
            type.algorithm, members, type.parityMembers, chunk, memberSectors, missing);
      }
      return switch (type.level) {
        case 0 -> new StripeLayout(members, chunk, memberSectors);
        case 1 -> CopyLayout.mirror(members, memberSectors, missing, avoided());
        default ->
            CopyLayout.raid10(
                parameters.form(),
                members,
                parameters.copies(),
                chunk,
                memberSectors,
                parameters.setMembers(),
                missing);
      };
    }

    private BitSet avoided() {
      BitSet avoided = (BitSet) parameters.writeMostly().clone();
      avoided.or(parameters.rebuild());
      return avoided;
    }

    /** Whether every sector can be read without those that are missing or to be rebuilt. */
    private boolean canRun(RaidLayout layout) {
      BitSet without = (BitSet) missing.clone();
      without.or(parameters.rebuild());
      return switch (layout) {
        case StripeLayout stripes -> without.isEmpty();
        case ParityLayout parity -> without.cardinality() <= type.parityMembers;
        case CopyLayout copies -> !copies.allCopiesOn(without);
      };
    }

    private void addLegs(long memberSectors) {
      for (int i = 0; i < members; i++) {
        dataLegs[i] = missing.get(i) ? -1 : legs.size();
        if (!missing.get(i)) {
          legs.add(new Leg(data.get(i), 0, memberSectors));
          legMembers.add(i);
        }
      }
      for (int i = 0; i < members; i++) {
        if (!metadata.get(i).equals(ABSENT)) {
          legs.add(Leg.whole(metadata.get(i), LegRole.METADATA));
          legMembers.add(i);
        }
      }
      String journal = parameters.journalDevice();
      if (journal != null) {
        legs.add(Leg.whole(journal, LegRole.LOG));
        legMembers.add(-1);
      }
    }

    private String text() {
      StringBuilder text = new StringBuilder(type.word());
      text.append(' ').append(parameters.text()).append(' ').append(members);
      for (int i = 0; i < members; i++) {
        text.append(' ').append(metadata.get(i)).append(' ').append(data.get(i));
      }
      return text.toString();
    }
  }

  /** Superblock and bitmap; the rest of a metadata device is not used. */
  private long metadataSectors() {
    if (type == RaidType.RAID0) {
      return SUPERBLOCK_SECTORS;
    }
    long regions = memberSectors() / Math.max(regionSectors, 1) + 1;
    long bytes = BITMAP_HEADER_BYTES + (regions + 7) / 8;
    return SUPERBLOCK_SECTORS + (bytes + SECTOR_BYTES - 1) / SECTOR_BYTES;
  }

  private long memberSectors() {
    return legs.getFirst().sectorCount();
  }

  @Override
  public long sectorCount() {
    return sectorCount;
  }

  @Override
  public String arguments() {
    return arguments;
  }

  @Override
  public List<Leg> legs() {
    return legs;
  }

  @Override
  public void forward(long offset, long count, ForwardConsumer out) {
    long usable = layout.usableSectors();
    long reachable = Math.max(0, Math.min(count, usable - offset));
    if (reachable > 0) {
      layout.forward(
          offset,
          reachable,
          new RaidLayout.PieceConsumer() {
            @Override
            public void piece(long from, long sectors, int member, long memberOffset) {
              out.piece(from, sectors, deviceOf(member), memberOffset);
            }

            @Override
            public void copy(long from, long sectors, int member, long memberOffset) {
              out.alternative(from, sectors, deviceOf(member), memberOffset);
            }

            @Override
            public void reconstructed(long from, long sectors) {
              out.hole(from, sectors, HoleKind.RECONSTRUCTED);
            }
          });
    }
    if (reachable < count) {
      out.hole(offset + reachable, count - reachable, HoleKind.ERROR);
    }
  }

  private String deviceOf(int member) {
    return legs.get(dataLegs[member]).device();
  }

  @Override
  public void inverse(int leg, long legOffset, long count, RangeConsumer out) {
    if (legs.get(leg).role() == LegRole.DATA) {
      layout.inverse(memberOf[leg], legOffset, count, out);
    }
  }

  /** Without redundancy and without superblocks each range stands for itself. */
  @Override
  public boolean joint() {
    return redundant() || legs.stream().anyMatch(leg -> leg.role() == LegRole.METADATA);
  }

  @Override
  public boolean redundant() {
    return type != RaidType.RAID0;
  }

  @Override
  public List<Integer> outOfStepLegs() {
    return rebuild.stream().mapToObj(member -> dataLegs[member]).toList();
  }

  @Override
  public void answer(List<Extents> bad, List<Extents> absent, EffectConsumer out) {
    layout.answer(byMember(bad), byMember(absent), out);
  }

  @Override
  public void support(int leg, long legOffset, long count, RangeConsumer out) {
    int member = memberOf[leg];
    if (legs.get(leg).role() == LegRole.DATA) {
      layout.support(member, legOffset, count, out);
    } else if (member >= 0 && legOffset < metadataSectors()) {
      layout.support(member, 0, memberSectors(), out);
    }
  }

  @Override
  public void rebuild(
      int leg, long legOffset, long count, List<Extents> gone, Recipe.Consumer out) {
    if (legs.get(leg).role() == LegRole.DATA) {
      layout.rebuild(
          memberOf[leg], legOffset, count, byMember(gone), recipe -> out.accept(ofLegs(recipe)));
    }
  }

  @Override
  public void reconstruct(long offset, long count, List<Extents> gone, Recipe.Consumer out) {
    long reachable = Math.min(count, layout.usableSectors() - offset);
    if (reachable > 0) {
      layout.reconstruct(offset, reachable, byMember(gone), recipe -> out.accept(ofLegs(recipe)));
    }
  }

  @Override
  public void checks(long offset, long count, CheckConsumer out) {
    long reachable = Math.min(count, layout.usableSectors() - offset);
    if (reachable > 0) {
      layout.checks(
          offset,
          reachable,
          (from, sectors, member, memberOffset, factor, summands) -> {
            if (dataLegs[member] >= 0) {
              out.check(from, sectors, dataLegs[member], memberOffset, factor, summands);
            }
          });
    }
  }

  /** With parity there is more to do than to write the places, but it can be done. */
  @Override
  public boolean writable(long offset, long count) {
    return true;
  }

  private Recipe ofLegs(Recipe ofMembers) {
    return new Recipe(
        ofMembers.legOffset(),
        ofMembers.sectorCount(),
        ofMembers.ingredients().stream()
            .map(of -> new Recipe.Ingredient(dataLegs[of.leg()], of.legOffset(), of.factor()))
            .toList());
  }

  private List<Extents> byMember(List<Extents> byLeg) {
    List<Extents> byMember = new ArrayList<>();
    for (int leg : dataLegs) {
      byMember.add(leg < 0 ? Extents.EMPTY : byLeg.get(leg));
    }
    SectorRange used = new SectorRange(0, metadataSectors());
    for (int leg = 0; leg < legs.size(); leg++) {
      if (legs.get(leg).role() == LegRole.METADATA && byLeg.get(leg).intersects(used)) {
        byMember.set(memberOf[leg], Extents.of(0, memberSectors()));
      }
    }
    return byMember;
  }

  @Override
  public ByteAccess bytes() {
    return type.hasParity() ? ByteAccess.READ : ByteAccess.READ_WRITE;
  }

  @Override
  public boolean directAccess() {
    return false;
  }
}
