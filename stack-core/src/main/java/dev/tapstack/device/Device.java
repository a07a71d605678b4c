package dev.tapstack.device;

import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;

/**
 * A network device. All methods are for the loop's thread.
 *
 * <p>A device is opened by its own factory, attached once to an interface, and closed with it.
 */
public interface Device extends AutoCloseable {
  /** Its name, for messages and tables. */
  String name();

  /** What it can do; does not change while it is attached. */
  DeviceCaps caps();

  /**
   * Gives the device the interface that it belongs to.
   *
   * @param input takes what {@link #poll} reads
   * @param registration to be announced whenever frames wait to be polled
   */
  void attach(DeviceInput input, StackLoop.Registration registration);

  /**
   * Reads up to {@code budget} frames and gives each to the input.
   *
   * @return how many; {@code budget} means that more may wait
   */
  int poll(long nowNanos, int budget);

  /**
   * Takes a frame {@code [start, end)} and its referenced pieces, given: the device ends it by
   * {@link Packet#sent} or {@link Packet#drop}, at the latest in {@link #flush} unless it has made
   * it its own ({@link Packet#own}). Never calls the input.
   */
  void transmit(Packet packet);

  /** Sends what {@link #transmit} may have gathered. */
  void flush();

  /** Whether the link is up. */
  boolean isUp();

  /** Frees what it holds; idempotent. */
  @Override
  void close();
}
