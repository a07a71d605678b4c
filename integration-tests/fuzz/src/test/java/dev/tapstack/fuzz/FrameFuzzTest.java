package dev.tapstack.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * Any sequence of frames, at any times, into a whole stack with applications ({@link FuzzedHost}):
 * no exception, no broken invariant, no packet lost or counted twice. Inputs are .pcap files of
 * what the peer sends ({@link FrameScript}).
 */
class FrameFuzzTest {
  @FuzzTest
  void anyInput(byte[] input) {
    run(input);
  }

  /** Runs a script; returns what the host sent. */
  static java.util.List<byte[]> run(byte[] input) {
    java.util.List<byte[]> sent = new java.util.ArrayList<>();
    FrameScript script = new FrameScript(input);
    FrameRepair repair = new FrameRepair();
    try (FuzzedHost host = new FuzzedHost()) {
      while (script.next()) {
        learn(host, repair, sent);
        host.pass(script.stepNanos());
        learn(host, repair, sent);
        byte[] frame = script.frame();
        if (!script.isAsItIs()) {
          repair.repair(frame);
        }
        host.receive(frame);
      }
      learn(host, repair, sent);
    }
    return sent;
  }

  private static void learn(FuzzedHost host, FrameRepair repair, java.util.List<byte[]> sent) {
    for (byte[] frame : host.sent()) {
      repair.sent(frame);
      sent.add(frame);
    }
  }
}
