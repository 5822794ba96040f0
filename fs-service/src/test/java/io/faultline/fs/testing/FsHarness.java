package io.faultline.fs.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.BlockEvent.MfMemPreRemove;
import io.faultline.events.BlockEvent.RangeRecovered;
import io.faultline.events.Cause;
import io.faultline.events.ConsumedBy;
import io.faultline.events.DeviceEvent.DeviceAdded;
import io.faultline.events.DeviceEvent.DeviceRemoved;
import io.faultline.events.Event;
import io.faultline.events.EventData;
import io.faultline.events.Origin;
import io.faultline.events.RecoveredData;
import io.faultline.fs.FsServiceConfiguration;
import io.faultline.fs.above.Dumps;
import io.faultline.fs.core.ClaimedDevice;
import io.faultline.fs.core.Dax;
import io.faultline.fs.core.FileCommand;
import io.faultline.fs.core.FileViews;
import io.faultline.fs.core.FsCommand;
import io.faultline.fs.core.FsFact;
import io.faultline.fs.core.FsState;
import io.faultline.fs.core.ImportKind;
import io.faultline.fs.core.KillPolicy;
import io.faultline.fs.core.Policy;
import io.faultline.fs.core.Role;
import io.faultline.fs.core.Section;
import io.faultline.fs.core.Spec;
import io.faultline.fs.core.Views.AccessView;
import io.faultline.fs.core.Views.FilesystemView;
import io.faultline.fs.core.Views.OwnerView;
import io.faultline.fs.core.Views.OwnersView;
import io.faultline.fs.core.Views.ProcessView;
import io.faultline.ranges.Extents;
import io.faultline.runtime.LayerDefinition;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Claim;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.testing.CoreHarness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The filesystem core with one slice of devices below it, in the words of these tests. */
public final class FsHarness {

  public static final String HOST = "local";
  public static final String SLICE = "slice-1";

  private final CoreHarness<FsState, FsCommand, FsFact> core;
  private long sequence;
  private int uploads;
  private int writes;

  public FsHarness() {
    LayerDefinition<FsState, FsCommand, FsFact> layer = FsServiceConfiguration.layer();
    core = new CoreHarness<>(layer.layer(), layer.core(), layer.commands(), layer.facts(), HOST);
  }

  public CoreHarness<FsState, FsCommand, FsFact> core() {
    return core;
  }

  /** A name that no other write of this harness has. */
  public String writeName() {
    return "w" + ++writes;
  }

  /** A spec as mkfs and mount have it where nobody says otherwise, on one device. */
  public static Spec on(String data) {
    return new Spec(data, null, null, Dax.ALWAYS, true, true, Policy.XFS);
  }

  public static Spec withoutReverseMap(Spec spec) {
    return new Spec(
        spec.data(), spec.log(), spec.realtime(), spec.dax(), false, spec.reflink(), spec.policy());
  }

  public static Spec with(Spec spec, Dax dax) {
    return new Spec(
        spec.data(),
        spec.log(),
        spec.realtime(),
        dax,
        spec.rmapbt(),
        spec.reflink(),
        spec.policy());
  }

  public static Spec with(Spec spec, Policy policy) {
    return new Spec(
        spec.data(),
        spec.log(),
        spec.realtime(),
        spec.dax(),
        spec.rmapbt(),
        spec.reflink(),
        policy);
  }

  public Answer send(FsCommand command) {
    return core.command(command);
  }

  /** Sends what must succeed; answers the body. */
  public <T> T ask(FsCommand command, Class<T> type) {
    Answer answer = send(command);
    assertThat(answer).isInstanceOf(Answer.Done.class);
    return type.cast(((Answer.Done) answer).body());
  }

  /** Sends what must be refused. */
  public Problem refused(FsCommand command) {
    Answer answer = send(command);
    assertThat(answer).isInstanceOf(Answer.Refused.class);
    return ((Answer.Refused) answer).problem();
  }

  /** Claims as device-service answers them, for every device of the spec. */
  public List<ClaimedDevice> claims(Spec spec, long sectors, Claim.KnownFault... faults) {
    List<ClaimedDevice> claims = new ArrayList<>();
    for (Role role : Role.values()) {
      String device = spec.device(role);
      if (device != null) {
        claims.add(
            new ClaimedDevice(role, device, false, claim(sectors, sequence, List.of(faults))));
      }
    }
    return claims;
  }

  public static Claim claim(long sectors, long sequence, List<Claim.KnownFault> faults) {
    Extents.Builder bad = Extents.builder();
    faults.forEach(fault -> bad.addAll(fault.ranges()));
    return new Claim(1, sectors, true, 512, bad.build(), sequence, SLICE, faults, 1);
  }

  public FilesystemView make(String filesystem, Spec spec, long sectors) {
    return ask(
        new FsCommand.MakeFilesystem(filesystem, spec, claims(spec, sectors)),
        FilesystemView.class);
  }

  public FilesystemView get(String filesystem) {
    return ask(new FsCommand.GetFilesystem(filesystem), FilesystemView.class);
  }

  /** Imports an {@code fsmap -v} text. */
  public void importVerbose(
      String filesystem, String text, Map<Role, String> given, Map<Role, Long> sectors) {
    String upload = begin(filesystem, ImportKind.RECORDS);
    List<Section> sections = Dumps.verbose(text, given, sectors, true, upload, this::mustSucceed);
    mustSucceed(new FsCommand.CommitRecords(filesystem, upload, sections));
    mustSucceed(new FsCommand.ContinueTelling(filesystem));
  }

  /** Imports an {@code fsmap -m} text. */
  public void importMachine(
      String filesystem, String text, Map<Role, String> given, Map<Role, Long> sectors) {
    String upload = begin(filesystem, ImportKind.RECORDS);
    List<Section> sections = Dumps.machine(text, given, sectors, true, upload, this::mustSucceed);
    mustSucceed(new FsCommand.CommitRecords(filesystem, upload, sections));
    mustSucceed(new FsCommand.ContinueTelling(filesystem));
  }

  /** Imports the lines of an {@code fsmap -m} text of one data device, without head and number. */
  public void importLines(String filesystem, long sectors, String... lines) {
    Map<Role, Long> sizes = new EnumMap<>(Role.class);
    sizes.put(Role.DATA, sectors);
    importMachine(filesystem, machineText(lines), Map.of(), sizes);
  }

  /** Numbers lines and puts the head above them. */
  public static String machineText(String... lines) {
    StringBuilder text =
        new StringBuilder("EXT,MAJOR,MINOR,PSTART,PEND,OWNER,OSTART,OEND,LENGTH\n");
    for (int i = 0; i < lines.length; i++) {
      text.append(i).append(',').append(lines[i]).append('\n');
    }
    return text.toString();
  }

  /** A line of {@link #importLines} for data of a file. */
  public static String data(long start, long count, long inode, long offset) {
    return "259,0,"
        + start
        + ","
        + (start + count - 1)
        + ",inode_"
        + inode
        + "_data,"
        + offset
        + ","
        + (offset + count - 1)
        + ","
        + count;
  }

  /**
   * A line of {@link #importLines} for another owner: {@code special_88:1}, {@code inode_1_attr}.
   */
  public static String owner(long start, long count, String owner) {
    return "259,0," + start + "," + (start + count - 1) + "," + owner + ",,," + count;
  }

  public void importPaths(String filesystem, String text) {
    String upload = begin(filesystem, ImportKind.PATHS);
    mustSucceed(Dumps.paths(text, filesystem, upload, this::mustSucceed));
  }

  public String begin(String filesystem, ImportKind kind) {
    String upload = "upload-" + ++uploads;
    mustSucceed(new FsCommand.BeginImport(filesystem, upload, kind));
    return upload;
  }

  public void mustSucceed(FsCommand command) {
    assertThat(send(command).status()).as(String.valueOf(command)).isLessThan(300);
  }

  public List<OwnerView> owners(String filesystem, Role role, long sector, long count, int limit) {
    List<OwnerView> all = new ArrayList<>();
    String after = null;
    do {
      OwnersView page =
          ask(
              new FsCommand.FindOwners(filesystem, role, sector, count, limit, after),
              OwnersView.class);
      assertThat(page.owners().size()).isLessThanOrEqualTo(limit);
      all.addAll(page.owners());
      after = page.next();
    } while (after != null);
    return all;
  }

  public void map(long pid, String mapping, String filesystem, String path, long lengthBytes) {
    map(pid, mapping, filesystem, path, 0, lengthBytes, true, KillPolicy.DEFAULT, 4096);
  }

  public void map(
      long pid,
      String mapping,
      String filesystem,
      String path,
      long offsetBytes,
      long lengthBytes,
      boolean shared,
      KillPolicy policy,
      long pageBytes) {
    mustSucceed(
        new FsCommand.MapFile(
            pid, mapping, filesystem, path, offsetBytes, lengthBytes, shared, policy, pageBytes));
  }

  public AccessView load(long pid, String mapping, long offset) {
    return ask(new FsCommand.TouchPage(pid, mapping, offset, false), AccessView.class);
  }

  public AccessView store(long pid, String mapping, long offset) {
    FsCommand.TouchPage touch = new FsCommand.TouchPage(pid, mapping, offset, true);
    Object answer = ask(touch, Object.class);
    if (answer instanceof FileViews.WritePlan plan) {
      mustSucceed(new FileCommand.CommitWrite(plan.filesystem(), plan.write()));
      answer = ask(touch, AccessView.class);
    }
    return (AccessView) answer;
  }

  public ProcessView process(long pid) {
    return ask(new FsCommand.GetProcess(pid), ProcessView.class);
  }

  public long lastSequence() {
    return sequence;
  }

  /** Hears an event of the slice; answers what was published for it. */
  public List<Event> hear(EventData data, @Nullable String faultId) {
    sequence++;
    Event event =
        new Event(
            HOST + ":event-" + sequence,
            "/hosts/local/devices/x",
            core.now(),
            faultId,
            null,
            sequence,
            SLICE,
            null,
            data);
    return core.hear(event);
  }

  public List<Event> added(String device, long sectors) {
    return hear(new DeviceAdded(HOST, device, "pmem", sectors, true, 1), null);
  }

  public List<Event> poison(String device, String fault, long... pairs) {
    return corrupt(device, Cause.MEDIA_ERROR, false, fault, pairs);
  }

  /** Poison that a process found by its own load. */
  public List<Event> consume(String device, String fault, long pid, String mapping, long... pairs) {
    Extents ranges = Extents.ofPairs(pairs);
    return hear(
        new CorruptedRange(
            HOST,
            device,
            ranges,
            false,
            Cause.MEDIA_ERROR,
            Origin.of(device, ranges),
            0,
            true,
            new ConsumedBy(pid, mapping)),
        HOST + ":" + fault);
  }

  public List<Event> corrupt(
      String device, Cause cause, boolean whole, String fault, long... pairs) {
    Extents ranges = Extents.ofPairs(pairs);
    return hear(
        new CorruptedRange(HOST, device, ranges, whole, cause, Origin.of(device, ranges), 0, true),
        HOST + ":" + fault);
  }

  public List<Event> recover(
      String device, RecoveredData data, boolean whole, @Nullable String fault, long... pairs) {
    Extents ranges = Extents.ofPairs(pairs);
    return hear(
        new RangeRecovered(
            HOST,
            device,
            ranges,
            whole,
            Cause.MEDIA_ERROR,
            Origin.of(device, ranges),
            0,
            true,
            data),
        fault == null ? null : HOST + ":" + fault);
  }

  public List<Event> preRemove(String device, long sectors, Map<String, Long> credits) {
    return preRemoveBelow(device, device, sectors, credits);
  }

  /** What a volume passes on of a device below it. */
  public List<Event> preRemoveBelow(
      String device, String leaf, long sectors, Map<String, Long> credits) {
    Extents ranges = Extents.of(0, sectors);
    return hear(
        new MfMemPreRemove(
            HOST,
            device,
            ranges,
            true,
            Cause.DEVICE_REMOVED,
            Origin.of(leaf, ranges),
            0,
            true,
            HOST + ":removal",
            core.now().plus(Duration.ofSeconds(10)),
            credits),
        HOST + ":removal-fault");
  }

  public List<Event> removed(String device, long sectors) {
    List<Event> events =
        new ArrayList<>(corrupt(device, Cause.DEVICE_REMOVED, true, "removal-fault", 0, sectors));
    events.addAll(left(device));
    return events;
  }

  /** The device itself says that it is gone. */
  public List<Event> left(String device) {
    return hear(
        new DeviceRemoved(HOST, device, HOST + ":removal", "planned", true),
        HOST + ":removal-fault");
  }

  /** The data of events, for comparing. */
  public static List<EventData> data(List<Event> events) {
    return events.stream().map(Event::data).toList();
  }
}
