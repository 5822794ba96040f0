package io.faultline.device.above;

import io.faultline.device.above.HostDirectory.Running;
import io.faultline.device.above.HostDirectory.Wanted;
import io.faultline.device.below.Slice;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.TopicsAdmin;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Which hosts are ours, which are others', and how a new one becomes ours. Several instances of
 * device-service run side by side, each with its own slice; a host is at one of them. See
 * docs/decisions/host-ownership.md.
 */
public final class Ownership implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(Ownership.class);
  private static final Duration CATCH_UP = Duration.ofSeconds(30);
  private static final Duration REFRESH = Duration.ofMillis(500);

  /** Whose a host is. */
  public sealed interface Whose {

    record Ours() implements Whose {}

    /** No instance has it: there is no such host. */
    record Nobodys() implements Whose {}

    /**
     * @param running where that slice is run; null if nobody ever said
     */
    record Others(String sliceId, @Nullable Running running) implements Whose {}
  }

  private final Slice slice;
  private final KafkaConnection connection;
  private final TopicsAdmin topics;
  private final Supplier<String> ownUrl;
  private final OtherInstances others;
  private final InstantSource clock;
  private final HostDirectory directory = new HostDirectory();
  private final String instanceId = UUID.randomUUID().toString();
  private final List<Runnable> whenSuperseded = new ArrayList<>();
  private volatile boolean settled;
  private volatile @Nullable Running supersededBy;
  private volatile List<String> lost = List.of();
  private @Nullable HostsTopic topic;
  private volatile boolean started;

  /**
   * @param ownUrl where other instances reach this one, known once the port is bound
   */
  public Ownership(
      Slice slice,
      KafkaConnection connection,
      TopicsAdmin topics,
      Supplier<String> ownUrl,
      OtherInstances others,
      InstantSource clock) {
    this.slice = slice;
    this.connection = connection;
    this.topics = topics;
    this.ownUrl = ownUrl;
    this.others = others;
    this.clock = clock;
  }

  /** What has to stop when another process has taken over our slice. */
  public void whenSuperseded(Runnable stop) {
    whenSuperseded.add(stop);
  }

  /** Begins to read the records, while the rest of the service starts. */
  @Override
  public synchronized void start() {
    if (topic == null) {
      DeviceTopics.ensure(topics);
      topic = new HostsTopic(connection, directory, this::look);
      started = true;
    }
  }

  @Override
  public synchronized void stop() {
    if (topic != null) {
      topic.close();
      topic = null;
      started = false;
    }
  }

  @Override
  public boolean isRunning() {
    return started;
  }

  @Override
  public int getPhase() {
    return 0;
  }

  /**
   * Says where this slice is run and which hosts it has. Called once, when the port is bound.
   *
   * @throws IllegalStateException if another process runs the same slice
   */
  void settle() {
    try {
      if (!topic().awaitCaughtUp(CATCH_UP)) {
        throw new IllegalStateException(
            "the owners of hosts cannot be read from Kafka at "
                + connection.bootstrapServers()
                + " within "
                + CATCH_UP);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the owners of hosts were read");
    }
    refuseCopy();
    Map<String, byte @Nullable []> records = new HashMap<>();
    Running here = new Running(slice.sliceId(), instanceId, ownUrl.get(), clock.instant());
    records.put(slice.sliceId(), HostsTopic.value(here));
    List<String> known = directory.hostsWantedBy(slice.sliceId());
    for (String host : slice.hosts()) {
      if (!known.contains(host)) {
        records.put(HostsTopic.key(host, slice.sliceId()), HostsTopic.value(wanted(host)));
      }
    }
    topic().write(records);
    withdrawLost();
    settled = true;
    look();
  }

  /** A process of an earlier start is gone; one that still answers runs a copy of the slice. */
  private void refuseCopy() {
    Running before = directory.running(slice.sliceId());
    boolean elsewhere = before != null && !before.url().equals(ownUrl.get());
    if (before != null && elsewhere && others.answersAs(before)) {
      throw new IllegalStateException(
          "slice "
              + slice.sliceId()
              + " is run by another process at "
              + before.url()
              + ": its folder was copied; stop that process, or start this one with another"
              + " faultline.slice-dir");
    }
  }

  private void withdrawLost() {
    Map<String, byte @Nullable []> records = new HashMap<>();
    List<String> elsewhere = new ArrayList<>();
    for (String host : directory.hostsWantedBy(slice.sliceId())) {
      if (whose(host) instanceof Whose.Others(String owner, Running running)) {
        records.put(HostsTopic.key(host, slice.sliceId()), null);
        if (slice.hosts().contains(host)) {
          elsewhere.add(host);
          log.error(
              "host {} has devices in this slice, but it is slice {} at {} that has the host; what"
                  + " is here of it is not served",
              host,
              owner,
              running == null ? "an unknown address" : running.url());
        }
      }
    }
    lost = List.copyOf(elsewhere);
    if (!records.isEmpty()) {
      topic().write(records);
    }
  }

  private void look() {
    Running newest = directory.running(slice.sliceId());
    if (settled
        && supersededBy == null
        && newest != null
        && !newest.instanceId().equals(instanceId)) {
      supersededBy = newest;
      log.error(
          "slice {} is run by another process at {} since {}: its folder was copied; this process"
              + " serves nothing any more",
          slice.sliceId(),
          newest.url(),
          newest.since());
      Thread.startVirtualThread(() -> whenSuperseded.forEach(Runnable::run));
    }
  }

  /** Whether it is known who has which host, and our own records are written. */
  public boolean isSettled() {
    return settled;
  }

  /** Where the process is that has taken over our slice; null while that is us. */
  public @Nullable String supersededAt() {
    Running newer = supersededBy;
    return newer == null ? null : newer.url();
  }

  /** Hosts with devices in this slice that another slice has. */
  public List<String> lostHosts() {
    return lost;
  }

  public String instanceId() {
    return instanceId;
  }

  public String sliceId() {
    return slice.sliceId();
  }

  HostDirectory directory() {
    return directory;
  }

  /** Whose a host is, by what was read so far. */
  public Whose whose(String host) {
    String owner = directory.sliceOf(host);
    if (owner == null) {
      return new Whose.Nobodys();
    }
    return owner.equals(slice.sliceId())
        ? new Whose.Ours()
        : new Whose.Others(owner, directory.running(owner));
  }

  /**
   * The same, once everything is read that was written before: another instance may have taken the
   * host a moment ago. By what is known if Kafka does not answer.
   */
  Whose whoseByNow(String host) {
    refresh();
    return whose(host);
  }

  /** Reads what other instances have written up to now. */
  void refresh() {
    if (!topic().catchUp(REFRESH)) {
      log.warn("Kafka does not answer: who has which host is told by what was read before");
    }
  }

  /**
   * Whether it is for this instance to say what becomes of a message about a host: for the owner,
   * and where there is none for one of all.
   */
  public boolean judges(String host) {
    return switch (whose(host)) {
      case Whose.Ours ours -> true;
      case Whose.Others elsewhere -> false;
      case Whose.Nobodys nobodys -> {
        List<String> slices = directory.slices();
        yield slices.isEmpty() || slices.getFirst().equals(slice.sliceId());
      }
    };
  }

  /**
   * Takes a host that nobody has.
   *
   * @return whose it is now
   * @throws org.apache.kafka.common.KafkaException if it cannot be decided now
   */
  Whose take(String host) {
    if (whose(host) instanceof Whose.Nobodys) {
      write(host, HostsTopic.value(wanted(host)));
      if (whose(host) instanceof Whose.Others) {
        write(host, null);
      }
    }
    return whose(host);
  }

  /** Gives a host back that was taken for nothing, or that is forgotten. */
  void giveBack(String host) {
    write(host, null);
  }

  /** Forgets who has a host, whoever that is, and the states of its devices. */
  void forget(String host) {
    new ForgottenStates(connection).forget(host, directory.slicesWanting(host));
    Map<String, byte @Nullable []> records = new HashMap<>();
    for (String owner : directory.slicesWanting(host)) {
      records.put(HostsTopic.key(host, owner), null);
      boolean last = directory.hostsWantedBy(owner).equals(List.of(host));
      if (last && !owner.equals(slice.sliceId())) {
        records.put(owner, null);
      }
    }
    topic().write(records);
  }

  private void write(String host, byte @Nullable [] value) {
    Map<String, byte @Nullable []> record = new HashMap<>();
    record.put(HostsTopic.key(host, slice.sliceId()), value);
    topic().write(record);
  }

  private Wanted wanted(String host) {
    return new Wanted(host, slice.sliceId(), clock.instant());
  }

  private synchronized HostsTopic topic() {
    if (topic == null) {
      throw new IllegalStateException("not started");
    }
    return topic;
  }
}
