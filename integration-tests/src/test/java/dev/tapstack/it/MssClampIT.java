package dev.tapstack.it;

import static dev.tapstack.it.Transfers.words;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What MSS bob's kernel is offered by alice's, behind a link of a smaller MTU than hers. */
@Privileged
class MssClampIT {
  @ParameterizedTest
  @CsvSource({"--mss-clamp,1360", "--no-mss-clamp,1460"})
  void theSegmentsAgreedOnFitBothLinksUnlessThatIsSwitchedOff(String option, int offered) {
    try (GatewayUnderTest gateway = new GatewayUnderTest(1400, option);
        Command tcpdump = gateway.outside().start(words("tcpdump -n -l -v -i wan0 tcp port 80"))) {
      Command.awaitUntil("tcpdump listens", () -> tcpdump.errors().contains("listening on"));
      gateway.inside().run(words("nc -n -z -w 1 203.0.113.2 80"));
      Command.awaitUntil("a SYN arrived", () -> tcpdump.output().contains("Flags [S]"));
      String seen = tcpdump.output();
      assertTrue(seen.contains("mss " + offered + ","), seen);
      assertTrue(seen.contains("(correct)"), seen);
    }
  }
}
