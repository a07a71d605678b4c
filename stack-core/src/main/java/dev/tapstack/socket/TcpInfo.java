package dev.tapstack.socket;

/**
 * A snapshot of a connection, after Linux's tcp_info, in the RFCs' names. Immutable.
 *
 * @param state RFC 9293 3.3.2
 * @param sndUna oldest unacknowledged sequence number, relative to ISS
 * @param sndNxt next sequence number to send, relative to ISS
 * @param sndWnd the peer's window in bytes
 * @param rcvNxt next sequence number expected, relative to IRS
 * @param rcvWnd the window that we offer in bytes
 * @param cwnd congestion window in bytes (RFC 5681)
 * @param ssthresh slow start threshold in bytes, {@link Long#MAX_VALUE} at first (RFC 5681)
 * @param srttNanos smoothed round-trip time, 0 before the first sample (RFC 6298)
 * @param rttvarNanos its variation (RFC 6298)
 * @param rtoNanos retransmission timeout (RFC 6298)
 * @param effSndMss largest segment that we send, options deducted (RFC 9293 3.7.1)
 * @param sndWndShift the peer's window scale (RFC 7323 2.2)
 * @param rcvWndShift our window scale
 * @param timestamps whether timestamps were agreed (RFC 7323 3)
 * @param bytesSent payload sent, retransmissions not counted
 * @param bytesReceived payload received in order
 * @param bytesAcked payload that the peer acknowledged
 * @param segmentsRetransmitted segments sent again
 * @param timeouts retransmission timeouts
 * @param fastRetransmits recoveries begun by duplicate ACKs (RFC 5681 3.2)
 * @param outOfOrderBytes payload received beyond a gap that is held now
 * @param congestionControl the algorithm's name
 */
public record TcpInfo(
    TcpState state,
    long sndUna,
    long sndNxt,
    long sndWnd,
    long rcvNxt,
    long rcvWnd,
    long cwnd,
    long ssthresh,
    long srttNanos,
    long rttvarNanos,
    long rtoNanos,
    int effSndMss,
    int sndWndShift,
    int rcvWndShift,
    boolean timestamps,
    long bytesSent,
    long bytesReceived,
    long bytesAcked,
    long segmentsRetransmitted,
    long timeouts,
    long fastRetransmits,
    int outOfOrderBytes,
    String congestionControl) {}
