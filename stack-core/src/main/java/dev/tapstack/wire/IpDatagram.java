package dev.tapstack.wire;

/**
 * What a transport's dissector has to know of the datagram around it.
 *
 * @param source address for people
 * @param destination address for people
 * @param addressSum one's complement sum of both addresses, for the pseudo-header
 * @param declaredEnd where the datagram says that it ends, in the frame
 * @param whole true if all of its bytes are there, so that checksums can be checked
 */
record IpDatagram(
    String source, String destination, long addressSum, int declaredEnd, boolean whole) {

  /** Says "source > destination: ". */
  void sayAddresses(Dissection into) {
    into.say(source).say(" > ").say(destination).say(": ");
  }

  /** Says "source.port > destination.port: ". */
  void sayEndpoints(Dissection into, int sourcePort, int destinationPort) {
    into.say(source).say(".").say(sourcePort);
    into.say(" > ").say(destination).say(".").say(destinationPort).say(": ");
  }

  /** Sum of the pseudo-header of a transport of {@code length} bytes. */
  long pseudoHeader(int protocol, int length) {
    return addressSum + protocol + length;
  }

  /** Notes that a transport header does not fit: the sender's fault if the datagram is whole. */
  void noteShort(Dissection into, Dissection.Layer layer) {
    if (whole) {
      into.note(layer, Dissection.BAD_LENGTH);
    } else {
      into.truncated(layer);
    }
  }
}
