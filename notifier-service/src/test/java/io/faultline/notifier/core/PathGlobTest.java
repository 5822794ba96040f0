package io.faultline.notifier.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class PathGlobTest {

  @Test
  void oneStarStaysWithinAFolderAndTwoCrossIt() {
    assertThat(new PathGlob("/db/*.wal").matches("/db/0001.wal")).isTrue();
    assertThat(new PathGlob("/db/*.wal").matches("/db/old/0001.wal")).isFalse();
    assertThat(new PathGlob("/db/**.wal").matches("/db/old/0001.wal")).isTrue();
    assertThat(new PathGlob("/db/**").matches("/db/")).isTrue();
    assertThat(new PathGlob("/db/?").matches("/db/a")).isTrue();
    assertThat(new PathGlob("/db?a").matches("/db/a")).isFalse();
    assertThat(new PathGlob("**").matches("")).isTrue();
    assertThat(new PathGlob("a.c").matches("abc")).isFalse();
  }

  @Test
  void itSaysTheSameAsARegularExpressionOverAllShortPaths() {
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      String glob = text(random, "a/*?", 6) + "a";
      String path = text(random, "a/b", 8);
      Pattern regex =
          Pattern.compile(
              glob.replace("**", "\0")
                  .replace("*", "[^/]*")
                  .replace("\0", ".*")
                  .replace("?", "[^/]"));
      assertThat(new PathGlob(glob).matches(path))
          .as("%s on %s", glob, path)
          .isEqualTo(regex.matcher(path).matches());
    }
  }

  @Test
  void aPatternMadeToBeSlowIsNot() {
    String path = "a".repeat(4096);

    assertThat(new PathGlob("*a".repeat(300) + "b").matches(path)).isFalse();
  }

  @Test
  void emptyAndEndlessPatternsAreRefused() {
    assertThatThrownBy(() -> new PathGlob("")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new PathGlob("*".repeat(1025)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static String text(Random random, String letters, int longest) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(longest + 1); i > 0; i--) {
      text.append(letters.charAt(random.nextInt(letters.length())));
    }
    return text.toString();
  }
}
