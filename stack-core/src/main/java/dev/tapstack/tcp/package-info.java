/**
 * TCP, RFC 9293: one file for each concern, in the RFC's words.
 *
 * <p>The way up: {@link dev.tapstack.tcp.TcpLayer} checks a segment and finds its connection in
 * {@code TcpDemux}; {@code SegmentArrives} takes the RFC's steps one after the other and tells
 * {@code LossRecovery}, {@code RttEstimator} and {@code AckPolicy} what it saw; text lands in
 * {@code ReceiveBuffer} and is shown to the application. The way down: {@code UserCalls} puts bytes
 * into {@code SendBuffer} and marks the connection; at the end of the turn {@code Transmitter}
 * decides what goes, and {@code SegmentWriter} writes it. {@code RetransmitTimer} is what happens
 * when nothing does, {@code Keepalive} when nobody has anything to say. {@code ErrorArrives} takes
 * ICMP errors, and {@code PathMtuDiscovery} those about size. {@code Tcb} holds the state of one
 * connection and its {@code enter} alone changes the RFC's state.
 *
 * <p>Deviations from the RFCs stand where they are made, each with its reason.
 */
@NullMarked
package dev.tapstack.tcp;

import org.jspecify.annotations.NullMarked;
