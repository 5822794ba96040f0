package io.faultline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands against a service that answers what the test says. */
class CommandsTest {

  private final FakeService service = new FakeService();

  @AfterEach
  void close() {
    service.close();
  }

  private Typed type(String... arguments) {
    return Typed.command(Map.of("FAULTLINE_URL", service.url()), arguments);
  }

  @Test
  void injectingSendsTheRangeUnderAKeyAndTellsTheFault() {
    service.answers(202, "{\"faultId\":\"local:F1\",\"eventId\":\"local:E1\"}");

    assertThat(type("inject", "pmem0", "9376+8"))
        .isEqualTo(new Typed(0, "fault local:F1" + System.lineSeparator(), ""));

    FakeService.Asked asked = service.asked().getFirst();
    assertThat(asked.method()).isEqualTo("POST");
    assertThat(asked.target()).isEqualTo("/v1/hosts/local/devices/pmem0/faults");
    assertThat(asked.body()).isEqualTo("{\"sector\":9376,\"count\":8}");
    assertThat(asked.headers().get("Idempotency-Key")).hasSize(36);
    assertThat(asked.headers()).doesNotContainKey("Authorization");
  }

  @Test
  void anAnswerThatWasNotPossibleJustNowIsAskedForAgainUnderTheSameKey() {
    service
        .answers(503, Map.of("Retry-After", "0"), "{\"title\":\"Not now\",\"status\":503}")
        .answers(202, "{\"faultId\":\"local:F1\"}");

    assertThat(type("inject", "pmem0", "1").exitCode()).isZero();
    assertThat(service.asked().stream().map(asked -> asked.headers().get("Idempotency-Key")))
        .hasSize(2)
        .containsOnly(service.asked().getFirst().headers().get("Idempotency-Key"));
  }

  @Test
  void aServiceThatIsNotReadyIsGivenUpAfterThreeTries() {
    for (int i = 0; i < 3; i++) {
      service.answers(503, Map.of("Retry-After", "0"), "{\"title\":\"Not now\",\"status\":503}");
    }
    Typed typed = type("hosts");
    assertThat(typed.exitCode()).isEqualTo(ExitCode.UNAVAILABLE.number());
    assertThat(typed.err()).contains("Not now");
    assertThat(service.asked()).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource({
    "400, 2", "401, 5", "403, 5", "404, 3", "409, 4", "412, 4", "413, 4", "422, 4", "423, 4",
    "507, 4", "429, 6", "504, 6", "500, 7", "418, 7", "302, 7"
  })
  void aRefusalHasItsExitCodeAndIsToldInTheServicesWords(int status, int exitCode) {
    service.answers(status, "{\"title\":\"No\",\"detail\":\"pmem0 has 8 sectors\"}");
    Typed typed = type("devices", "pmem0");
    assertThat(typed.exitCode()).isEqualTo(exitCode);
    assertThat(typed.err()).startsWith("faultline: No: pmem0 has 8 sectors");
    assertThat(typed.out()).isEmpty();
  }

  @Test
  void aRefusalIsTheProblemItselfWhereJsonIsWanted() {
    String problem = "{\"type\":\"/problems/claimed\",\"status\":409,\"holder\":\"dm:vol0\"}";
    service.answers(409, problem);
    Typed typed = type("-o", "json", "plug", "pmem0");
    assertThat(typed.exitCode()).isEqualTo(ExitCode.REFUSED.number());
    assertThat(typed.err().strip()).isEqualTo(problem);
  }

  @Test
  void whatWasWrongInABodyIsToldLineByLine() {
    service.answers(
        400,
        "{\"title\":\"Malformed\",\"errors\":[{\"pointer\":\"/kind\",\"detail\":\"is tape\"}]}");
    assertThat(type("create", "pmem0", "--size=1M", "--kind=tape").err())
        .contains("faultline: Malformed")
        .contains("  /kind is tape");
  }

  @Test
  void aListIsReadPageByPageUntilItsEnd() {
    service
        .answers(200, "{\"items\":[{\"name\":\"a\",\"sectors\":8}],\"next\":\"a b\"}")
        .answers(200, "{\"items\":[{\"name\":\"bb\",\"sectors\":1048576}],\"next\":null}");

    assertThat(type("volumes").out().lines())
        .containsExactly(
            "NAME  SECTORS  STATE  BELOW  ABOVE  DAX  CLAIM  OUT OF SYNC",
            "a           8",
            "bb    1048576");
    assertThat(service.asked().stream().map(FakeService.Asked::target))
        .containsExactly(
            "/v1/hosts/local/volumes?limit=1000", "/v1/hosts/local/volumes?limit=1000&after=a%20b");
  }

  @Test
  void aListThatWasCutSaysSo() {
    service.answers(200, "{\"items\":[{\"name\":\"a\"}],\"next\":\"a\"}");
    assertThat(type("devices", "--limit=1").out()).contains("… there are more");
  }

  @Test
  void aListAsJsonIsOneObject() {
    service.answers(200, "{\"items\":[{\"name\":\"a\"}],\"next\":null}");
    assertThat(Printer.JSON.readTree(type("devices", "-o", "json").out()))
        .isEqualTo(Printer.JSON.readTree("{\"items\":[{\"name\":\"a\"}],\"next\":null}"));
  }

  @Test
  void optionsMayStandBeforeAndAfterTheCommand() {
    service.answers(200, "{\"items\":[]}").answers(200, "{\"items\":[]}");
    type("--host=h1", "devices");
    type("devices", "--host", "h1");
    assertThat(service.asked().stream().map(FakeService.Asked::target))
        .containsOnly("/v1/hosts/h1/devices?limit=1000");
  }

  @Test
  void severalDevicesLeaveAsOneRemoval() {
    service.answers(202, "{\"removalId\":\"R1\"}");
    assertThat(type("unplug", "a", "b", "--deadline=10").out().strip()).isEqualTo("removal R1");
    FakeService.Asked asked = service.asked().getFirst();
    assertThat(asked.target()).isEqualTo("/v1/hosts/local/unplug");
    assertThat(asked.body())
        .isEqualTo("{\"mode\":\"planned\",\"deadline\":\"PT10S\",\"devices\":[\"a\",\"b\"]}");
  }

  @Test
  void namesCannotLeaveTheirPlaceInThePath() {
    service.answers(404, "{\"title\":\"No\"}");
    type("devices", "../../tokens?x=1#y");
    assertThat(service.asked().getFirst().target())
        .isEqualTo("/v1/hosts/local/devices/..%2F..%2Ftokens%3Fx%3D1%23y");
  }

  @ParameterizedTest
  @ValueSource(strings = {"9+0", "-1", "9-12", "x", "9007199254740992", "0+9007199254740992"})
  void sectorsThatAreNoneAreRefusedBeforeAnythingIsSent(String sectors) {
    Typed typed = type("inject", "pmem0", sectors);
    assertThat(typed.exitCode()).isEqualTo(ExitCode.USAGE.number());
    assertThat(service.asked()).isEmpty();
  }

  @Test
  void aCommandThatThereIsNotIsAMistakeOfTheCommandLine() {
    assertThat(type("frobnicate").exitCode()).isEqualTo(ExitCode.USAGE.number());
    assertThat(type().exitCode()).isEqualTo(ExitCode.USAGE.number());
    assertThat(type("devices", "--colour").err()).contains("--colour");
  }

  @Test
  void whereNobodyListensTheAnswerSaysHowToGoOn() {
    service.close();
    Typed typed = type("hosts");
    assertThat(typed.exitCode()).isEqualTo(ExitCode.UNAVAILABLE.number());
    assertThat(typed.err()).contains("nothing listens on " + service.url(), "--url=URL");
  }

  @Test
  void somethingElseThanFaultlineIsNotTakenForIt() {
    service.answers(200, "<html>hello</html>");
    Typed typed = type("hosts");
    assertThat(typed.exitCode()).isEqualTo(ExitCode.SERVER.number());
    assertThat(typed.err()).contains("is it Faultline?");
  }

  @Test
  void namesFromFilesystemsCannotCommandTheTerminal() {
    service.answers(200, "{\"owners\":[{\"sector\":1,\"paths\":[\"/a\\u001b[2J\\u202eb\\nc\"]}]}");
    assertThat(type("owners", "data", "1").out().lines())
        .hasSize(2)
        .last()
        .asString()
        .contains("/a\uFFFD[2J\uFFFDb\uFFFDc");
  }

  @Test
  void aFaultIsShownWithItsWayUp() {
    service
        .answers(200, "{\"id\":\"F\",\"state\":\"open\",\"timeline\":[]}")
        .answers(
            200,
            """
            {"path":[{"kind":"device","name":"pmem0","ranges":[8,1],"children":[
              {"kind":"volume","name":"v","effects":[{"effect":"data_lost","ranges":[16,1]}],
               "count":102,"children":[
                 {"kind":"file","paths":["/x"],"byteRanges":[0,512],"children":[
                    {"kind":"process","pid":7,"signal":"SIGBUS","code":"BUS_MCEERR_AO"}]}]},
              {"kind":"something new"}]}]}
            """);
    assertThat(type("fault", "F").out())
        .contains(
            String.join(
                System.lineSeparator(),
                List.of(
                    "device pmem0 8+1",
                    "├─ volume v data_lost 16+1",
                    "│  ├─ file /x bytes 0+512",
                    "│  │  └─ process 7 SIGBUS BUS_MCEERR_AO",
                    "│  └─ … 101 more",
                    "└─ something new")));
  }

  @Test
  void theCompletionScriptKnowsEveryCommand() {
    String script = type("completion").out();
    assertThat(script).contains("inject", "unplug", "owners", "token", "--token-file");
  }
}
