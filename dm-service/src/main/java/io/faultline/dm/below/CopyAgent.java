package io.faultline.dm.below;

import io.faultline.dm.below.LeafData.UnreachableException;
import io.faultline.dm.core.Answers;
import io.faultline.dm.core.DmCommand;
import io.faultline.events.Json;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.CommandGateway;
import io.faultline.runtime.Reply;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Copies what the core says is to be copied, on the instance that owns the host. It keeps nothing:
 * it asks for a step, carries it out, and says so; after a crash the next owner asks for the same
 * step again.
 */
public final class CopyAgent implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(CopyAgent.class);
  private static final Duration POLL = Duration.ofMillis(20);
  private static final int NO_CONTENT = 204;
  private static final int CONFLICT = 409;

  private record Work(String host, String volume) {}

  private final CopyBoard board;
  private final CommandGateway<DmCommand> gateway;
  private final StepCopier copier;
  private final HostTurns turns;
  private final CopySettings settings;
  private final Semaphore steps;
  private final Map<Work, Thread> runs = new ConcurrentHashMap<>();
  private volatile boolean running;

  public CopyAgent(
      CopyBoard board,
      CommandGateway<DmCommand> gateway,
      LeafData data,
      HostTurns turns,
      CopySettings settings) {
    this.board = board;
    this.gateway = gateway;
    this.copier = new StepCopier(data);
    this.turns = turns;
    this.settings = settings;
    this.steps = new Semaphore(settings.atOnce());
  }

  @Override
  public void start() {
    running = true;
    board.onChange(this::look);
    look();
  }

  @Override
  public void stop() {
    running = false;
    runs.values().forEach(Thread::interrupt);
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  private void look() {
    if (!running) {
      return;
    }
    for (Map.Entry<String, Set<String>> host : board.all().entrySet()) {
      for (String volume : host.getValue()) {
        Work work = new Work(host.getKey(), volume);
        runs.computeIfAbsent(
            work,
            any ->
                Thread.ofVirtual()
                    .name("faultline-copy-" + work.host() + "-" + work.volume())
                    .start(() -> run(work)));
      }
    }
  }

  private void run(Work work) {
    try {
      while (isWanted(work)) {
        copyAll(work);
        // The last answer may be ahead of what the board has seen.
        Thread.sleep(POLL);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      log.error("copying below {} of {} ended", work.volume(), work.host(), e);
    } finally {
      runs.remove(work);
    }
    if (isWanted(work)) {
      look();
    }
  }

  private boolean isWanted(Work work) {
    return running && board.has(work.host(), work.volume());
  }

  private void copyAll(Work work) throws InterruptedException {
    long maxSectors = settings.chunkBytes() / SectorRange.SECTOR_BYTES;
    Duration retry = settings.firstRetry();
    DmCommand next = new DmCommand.NextCopy(work.volume(), maxSectors);
    while (isWanted(work)) {
      Reply reply = gateway.send(work.host(), next, null);
      next = new DmCommand.NextCopy(work.volume(), maxSectors);
      if (reply.status() == NO_CONTENT) {
        return;
      }
      DmCommand told = reply.isSuccess() ? carriedOut(work, step(reply), maxSectors) : null;
      if (told != null) {
        next = told;
        retry = settings.firstRetry();
      } else if (reply.status() == CONFLICT) {
        Thread.sleep(POLL);
      } else {
        Thread.sleep(retry);
        Duration twice = retry.multipliedBy(2);
        retry = twice.compareTo(settings.lastRetry()) < 0 ? twice : settings.lastRetry();
      }
    }
  }

  private static Answers.CopyStep step(Reply reply) {
    return Json.LENIENT.readValue(reply.body(), Answers.CopyStep.class);
  }

  /** What is to be told of a step; null if its devices cannot be reached just now. */
  private @Nullable DmCommand carriedOut(Work work, Answers.CopyStep step, long maxSectors)
      throws InterruptedException {
    steps.acquire();
    long begun = System.nanoTime();
    try {
      Extents failed;
      try (var _ = turns.take(work.host())) {
        failed = copier.copy(work.host(), step);
      }
      return new DmCommand.Copied(
          work.volume(), step.copyId(), step.number(), failed.toPairs(), maxSectors);
    } catch (UnreachableException e) {
      log.warn("copying below {} of {} waits: {}", work.volume(), work.host(), e.getMessage());
      return null;
    } catch (RuntimeException e) {
      log.error("a step of copying below {} of {} failed", work.volume(), work.host(), e);
      return new DmCommand.CopyFailed(work.volume(), step.copyId(), step.number(), maxSectors);
    } finally {
      steps.release();
      slowDown(step.sectors() * SectorRange.SECTOR_BYTES, begun);
    }
  }

  private void slowDown(long bytes, long begunNanos) throws InterruptedException {
    if (settings.bytesPerSecond() > 0) {
      long atLeast = bytes * Duration.ofSeconds(1).toNanos() / settings.bytesPerSecond();
      long left = atLeast - (System.nanoTime() - begunNanos);
      if (left > 0) {
        Thread.sleep(Duration.ofNanos(left));
      }
    }
  }
}
