package dev.tapstack.tcp;

/** SYN-RECEIVED from a listener, RFC 9293 3.10.7.4. */
class SynReceivedStateTest extends StateTable {
  @Override
  void bring(TcpHost host) {
    host.listen();
    in(host, "S 0:0(0) win 65535");
  }

  @Override
  String rows() {
    return """
    acceptable ACK      | . 1:1(0) ack 1               | -                     | ESTABLISHED
    text with it        | P. 1:11(10) ack 1            | . 1:1(0) ack 11       | ESTABLISHED
    FIN with it         | F. 1:1(0) ack 1              | . 1:1(0) ack 2        | CLOSE_WAIT
    old ACK             | . 1:1(0) ack 0               | R 0:0(0) win 0        | SYN_RECEIVED
    future ACK          | . 1:1(0) ack 2               | R 2:2(0) win 0        | SYN_RECEIVED
    RST exact           | R 1:1(0)                     | -                     | none
    RST in window       | R 2:2(0)                     | . 1:1(0) ack 1        | SYN_RECEIVED
    RST left            | R 0:0(0)                     | -                     | SYN_RECEIVED
    RST right           | R 65536:65536(0)             | -                     | SYN_RECEIVED
    the SYN again       | S 0:0(0)                     | S. 0:0(0) ack 1 win 65535 <mss 1460> | SYN_RECEIVED
    SYN in window       | S 100:100(0)                 | -                     | none
    SYN right of it     | S 70000:70000(0)             | . 1:1(0) ack 1        | SYN_RECEIVED
    SYN left of it      | S -100:-100(0)               | . 1:1(0) ack 1        | SYN_RECEIVED
    text early          | P. 11:21(10) ack 1           | . 1:1(0) ack 1        | ESTABLISHED
    text left           | P. -9:1(10) ack 1            | . 1:1(0) ack 1        | SYN_RECEIVED
    text right          | P. 65536:65546(10) ack 1     | . 1:1(0) ack 1        | SYN_RECEIVED
    ACK left            | . 0:0(0) ack 1               | . 1:1(0) ack 1        | SYN_RECEIVED
    no ACK bit          | P 1:11(10)                   | -                     | SYN_RECEIVED
    FIN, no ACK bit     | F 1:1(0)                     | -                     | SYN_RECEIVED
    wrong checksum      | bad . 1:1(0) ack 1           | -                     | SYN_RECEIVED
    no timestamp        | ts . 1:1(0) ack 1            | -                     | SYN_RECEIVED
    old timestamp       | ts . 1:1(0) ack 1 <nop,nop,TS val 999 ecr 0> | . 1:1(0) ack 1 <...> | SYN_RECEIVED
    timestamp           | ts . 1:1(0) ack 1 <nop,nop,TS val 1000 ecr 0> | - | ESTABLISHED
    """;
  }
}
