package dev.tapstack.link;

/**
 * What an interface is asked to do besides sending and receiving. Immutable.
 *
 * @param probesAddresses whether it asks the link, each time it comes up, if somebody else has one
 *     of its addresses, and uses them only 4 to 7 seconds later (RFC 5227 2.1.1)
 * @param checksReversePath whether it takes only packets from where packets back would leave by it
 *     (RFC 3704 2.2, strict; RFC 1812 5.3.8): a sender cannot pretend to be on another side
 * @param proxyArp whether a router answers here for hosts that it reaches by another interface (RFC
 *     1027)
 */
public record InterfaceOptions(
    boolean probesAddresses, boolean checksReversePath, boolean proxyArp) {
  /** None of it. */
  public static final InterfaceOptions NONE = new InterfaceOptions(false, false, false);

  public InterfaceOptions withProbing(boolean isOn) {
    return new InterfaceOptions(isOn, checksReversePath, proxyArp);
  }

  public InterfaceOptions withReversePathCheck(boolean isOn) {
    return new InterfaceOptions(probesAddresses, isOn, proxyArp);
  }

  public InterfaceOptions withProxyArp(boolean isOn) {
    return new InterfaceOptions(probesAddresses, checksReversePath, isOn);
  }
}
