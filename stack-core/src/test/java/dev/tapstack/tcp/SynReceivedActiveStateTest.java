package dev.tapstack.tcp;

/** SYN-RECEIVED of a simultaneous open, RFC 9293 3.5 figure 8 and 3.10.7.4. */
class SynReceivedActiveStateTest extends StateTable {
  @Override
  void bring(TcpHost host) {
    host.connect();
    in(host, "S 0:0(0) win 65535");
  }

  @Override
  String rows() {
    return """
    the SYN-ACK         | S. 0:0(0) ack 1              | -                     | ESTABLISHED
    SYN-ACK and FIN     | FS. 0:0(0) ack 1             | . 1:1(0) ack 2        | CLOSE_WAIT
    SYN-ACK and text    | PS. 0:10(10) ack 1           | . 1:1(0) ack 11       | ESTABLISHED
    SYN-ACK, old ACK    | S. 0:0(0) ack 0              | R 0:0(0) win 0        | SYN_RECEIVED
    SYN-ACK, future ACK | S. 0:0(0) ack 2              | R 2:2(0) win 0        | SYN_RECEIVED
    acceptable ACK      | . 1:1(0) ack 1               | -                     | ESTABLISHED
    text with it        | P. 1:11(10) ack 1            | . 1:1(0) ack 11       | ESTABLISHED
    FIN with it         | F. 1:1(0) ack 1              | . 1:1(0) ack 2        | CLOSE_WAIT
    old ACK             | . 1:1(0) ack 0               | R 0:0(0) win 0        | SYN_RECEIVED
    future ACK          | . 1:1(0) ack 2               | R 2:2(0) win 0        | SYN_RECEIVED
    RST exact           | R 1:1(0)                     | -                     | none
    RST in window       | R 2:2(0)                     | . 1:1(0) ack 1        | SYN_RECEIVED
    RST left            | R 0:0(0)                     | -                     | SYN_RECEIVED
    RST right           | R 65536:65536(0)             | -                     | SYN_RECEIVED
    the SYN again       | S 0:0(0)                     | S. 0:0(0) ack 1 <mss 1460> | SYN_RECEIVED
    SYN in window       | S 100:100(0)                 | . 1:1(0) ack 1        | SYN_RECEIVED
    SYN left of it      | S -100:-100(0)               | . 1:1(0) ack 1        | SYN_RECEIVED
    another SYN-ACK     | S. 5:5(0) ack 1              | . 1:1(0) ack 1        | SYN_RECEIVED
    no ACK bit          | P 1:11(10)                   | -                     | SYN_RECEIVED
    FIN, no ACK bit     | F 1:1(0)                     | -                     | SYN_RECEIVED
    wrong checksum      | bad S. 0:0(0) ack 1          | -                     | SYN_RECEIVED
    """;
  }
}
