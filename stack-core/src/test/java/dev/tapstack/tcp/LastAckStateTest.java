package dev.tapstack.tcp;

/** LAST-ACK: the peer's FIN came first, ours is not acknowledged. */
class LastAckStateTest extends StateTable {
  @Override
  void bring(TcpHost host) {
    establish(host);
    in(host, "F. 1:1(0) ack 1 win 65535");
    host.inLoop(() -> host.app.connection().close());
  }

  @Override
  String rows() {
    return """
    ACK of the FIN      | . 2:2(0) ack 2               | -                     | none
    duplicate ACK       | . 2:2(0) ack 1               | -                     | LAST_ACK
    old ACK             | . 2:2(0) ack 0               | -                     | LAST_ACK
    future ACK          | . 2:2(0) ack 3               | . 2:2(0) ack 2        | LAST_ACK
    RST exact           | R 2:2(0)                     | -                     | none
    RST in window       | R 3:3(0)                     | . 2:2(0) ack 2        | LAST_ACK
    RST left            | R 1:1(0)                     | -                     | LAST_ACK
    SYN in window       | S 100:100(0)                 | . 2:2(0) ack 2        | LAST_ACK
    SYN left            | S 0:0(0)                     | . 2:2(0) ack 2        | LAST_ACK
    the FIN again       | F. 1:1(0) ack 1              | . 2:2(0) ack 2        | LAST_ACK
    text behind the FIN | P. 2:12(10) ack 1            | -                     | LAST_ACK
    text left           | P. -9:1(10) ack 1            | . 2:2(0) ack 2        | LAST_ACK
    text right          | P. 65537:65547(10) ack 1     | . 2:2(0) ack 2        | LAST_ACK
    no ACK bit          | P 2:12(10)                   | -                     | LAST_ACK
    wrong checksum      | bad . 2:2(0) ack 2           | -                     | LAST_ACK
    no timestamp        | ts . 2:2(0) ack 2            | -                     | LAST_ACK
    old timestamp       | ts . 2:2(0) ack 2 <nop,nop,TS val 999 ecr 0> | . 2:2(0) ack 2 <...> | LAST_ACK
    """;
  }
}
