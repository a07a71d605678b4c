package dev.tapstack.tcp;

/** ESTABLISHED with 100 bytes in flight, RFC 9293 3.10.7.4, RFC 5961, RFC 7323 5.3. */
class EstablishedStateTest extends StateTable {
  @Override
  void bring(TcpHost host) {
    establish(host);
    host.write(100, 100);
  }

  @Override
  String rows() {
    return """
    acceptable ACK      | . 1:1(0) ack 101             | -                     | ESTABLISHED
    ACK of a part       | . 1:1(0) ack 51              | -                     | ESTABLISHED
    duplicate ACK       | . 1:1(0) ack 1               | -                     | ESTABLISHED
    old ACK             | . 1:1(0) ack 0               | -                     | ESTABLISHED
    oldest ACK          | . 1:1(0) ack -65534          | -                     | ESTABLISHED
    too old an ACK      | . 1:1(0) ack -65535          | . 101:101(0) ack 1    | ESTABLISHED
    future ACK          | . 1:1(0) ack 102             | . 101:101(0) ack 1    | ESTABLISHED
    future ACK and text | P. 1:11(10) ack 102          | . 101:101(0) ack 1    | ESTABLISHED
    RST exact           | R 1:1(0)                     | -                     | none
    RST exact with ACK  | R. 1:1(0) ack 55             | -                     | none
    RST in window       | R 2:2(0)                     | . 101:101(0) ack 1    | ESTABLISHED
    RST at the end      | R 65535:65535(0)             | . 101:101(0) ack 1    | ESTABLISHED
    RST right           | R 65536:65536(0)             | -                     | ESTABLISHED
    RST left            | R 0:0(0)                     | -                     | ESTABLISHED
    SYN at RCV.NXT      | S 1:1(0)                     | . 101:101(0) ack 1    | ESTABLISHED
    SYN in window       | S 100:100(0)                 | . 101:101(0) ack 1    | ESTABLISHED
    SYN right           | S 70000:70000(0)             | . 101:101(0) ack 1    | ESTABLISHED
    SYN left            | S 0:0(0)                     | . 101:101(0) ack 1    | ESTABLISHED
    SYN-ACK again       | S. 0:0(0) ack 1              | . 101:101(0) ack 1    | ESTABLISHED
    FIN                 | F. 1:1(0) ack 1              | . 101:101(0) ack 2    | CLOSE_WAIT
    FIN early           | F. 2:2(0) ack 1              | . 101:101(0) ack 1    | ESTABLISHED
    FIN, no ACK bit     | F 1:1(0)                     | -                     | ESTABLISHED
    text                | P. 1:11(10) ack 1            | . 101:101(0) ack 11   | ESTABLISHED
    text and FIN        | FP. 1:11(10) ack 101         | . 101:101(0) ack 12   | CLOSE_WAIT
    urgent text         | PU. 1:11(10) ack 1           | . 101:101(0) ack 11   | ESTABLISHED
    text early          | P. 11:21(10) ack 1           | . 101:101(0) ack 1    | ESTABLISHED
    text left           | P. -9:1(10) ack 1            | . 101:101(0) ack 1    | ESTABLISHED
    text half left      | P. -9:11(20) ack 1           | . 101:101(0) ack 11   | ESTABLISHED
    text right          | P. 65536:65546(10) ack 1     | . 101:101(0) ack 1    | ESTABLISHED
    text half right     | P. 65530:65540(10) ack 1     | . 101:101(0) ack 1    | ESTABLISHED
    empty left          | . 0:0(0) ack 1               | . 101:101(0) ack 1    | ESTABLISHED
    empty right         | . 65537:65537(0) ack 1       | . 101:101(0) ack 1    | ESTABLISHED
    half a turn away    | . -2147483647:-2147483647(0) ack 1 | . 101:101(0) ack 1 | ESTABLISHED
    no ACK bit          | P 1:11(10)                   | -                     | ESTABLISHED
    no flags            | - 1:11(10)                   | -                     | ESTABLISHED
    wrong checksum      | bad P. 1:11(10) ack 1        | -                     | ESTABLISHED
    no timestamp        | ts P. 1:11(10) ack 1         | -                     | ESTABLISHED
    old timestamp       | ts P. 1:11(10) ack 1 <nop,nop,TS val 999 ecr 0> | . 101:101(0) ack 1 <nop,nop,TS val 0 ecr 1000> | ESTABLISHED
    same timestamp      | ts P. 1:11(10) ack 1 <nop,nop,TS val 1000 ecr 0> | . 101:101(0) ack 11 <nop,nop,TS val 0 ecr 1000> | ESTABLISHED
    new timestamp       | ts P. 1:11(10) ack 1 <nop,nop,TS val 1001 ecr 0> | . 101:101(0) ack 11 <nop,nop,TS val 0 ecr 1001> | ESTABLISHED
    early and new       | ts P. 2:11(9) ack 1 <nop,nop,TS val 1001 ecr 0> | . 101:101(0) ack 1 <nop,nop,TS val 0 ecr 1000> | ESTABLISHED
    RST without one     | ts R 1:1(0)                  | -                     | none
    RST with an old one | ts R 1:1(0) <nop,nop,TS val 1 ecr 0> | -             | none
    SYN without one     | ts S 100:100(0)              | . 101:101(0) ack 1 <...> | ESTABLISHED
    """;
  }
}
