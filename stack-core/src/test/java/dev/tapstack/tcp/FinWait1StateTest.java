package dev.tapstack.tcp;

/** FIN-WAIT-1 after half a close: our FIN is in flight, the application reads on. */
class FinWait1StateTest extends StateTable {
  @Override
  void bring(TcpHost host) {
    establish(host);
    host.inLoop(() -> host.app.connection().shutdownOutput());
  }

  @Override
  String rows() {
    return """
    ACK of the FIN      | . 1:1(0) ack 2               | -                     | FIN_WAIT_2
    duplicate ACK       | . 1:1(0) ack 1               | -                     | FIN_WAIT_1
    old ACK             | . 1:1(0) ack 0               | -                     | FIN_WAIT_1
    future ACK          | . 1:1(0) ack 3               | . 2:2(0) ack 1        | FIN_WAIT_1
    RST exact           | R 1:1(0)                     | -                     | none
    RST in window       | R 2:2(0)                     | . 2:2(0) ack 1        | FIN_WAIT_1
    RST left            | R 0:0(0)                     | -                     | FIN_WAIT_1
    RST right           | R 65536:65536(0)             | -                     | FIN_WAIT_1
    SYN in window       | S 100:100(0)                 | . 2:2(0) ack 1        | FIN_WAIT_1
    SYN right           | S 70000:70000(0)             | . 2:2(0) ack 1        | FIN_WAIT_1
    FIN                 | F. 1:1(0) ack 1              | . 2:2(0) ack 2        | CLOSING
    FIN, ACK of ours    | F. 1:1(0) ack 2              | . 2:2(0) ack 2        | TIME_WAIT
    FIN early           | F. 11:11(0) ack 2            | . 2:2(0) ack 1        | FIN_WAIT_2
    text                | P. 1:11(10) ack 1            | . 2:2(0) ack 11       | FIN_WAIT_1
    text, ACK of ours   | P. 1:11(10) ack 2            | . 2:2(0) ack 11       | FIN_WAIT_2
    text early          | P. 11:21(10) ack 1           | . 2:2(0) ack 1        | FIN_WAIT_1
    text left           | P. -9:1(10) ack 2            | . 2:2(0) ack 1        | FIN_WAIT_1
    text right          | P. 65536:65546(10) ack 2     | . 2:2(0) ack 1        | FIN_WAIT_1
    no ACK bit          | P 1:11(10)                   | -                     | FIN_WAIT_1
    wrong checksum      | bad . 1:1(0) ack 2           | -                     | FIN_WAIT_1
    no timestamp        | ts . 1:1(0) ack 2            | -                     | FIN_WAIT_1
    old timestamp       | ts . 1:1(0) ack 2 <nop,nop,TS val 999 ecr 0> | . 2:2(0) ack 1 <...> | FIN_WAIT_1
    """;
  }
}
