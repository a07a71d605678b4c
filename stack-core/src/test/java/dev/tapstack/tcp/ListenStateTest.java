package dev.tapstack.tcp;

/** LISTEN, RFC 9293 3.10.7.2. */
class ListenStateTest extends StateTable {
  @Override
  void bring(TcpHost host) {
    host.listen();
  }

  @Override
  String rows() {
    return """
    SYN              | S 0:0(0)             | S. 0:0(0) ack 1 win 65535 <mss 1460> | SYN_RECEIVED
    SYN with text    | S 0:10(10)           | S. 0:0(0) ack 1 <mss 1460> | SYN_RECEIVED
    SYN with options | S 0:0(0) <mss 1460,nop,wscale 3,nop,nop,TS val 9 ecr 0> | S. 0:0(0) ack 1 <mss 1460,nop,wscale 7,nop,nop,TS val 0 ecr 9> | SYN_RECEIVED
    ECN-setup SYN    | SEW 0:0(0)           | S. 0:0(0) ack 1 <mss 1460> | SYN_RECEIVED
    SYN and FIN      | FS 0:0(0)            | -                          | none
    RST              | R 0:0(0)             | -                          | none
    RST and ACK      | R. 0:0(0) ack 5      | -                          | none
    SYN and RST      | SR 0:0(0)            | -                          | none
    ACK              | . 0:0(0) ack 5       | R 5:5(0) win 0             | none
    SYN-ACK          | S. 0:0(0) ack 5      | R 5:5(0) win 0             | none
    text and ACK     | P. 1:11(10) ack 1    | R 1:1(0) win 0             | none
    text             | P 0:10(10)           | -                          | none
    FIN              | F 0:0(0)             | -                          | none
    nothing          | - 0:0(0)             | -                          | none
    wrong checksum   | bad S 0:0(0)         | -                          | none
    """;
  }
}
