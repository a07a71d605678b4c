package dev.tapstack.tcp;

/** CLOSE-WAIT with 100 bytes in flight: the peer has finished, the application has not. */
class CloseWaitStateTest extends StateTable {
  @Override
  void bring(TcpHost host) {
    establish(host);
    host.write(100, 100);
    in(host, "F. 1:1(0) ack 1 win 65535");
  }

  @Override
  String rows() {
    return """
    acceptable ACK      | . 2:2(0) ack 101             | -                     | CLOSE_WAIT
    old ACK             | . 2:2(0) ack 0               | -                     | CLOSE_WAIT
    future ACK          | . 2:2(0) ack 102             | . 101:101(0) ack 2    | CLOSE_WAIT
    RST exact           | R 2:2(0)                     | -                     | none
    RST in window       | R 3:3(0)                     | . 101:101(0) ack 2    | CLOSE_WAIT
    RST left            | R 1:1(0)                     | -                     | CLOSE_WAIT
    RST right           | R 65536:65536(0)             | -                     | CLOSE_WAIT
    SYN in window       | S 100:100(0)                 | . 101:101(0) ack 2    | CLOSE_WAIT
    SYN left            | S 0:0(0)                     | . 101:101(0) ack 2    | CLOSE_WAIT
    the FIN again       | F. 1:1(0) ack 1              | . 101:101(0) ack 2    | CLOSE_WAIT
    another FIN         | F. 2:2(0) ack 1              | -                     | CLOSE_WAIT
    text behind the FIN | P. 2:12(10) ack 1            | -                     | CLOSE_WAIT
    text early          | P. 12:22(10) ack 1           | -                     | CLOSE_WAIT
    text left           | P. -9:1(10) ack 101          | . 101:101(0) ack 2    | CLOSE_WAIT
    text right          | P. 65537:65547(10) ack 1     | . 101:101(0) ack 2    | CLOSE_WAIT
    no ACK bit          | - 2:2(0)                     | -                     | CLOSE_WAIT
    wrong checksum      | bad . 2:2(0) ack 101         | -                     | CLOSE_WAIT
    no timestamp        | ts . 2:2(0) ack 101          | -                     | CLOSE_WAIT
    old timestamp       | ts . 2:2(0) ack 101 <nop,nop,TS val 999 ecr 0> | . 101:101(0) ack 2 <...> | CLOSE_WAIT
    """;
  }
}
