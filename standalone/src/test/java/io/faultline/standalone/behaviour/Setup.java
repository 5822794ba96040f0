package io.faultline.standalone.behaviour;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Carries a case's set-up out, line by line. A line that it does not know fails the case. */
final class Setup {

  private static final int PAGE = Placement.PAGE;

  /** What is known of a line. */
  private record Rule(Pattern pattern, Action action) {}

  /** What a line means. */
  @FunctionalInterface
  private interface Action {
    void run(MatchResult line);
  }

  private final Machine machine;
  private final Losses losses;
  private final FileCalls files;
  private final List<Rule> rules = new ArrayList<>();

  /** What happens once the processes have mapped their files. */
  private final List<Runnable> afterMapping = new ArrayList<>();

  private boolean made;

  Setup(Machine machine, Losses losses) {
    this.machine = machine;
    this.losses = losses;
    this.files = machine.files;
    rule("(dmsetup create|mkfs\\.xfs|printf 'label|chmod|ndctl) ?.*", line -> {});
    rule("mount -t xfs .*", line -> mount());
    rule("umount /mnt/x; mount .*", line -> remount());
    rule("umount /mnt/x", line -> machine.ofFilesystem("unmount").mustSucceed());
    rule(
        "write (\\d+) pages .*of text \"(.*)\" to (\\S+), fsync",
        line -> write(line.group(3), line.group(2), Integer.parseInt(line.group(1)) * PAGE));
    rule(
        "write (\\d+) pages to (/(\\w+)), no fsync",
        line -> write(line.group(2), line.group(3) + ".", Integer.parseInt(line.group(1)) * PAGE));
    rule(
        "write (\\d+) pages to the realtime file (\\S+), fsync",
        line -> write(line.group(2), "f.", Integer.parseInt(line.group(1)) * PAGE));
    rule("cp --reflink=always /mnt/x(\\S+) /mnt/x(\\S+) && sync", this::reflink);
    rule("xfs_io -c 'pwrite -q (\\d+)k (\\d+)k' /mnt/x(\\S+) && sync", this::overwrite);
    rule(
        "xfs_io -f -c 'extsize 2m' -c 'pwrite -q -S 0x41 -b 2m 0 8m' -c fsync /mnt/x(\\S+)",
        line -> write(line.group(1), "A", 8 << 20));
    rule("xfs_io -f -c 'falloc 0 (\\d+)k' -c fsync /mnt/x(\\S+)", this::allocate);
    rule("xfs_io -f -c 'chattr \\+r' /mnt/x(\\S+)", this::makeRealtime);
    rule("mkdir /mnt/x(\\S+) && xfs_io -c 'chattr \\+x' .*", this::makeDaxDirectory);
    rule(
        "mkdir /mnt/x(/\\w+); for i in \\$\\(seq 1 (\\d+)\\); do : > /mnt/x\\S+/(\\S+)\\$i; .*",
        this::fill);
    rule("setxattr (\\S+) (\\d+) bytes on (\\S+)", this::setXattr);
    rule(
        "rm /mnt/x(\\S+)",
        line -> {
          String path = line.group(1);
          afterMapping.add(() -> files.unlink(path).mustSucceed());
        });
    rule(
        "xfs_freeze -f .*",
        line -> afterMapping.add(() -> machine.ofFilesystem("freeze").mustSucceed()));
    rule("background process: loop of open/pwrite.*", line -> busyWriter());
    rule("dd if=/dev/urandom of=/dev/(\\w+) .*", this::fillDevice);
  }

  private void rule(String pattern, Action action) {
    rules.add(new Rule(Pattern.compile(pattern, Pattern.DOTALL), action));
  }

  void run(String line) {
    for (Rule rule : rules) {
      Matcher matcher = rule.pattern().matcher(line);
      if (matcher.matches()) {
        rule.action().run(matcher.toMatchResult());
        return;
      }
    }
    throw new AssertionError("a line of a set-up that nobody knows: " + line);
  }

  void afterMapping() {
    afterMapping.forEach(Runnable::run);
  }

  private void mount() {
    if (made) {
      machine.ofFilesystem("mount").mustSucceed();
    } else {
      machine.makeFilesystem();
      made = true;
    }
  }

  private void remount() {
    machine.ofFilesystem("unmount").mustSucceed();
    machine.ofFilesystem("mount").mustSucceed();
  }

  static String text(String pattern, int length) {
    return pattern.repeat(length / pattern.length() + 1).substring(0, length);
  }

  private void write(String path, String pattern, int length) {
    if (!made) {
      // Where the set-up does not say that it mounted, it did.
      mount();
    }
    String bytes = text(pattern, length);
    files.create(path, bytes).mustSucceed();
  }

  private void makeRealtime(MatchResult line) {
    files.create(line.group(1), "").mustSucceed();
    files.change(line.group(1), "realtime", "{\"realtime\":true}").mustSucceed();
  }

  private void makeDaxDirectory(MatchResult line) {
    files.makeDirectory(line.group(1)).mustSucceed();
    files.change(line.group(1), "dax", "{\"dax\":true}").mustSucceed();
  }

  private void reflink(MatchResult line) {
    files.change(line.group(1), "reflink", "{\"to\":\"" + line.group(2) + "\"}").mustSucceed();
    losses.share(line.group(1), line.group(2));
  }

  private void overwrite(MatchResult line) {
    long offset = Long.parseLong(line.group(1)) << 10;
    int length = Integer.parseInt(line.group(2)) << 10;
    files.write(line.group(3), offset, text("\u00cd", length)).mustSucceed();
    losses.rewrite(line.group(3), offset);
  }

  private void allocate(MatchResult line) {
    long length = Long.parseLong(line.group(1)) << 10;
    files.create(line.group(2), "").mustSucceed();
    files
        .change(line.group(2), "allocate", "{\"offsetBytes\":0,\"lengthBytes\":" + length + "}")
        .mustSucceed();
    losses.unwritten(line.group(2));
  }

  private void fill(MatchResult line) {
    files.makeDirectory(line.group(1)).mustSucceed();
    int count = Integer.parseInt(line.group(2));
    for (int i = 1; i <= count; i++) {
      files.create(line.group(1) + "/" + line.group(3) + i, "").mustSucceed();
    }
  }

  private void setXattr(MatchResult line) {
    String value = "v".repeat(Integer.parseInt(line.group(2)));
    files.setXattr(line.group(3), line.group(1), value).mustSucceed();
  }

  /** Writes until the filesystem takes no more. */
  private void busyWriter() {
    afterMapping.add(
        () ->
            Thread.ofVirtual()
                .start(
                    () -> {
                      for (int i = 0; i < 1000; i++) {
                        if (!files.create("/busy" + i % 7, "w".repeat(1 << 16)).isSuccess()) {
                          return;
                        }
                      }
                    }));
  }

  private void fillDevice(MatchResult line) {
    machine
        .rest
        .send(
            "PUT",
            "devices/" + line.group(1) + "/data?sector=0",
            "application/octet-stream",
            text("device data ", 1 << 16))
        .mustSucceed();
  }
}
