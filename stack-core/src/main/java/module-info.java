/** The TCP/IP stack: protocols, sockets and simulation, without native code. */
module dev.tapstack.core {
  requires transitive io.netty.buffer;
  requires transitive static org.jspecify;
  requires io.netty.common;
  requires org.slf4j;

  exports dev.tapstack;
  exports dev.tapstack.addr;
  exports dev.tapstack.blocking;
  exports dev.tapstack.conntrack;
  exports dev.tapstack.device;
  exports dev.tapstack.filter;
  exports dev.tapstack.icmp;
  exports dev.tapstack.ip;
  exports dev.tapstack.ip.v4;
  exports dev.tapstack.link;
  exports dev.tapstack.loop;
  exports dev.tapstack.nat;
  exports dev.tapstack.packet;
  exports dev.tapstack.sim;
  exports dev.tapstack.socket;
  exports dev.tapstack.stats;
  exports dev.tapstack.udp;
  exports dev.tapstack.tcp;
  exports dev.tapstack.wire;
}
