package dev.tapstack.tcp;

/** SYN-SENT, RFC 9293 3.10.7.3. */
class SynSentStateTest extends StateTable {
  @Override
  void bring(TcpHost host) {
    host.connect();
  }

  @Override
  String rows() {
    return """
    acceptable SYN-ACK   | S. 0:0(0) ack 1          | . 1:1(0) ack 1        | ESTABLISHED
    with a FIN           | FS. 0:0(0) ack 1         | . 1:1(0) ack 2        | CLOSE_WAIT
    with text and FIN    | FSP. 0:10(10) ack 1      | . 1:1(0) ack 12       | CLOSE_WAIT
    SYN-ACK, old ACK     | S. 0:0(0) ack 0          | R 0:0(0) win 0        | SYN_SENT
    SYN-ACK, future ACK  | S. 0:0(0) ack 2          | R 2:2(0) win 0        | SYN_SENT
    SYN                  | S 0:0(0)                 | S. 0:0(0) ack 1 <mss 1460> | SYN_RECEIVED
    SYN with text        | PS 0:10(10)              | S. 0:0(0) ack 1 <mss 1460> | SYN_RECEIVED
    SYN with a FIN       | FS 0:0(0)                | S. 0:0(0) ack 1 <mss 1460> | SYN_RECEIVED
    SYN and RST          | SR 0:0(0)                | -                     | SYN_SENT
    SYN-ACK and RST      | SR. 0:0(0) ack 1         | -                     | none
    acceptable ACK       | . 0:0(0) ack 1           | -                     | SYN_SENT
    old ACK              | . 0:0(0) ack 0           | R 0:0(0) win 0        | SYN_SENT
    future ACK           | P. 5:15(10) ack 77       | R 77:77(0) win 0      | SYN_SENT
    RST                  | R 0:0(0)                 | -                     | SYN_SENT
    RST, acceptable ACK  | R. 0:0(0) ack 1          | -                     | none
    RST, old ACK         | R. 0:0(0) ack 0          | -                     | SYN_SENT
    RST, future ACK      | R. 0:0(0) ack 2          | -                     | SYN_SENT
    FIN                  | F 0:0(0)                 | -                     | SYN_SENT
    FIN, acceptable ACK  | F. 0:0(0) ack 1          | -                     | SYN_SENT
    text                 | P 0:10(10)               | -                     | SYN_SENT
    wrong checksum       | bad S. 0:0(0) ack 1      | -                     | SYN_SENT
    """;
  }
}
