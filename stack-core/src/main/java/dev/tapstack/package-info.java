/**
 * The stack itself: {@link dev.tapstack.Stack} wires all layers after a {@link
 * dev.tapstack.StackConfig}, and is all that an application or a simulation needs to hold.
 *
 * <p>The way of a frame. One event (a frame, a command, a timer) is one call stack, from the device
 * to the application's handler; there is no queue, event bus or reflection between layers.
 *
 * <pre>
 *         up                                                          down
 * app     TcpHandler.onReadable, UdpHandler.onReadable     TcpConnection.write, UdpSocket.send
 *            ^                                                          |
 * tcp     TcpLayer.input &gt; SegmentArrives &gt; ReceiveBuffer    SendBuffer &lt; Transmitter
 * udp     UdpLayer.input &gt; queue                              UdpLayer.send
 *            ^                                                          |
 * ip      IpLayer.input                                       IpLayer.output
 *         check &gt; reassemble &gt; [PREROUTING] &gt; route          route &gt; header &gt; [OUTPUT]
 *            [INPUT] &lt; local | other &gt; ttl &gt; mtu &gt; [FORWARD] &gt; emit: [POSTROUTING] &gt; fragment
 *            ^                                                          |
 * link    EthernetLink.input                                  EthernetLink.output
 *                                                             (neighbour known? else queue + ARP)
 *            ^                                                          |
 * device  Device.poll                                         Device.transmit, flush
 * </pre>
 *
 * <p>{@code transmit} never calls {@code input}: what a stack sends to itself takes the loopback
 * device, which is polled in a later turn. Names in brackets are the {@link
 * dev.tapstack.ip.HookPoint}s, where filters and translation take hold.
 *
 * <p>Everything of a stack belongs to the thread of its {@link dev.tapstack.loop.StackLoop}; other
 * threads come in through {@link dev.tapstack.Stack#execute} alone. Many stacks may share a loop
 * and a packet pool.
 */
@NullMarked
package dev.tapstack;

import org.jspecify.annotations.NullMarked;
