package io.faultline.dm.above;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Json;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the tools of a machine print, put together. */
class RealStackTest {

  private static final String LSBLK =
      """
      {"blockdevices":[
        {"name":"nvme0n1","maj:min":"259:0","size":1073741824,"type":"disk","pkname":null,
         "children":[
          {"name":"nvme0n1p1","maj:min":"259:1","size":536870912,"type":"part","pkname":"nvme0n1",
           "children":[{"name":"VG-thin_tdata","maj:min":"253:1","size":1,"type":"lvm",
             "children":[{"name":"VG-pool","maj:min":"253:2","size":1,"type":"lvm"}]}]},
          {"name":"nvme0n1p2","maj:min":"259:2","size":4194304,"type":"part","pkname":"nvme0n1",
           "children":[{"name":"VG-pool","maj:min":"253:2","size":1,"type":"lvm"}]}]},
        {"name":"sdb","maj:min":"8:16","size":1048576,"type":"disk"}]}
      """;

  private static final String TABLE =
      "VG-pool: 0 1024 thin-pool 259:2 253:1 128 0 0 \nVG-thin_tdata: 0 1024 linear 259:1 2048\n";

  private static RealStack stack(String table, String deps) {
    return new RealStack(Json.LENIENT.readTree(LSBLK), table, deps);
  }

  @Test
  void sharedDevicesAreOneAndWhatStandsBelowComesFirst() {
    RealStack stack =
        stack(
            TABLE,
            "VG-pool: 2 dependencies\t: (253, 1) (259, 2)\n"
                + "VG-thin_tdata: 1 dependencies\t: (259, 1)\n");
    assertThat(stack.troubles()).isEmpty();
    assertThat(stack.leaves())
        .extracting(RealStack.Block::name)
        .containsExactly("nvme0n1p1", "nvme0n1p2");
    assertThat(stack.bottomUp())
        .extracting(RealStack.Mapped::name)
        .containsExactly("VG-thin_tdata", "VG-pool");
    assertThat(stack.numbers(stack.bottomUp().getLast()))
        .isEqualTo(Map.of("253:1", "vg-thin_tdata", "259:2", "nvme0n1p2"));
  }

  @Test
  void depsAndTablesMustAgree() {
    assertThat(stack(TABLE, "VG-thin_tdata: 2 dependencies\t: (259, 1) (8, 16)\n").troubles())
        .extracting(RealStack.Trouble::about)
        .containsExactly("VG-thin_tdata");
  }

  @Test
  void anUnknownNumberAndAnUnreadableLineAreNamed() {
    RealStack stack = stack("a: 0 8 linear 9:9 0\nnonsense\n", "");
    assertThat(stack.troubles())
        .extracting(RealStack.Trouble::about)
        .containsExactlyInAnyOrder("a", "dmsetupTable");
  }

  @Test
  void namesThatFallTogetherAreRefused() {
    assertThat(stack("a+b: 0 8 zero\na-b: 0 8 zero\n", "").troubles()).hasSize(1);
  }

  @Test
  void aVdoThatWasMadeByAPathIsFoundByItsDependency() {
    RealStack stack =
        stack(
            "v: 0 800 vdo V4 /dev/disk/by-id/x 100 4096 32768 16380\n",
            "v: 1 dependencies\t: (8, 16)\n");
    assertThat(stack.troubles()).isEmpty();
    assertThat(stack.bottomUp().getFirst().table())
        .isEqualTo("0 800 vdo V4 8:16 100 4096 32768 16380");
  }
}
