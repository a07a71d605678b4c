/** The TCP/IP stack: protocols, sockets and simulation, without native code. */
module dev.tapstack.core {
  requires transitive io.netty.buffer;
  requires transitive static org.jspecify;
  requires io.netty.common;
  requires org.slf4j;

  exports dev.tapstack.wire;
}
