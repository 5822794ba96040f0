package io.faultline.notifier.above.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.faultline.notifier.NotifierProperties;
import io.faultline.notifier.above.watch.AddressRule.Checked;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

class AddressRuleTest {

  private static final List<String> INTERNAL =
      List.of(
          "10.0.0.1",
          "172.16.3.4",
          "192.168.1.1",
          "169.254.169.254",
          "100.64.0.1",
          "198.18.0.1",
          "240.0.0.1",
          "fe80::1",
          "fd00::1",
          "64:ff9b::a00:1",
          "::ffff:10.0.0.1",
          "::10.0.0.1",
          "2002:a00:1::1",
          "2001:0:a00:1::1");
  private static final List<String> LOOPBACK = List.of("127.0.0.1", "127.9.9.9", "::1");
  private static final List<String> NOBODY =
      List.of("0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255");
  private static final List<String> EXTERNAL = List.of("8.8.8.8", "2606:4700:4700::1111");

  private final AddressRule strict = new AddressRule(settings(false, false));
  private final AddressRule loopback = new AddressRule(settings(true, false));
  private final AddressRule open = new AddressRule(settings(false, true));

  @Test
  void byDefaultOnlyThePublicNetworkIsCalled() {
    assertThat(EXTERNAL).allSatisfy(address -> assertThat(allows(strict, address)).isTrue());
    for (List<String> refused : List.of(INTERNAL, LOOPBACK, NOBODY)) {
      assertThat(refused).allSatisfy(address -> assertThat(allows(strict, address)).isFalse());
    }
  }

  @Test
  void loopbackAndPrivateAddressesAreAllowedApart() {
    assertThat(LOOPBACK).allSatisfy(address -> assertThat(allows(loopback, address)).isTrue());
    assertThat(INTERNAL).allSatisfy(address -> assertThat(allows(loopback, address)).isFalse());
    assertThat(INTERNAL).allSatisfy(address -> assertThat(allows(open, address)).isTrue());
    assertThat(List.of("0.0.0.0", "::", "224.0.0.1"))
        .allSatisfy(address -> assertThat(allows(open, address)).isFalse());
  }

  @Test
  void aUrlIsCheckedBeforeItIsKept() {
    assertThat(strict.check("https://example.org:8443/hook?a=b")).isInstanceOf(Checked.Ok.class);
    for (String bad :
        new String[] {
          "",
          "example.org/hook",
          "ftp://example.org/",
          "file:///etc/passwd",
          "http://",
          "http:///path",
          "http://127.1/",
          "http://0x7f.1/",
          "http://user:pass@example.org/",
          "http://user@example.org/",
          "http://example.org:99999/",
          "http://example.org:0/",
          "http://exa mple.org/",
          "http://example.org/#fragment",
          "http://" + "a".repeat(3000)
        }) {
      assertThat(strict.check(bad)).as(bad).isInstanceOf(Checked.Malformed.class);
    }
    assertThat(strict.check(null)).isInstanceOf(Checked.Malformed.class);
    for (String inside :
        new String[] {
          "http://localhost/",
          "http://LOCALHOST:8080/",
          "http://a.localhost/",
          "http://127.0.0.1:8080/v1/faults",
          "http://[::1]/",
          "http://[::ffff:10.0.0.1]/",
          "http://10.0.0.1/",
          "http://169.254.169.254/latest/meta-data",
          "http://0.0.0.0/"
        }) {
      assertThat(strict.check(inside)).as(inside).isInstanceOf(Checked.Forbidden.class);
    }
    assertThat(loopback.check("http://localhost:9000/")).isInstanceOf(Checked.Ok.class);
  }

  @Test
  void aNameIsCheckedWhereItLeadsTo() {
    assertThatThrownBy(() -> strict.resolve("localhost"))
        .isInstanceOf(AddressRule.ForbiddenAddressException.class)
        .hasMessageContaining("localhost");
  }

  private static boolean allows(AddressRule rule, String literal) {
    return rule.allows(InetAddress.ofLiteral(literal));
  }

  static NotifierProperties.Webhooks settings(boolean allowLoopback, boolean allowPrivate) {
    return new NotifierProperties.Webhooks(
        allowLoopback,
        allowPrivate,
        Duration.ofSeconds(2),
        Duration.ofSeconds(2),
        Duration.ofSeconds(10),
        DataSize.ofKilobytes(256),
        100);
  }
}
