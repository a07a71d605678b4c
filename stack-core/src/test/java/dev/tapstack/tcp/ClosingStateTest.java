package dev.tapstack.tcp;

/** CLOSING: both have sent a FIN, ours is not acknowledged. */
class ClosingStateTest extends StateTable {
  @Override
  void bring(TcpHost host) {
    establish(host);
    host.inLoop(() -> host.app.connection().close());
    in(host, "F. 1:1(0) ack 1 win 65535");
  }

  @Override
  String rows() {
    return """
    ACK of the FIN      | . 2:2(0) ack 2               | -                     | TIME_WAIT
    duplicate ACK       | . 2:2(0) ack 1               | -                     | CLOSING
    old ACK             | . 2:2(0) ack 0               | -                     | CLOSING
    future ACK          | . 2:2(0) ack 3               | . 2:2(0) ack 2        | CLOSING
    RST exact           | R 2:2(0)                     | -                     | none
    RST in window       | R 3:3(0)                     | . 2:2(0) ack 2        | CLOSING
    RST left            | R 1:1(0)                     | -                     | CLOSING
    SYN in window       | S 100:100(0)                 | . 2:2(0) ack 2        | CLOSING
    SYN left            | S 0:0(0)                     | . 2:2(0) ack 2        | CLOSING
    the FIN again       | F. 1:1(0) ack 1              | . 2:2(0) ack 2        | CLOSING
    FIN again and ACK   | F. 1:1(0) ack 2              | . 2:2(0) ack 2        | CLOSING
    text behind the FIN | P. 2:12(10) ack 1            | -                     | CLOSING
    text left           | P. -9:1(10) ack 1            | . 2:2(0) ack 2        | CLOSING
    text right          | P. 65537:65547(10) ack 1     | . 2:2(0) ack 2        | CLOSING
    no ACK bit          | F 2:2(0)                     | -                     | CLOSING
    wrong checksum      | bad . 2:2(0) ack 2           | -                     | CLOSING
    no timestamp        | ts . 2:2(0) ack 2            | -                     | CLOSING
    old timestamp       | ts . 2:2(0) ack 2 <nop,nop,TS val 999 ecr 0> | . 2:2(0) ack 2 <...> | CLOSING
    """;
  }
}
