package io.faultline.notifier.core;

import io.faultline.events.Cause;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A query for fault cases, put together field by field. */
final class Asked {

  private Set<CaseState> states = Set.of();
  private Set<Cause> causes = Set.of();
  private Set<String> devices = Set.of();
  private Set<String> volumes = Set.of();
  private Set<String> filesystems = Set.of();
  private @Nullable Severity severity;
  private Set<String> paths = Set.of();
  private @Nullable Instant since;
  private @Nullable Instant until;

  Asked state(CaseState... wanted) {
    states = Set.of(wanted);
    return this;
  }

  Asked cause(Cause... wanted) {
    causes = Set.of(wanted);
    return this;
  }

  Asked device(String... wanted) {
    devices = Set.of(wanted);
    return this;
  }

  Asked volume(String... wanted) {
    volumes = Set.of(wanted);
    return this;
  }

  Asked filesystem(String... wanted) {
    filesystems = Set.of(wanted);
    return this;
  }

  Asked severity(Severity least) {
    severity = least;
    return this;
  }

  Asked path(String... wanted) {
    paths = Set.of(wanted);
    return this;
  }

  Asked between(@Nullable Instant from, @Nullable Instant to) {
    since = from;
    until = to;
    return this;
  }

  FaultQuery query() {
    return new FaultQuery(
        states, causes, devices, volumes, filesystems, severity, paths, since, until);
  }
}
