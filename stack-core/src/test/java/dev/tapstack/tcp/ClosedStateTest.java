package dev.tapstack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tapstack.testkit.IpHost;
import dev.tapstack.testkit.TcpCodec;
import dev.tapstack.testkit.TcpSegment;
import dev.tapstack.testkit.V4;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** CLOSED, RFC 9293 3.10.7.1: everything but a RST is answered by a RST. */
class ClosedStateTest extends StateTable {
  @Override
  void bring(TcpHost host) {}

  @Override
  String rows() {
    return """
    SYN                  | S 0:0(0)            | R. Z:Z(0) ack 1 win 0  | none
    SYN with text        | S 0:10(10)          | R. Z:Z(0) ack 11 win 0 | none
    FIN                  | F 5:5(0)            | R. Z:Z(0) ack 6 win 0  | none
    text                 | P 5:15(10)          | R. Z:Z(0) ack 15 win 0 | none
    nothing at all       | - 5:5(0)            | R. Z:Z(0) ack 5 win 0  | none
    ACK                  | . 5:5(0) ack 7      | R 7:7(0) win 0         | none
    ACK with text        | P. 5:15(10) ack 7   | R 7:7(0) win 0         | none
    SYN-ACK              | S. 5:5(0) ack 7     | R 7:7(0) win 0         | none
    RST                  | R 5:5(0)            | -                      | none
    RST and ACK          | R. 5:5(0) ack 7     | -                      | none
    wrong checksum       | bad S 0:0(0)        | -                      | none
    """;
  }

  @Test
  void aSegmentFromOurselvesIsDroppedBelow() {
    try (TcpHost host = new TcpHost(0, 0)) {
      byte[] syn = new TcpCodec(0, 0).encode(80, 80, TcpSegment.parse("S 0:0(0)"));
      byte[] tcp = Arrays.copyOfRange(syn, 20, syn.length);
      byte[] land = V4.of(IpHost.ME, IpHost.ME).protocol(V4.TCP).payload(tcp).bytes();
      host.arrive(TcpCodec.withChecksum(land));
      host.settle();
      host.expectNothing();
      assertEquals(1L, host.host.drops().get("ip-land"));
    }
  }

  /** RFC 9293 3.9.2 (MUST-57): never to a broadcast or multicast address. */
  @Test
  void aSegmentToAGroupIsDroppedInSilence() {
    for (String group : new String[] {"10.0.0.255", "255.255.255.255", "224.0.0.1"}) {
      try (TcpHost host = new TcpHost(0, 0)) {
        host.listen();
        byte[] syn = new TcpCodec(0, 0).encode(50_000, 80, TcpSegment.parse("S 0:0(0)"));
        byte[] tcp = Arrays.copyOfRange(syn, 20, syn.length);
        byte[] packet = V4.of(IpHost.PEER, group).protocol(V4.TCP).payload(tcp).bytes();
        host.arrive(TcpCodec.withChecksum(packet));
        host.settle();
        host.expectNothing();
        assertEquals(1L, host.host.drops().get("tcp-to-group"), group);
      }
    }
  }

  /** Headers that are cut short or lie about their length. */
  @Test
  void malformedHeadersAreCountedByName() {
    try (TcpHost host = new TcpHost(0, 0)) {
      byte[] syn = new TcpCodec(0, 0).encode(50_000, 80, TcpSegment.parse("S 0:0(0)"));
      for (int length = 0; length < 20; length++) {
        byte[] tcp = Arrays.copyOfRange(syn, 20, 20 + length);
        host.arrive(V4.of(IpHost.PEER, IpHost.ME).protocol(V4.TCP).payload(tcp).bytes());
      }
      for (int words = 0; words < 16; words++) {
        if (words != 5) {
          byte[] wrong = syn.clone();
          wrong[32] = (byte) (words << 4);
          host.arrive(TcpCodec.withChecksum(wrong));
        }
      }
      host.settle();
      host.expectNothing();
      assertEquals(20L, host.host.drops().get("tcp-truncated"));
      assertEquals(15L, host.host.drops().get("tcp-bad-offset"));
    }
  }
}
