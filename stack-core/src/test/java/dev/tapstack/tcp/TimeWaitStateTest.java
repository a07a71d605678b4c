package dev.tapstack.tcp;

/** TIME-WAIT, with the listener still there; RFC 9293 3.10.7.4, RFC 1122 4.2.2.13, RFC 6191 2. */
class TimeWaitStateTest extends StateTable {
  @Override
  void bring(TcpHost host) {
    establish(host);
    host.inLoop(() -> host.app.connection().close());
    in(host, "F. 1:1(0) ack 2 win 65535");
  }

  @Override
  String rows() {
    return """
    ACK                 | . 2:2(0) ack 2               | -                     | TIME_WAIT
    old ACK             | . 2:2(0) ack 1               | -                     | TIME_WAIT
    future ACK          | . 2:2(0) ack 3               | . 2:2(0) ack 2        | TIME_WAIT
    RST exact           | R 2:2(0)                     | -                     | none
    RST in window       | R 3:3(0)                     | . 2:2(0) ack 2        | TIME_WAIT
    RST left            | R 1:1(0)                     | -                     | TIME_WAIT
    new SYN             | S 3:3(0)                     | S. 3:3(0) ack 4 <mss 1460> | SYN_RECEIVED
    SYN far right       | S 70000:70000(0)             | S. 3:3(0) ack 70001 <mss 1460> | SYN_RECEIVED
    SYN at RCV.NXT      | S 2:2(0)                     | . 2:2(0) ack 2        | TIME_WAIT
    old SYN             | S 0:0(0)                     | . 2:2(0) ack 2        | TIME_WAIT
    SYN-ACK             | S. 3:3(0) ack 2              | . 2:2(0) ack 2        | TIME_WAIT
    the FIN again       | F. 1:1(0) ack 2              | . 2:2(0) ack 2        | TIME_WAIT
    text behind the FIN | P. 2:12(10) ack 2            | -                     | TIME_WAIT
    text left           | P. -9:1(10) ack 2            | . 2:2(0) ack 2        | TIME_WAIT
    text right          | P. 65537:65547(10) ack 2     | . 2:2(0) ack 2        | TIME_WAIT
    no ACK bit          | P 2:12(10)                   | -                     | TIME_WAIT
    wrong checksum      | bad S 3:3(0)                 | -                     | TIME_WAIT
    no timestamp        | ts . 2:2(0) ack 2            | -                     | TIME_WAIT
    old timestamp       | ts . 2:2(0) ack 2 <nop,nop,TS val 999 ecr 0> | . 2:2(0) ack 2 <...> | TIME_WAIT
    new SYN, newer time | ts S -9:-9(0) <nop,nop,TS val 1001 ecr 0> | S. 3:3(0) ack -8 <...> | SYN_RECEIVED
    new SYN, same time  | ts S 3:3(0) <nop,nop,TS val 1000 ecr 0> | S. 3:3(0) ack 4 <...> | SYN_RECEIVED
    new SYN, older time | ts S 3:3(0) <nop,nop,TS val 999 ecr 0> | . 2:2(0) ack 2 <...> | TIME_WAIT
    """;
  }
}
