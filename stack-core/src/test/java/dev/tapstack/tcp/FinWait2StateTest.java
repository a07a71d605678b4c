package dev.tapstack.tcp;

/** FIN-WAIT-2 after half a close: our FIN is acknowledged, the application reads on. */
class FinWait2StateTest extends StateTable {
  @Override
  void bring(TcpHost host) {
    establish(host);
    host.inLoop(() -> host.app.connection().shutdownOutput());
    in(host, ". 1:1(0) ack 2 win 65535");
  }

  @Override
  String rows() {
    return """
    the ACK again       | . 1:1(0) ack 2               | -                     | FIN_WAIT_2
    old ACK             | . 1:1(0) ack 1               | -                     | FIN_WAIT_2
    future ACK          | . 1:1(0) ack 3               | . 2:2(0) ack 1        | FIN_WAIT_2
    RST exact           | R 1:1(0)                     | -                     | none
    RST in window       | R 2:2(0)                     | . 2:2(0) ack 1        | FIN_WAIT_2
    RST left            | R 0:0(0)                     | -                     | FIN_WAIT_2
    RST right           | R 65536:65536(0)             | -                     | FIN_WAIT_2
    SYN in window       | S 100:100(0)                 | . 2:2(0) ack 1        | FIN_WAIT_2
    SYN left            | S 0:0(0)                     | . 2:2(0) ack 1        | FIN_WAIT_2
    FIN                 | F. 1:1(0) ack 2              | . 2:2(0) ack 2        | TIME_WAIT
    text and FIN        | FP. 1:11(10) ack 2           | . 2:2(0) ack 12       | TIME_WAIT
    FIN early           | F. 11:11(0) ack 2            | . 2:2(0) ack 1        | FIN_WAIT_2
    text                | P. 1:11(10) ack 2            | . 2:2(0) ack 11       | FIN_WAIT_2
    text early          | P. 11:21(10) ack 2           | . 2:2(0) ack 1        | FIN_WAIT_2
    text left           | P. -9:1(10) ack 2            | . 2:2(0) ack 1        | FIN_WAIT_2
    text right          | P. 65536:65546(10) ack 2     | . 2:2(0) ack 1        | FIN_WAIT_2
    no ACK bit          | F 1:1(0)                     | -                     | FIN_WAIT_2
    wrong checksum      | bad F. 1:1(0) ack 2          | -                     | FIN_WAIT_2
    no timestamp        | ts F. 1:1(0) ack 2           | -                     | FIN_WAIT_2
    old timestamp       | ts F. 1:1(0) ack 2 <nop,nop,TS val 999 ecr 0> | . 2:2(0) ack 1 <...> | FIN_WAIT_2
    """;
  }
}
