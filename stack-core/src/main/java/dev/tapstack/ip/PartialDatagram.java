package dev.tapstack.ip;

import dev.tapstack.packet.Packet;
import org.jspecify.annotations.Nullable;

/** A datagram of which fragments have come: an entry of {@link FragmentTable}, used again. */
final class PartialDatagram {
  IpFamily family;
  long sourceHi;
  long sourceLo;
  long destinationHi;
  long destinationLo;
  int protocol;
  int id;
  long deadlineNanos;

  /** Fragments overlapped: all that still come are dropped. */
  boolean isDoomed;

  /** The fragments held, in the order of their offsets. */
  @Nullable Packet first;

  @Nullable Packet last;

  /** Payload in the fragments held. */
  int heldBytes;

  /** Payload of the whole, or -1 while the last fragment is not known. */
  int totalBytes;

  /** One bit for each value of the ECN field that was seen. */
  int ecnSeen;

  /** Bytes of the largest fragment as it came, header included. */
  int largestBytes;

  /** The same of those that bear DF. */
  int largestWithDfBytes;

  /** What it is charged: the entry itself and the buffers of its fragments. */
  int memoryBytes;

  // The table's links.
  @Nullable PartialDatagram bucketNext;
  @Nullable PartialDatagram older;
  @Nullable PartialDatagram newer;

  PartialDatagram(IpFamily family) {
    this.family = family;
  }

  /** Begins anew with the datagram that {@code fragment} is of. */
  void begin(IpFamily family, Packet fragment, int id) {
    this.family = family;
    this.id = id;
    sourceHi = fragment.sourceHi();
    sourceLo = fragment.sourceLo();
    destinationHi = fragment.destinationHi();
    destinationLo = fragment.destinationLo();
    protocol = fragment.protocol();
    isDoomed = false;
    heldBytes = 0;
    totalBytes = -1;
    ecnSeen = 0;
    largestBytes = 0;
    largestWithDfBytes = 0;
  }

  boolean isFrom(long hi, long lo) {
    return sourceLo == lo && sourceHi == hi;
  }

  /** RFC 791 3.2: what the fragments of a datagram have in common. */
  boolean isOf(Packet fragment, int id) {
    return this.id == id
        && isFrom(fragment.sourceHi(), fragment.sourceLo())
        && destinationLo == fragment.destinationLo()
        && destinationHi == fragment.destinationHi()
        && protocol == fragment.protocol();
  }
}
