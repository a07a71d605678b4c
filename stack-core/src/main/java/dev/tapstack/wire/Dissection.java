package dev.tapstack.wire;

import dev.tapstack.addr.Ipv4Address;
import dev.tapstack.addr.MacAddress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * What {@link Dissector} found in one frame: its layers in the order of their headers, the fields
 * of each, what is wrong with them, and the whole as one line.
 *
 * <p>Holds no reference to the frame's buffer after {@link Dissector} returned it. Not changed from
 * then on: any thread may read it.
 */
public final class Dissection {
  /** What is known of a layer's checksum. */
  public enum ChecksumState {
    /** The protocol has none, or the sender made none. */
    NONE,
    /** Right. */
    RIGHT,
    /** Wrong; the layer has the note {@link #BAD_CHECKSUM}. */
    WRONG,
    /** Bytes that it covers are missing: a fragment, a quote, a truncated frame. */
    UNCHECKED
  }

  /** Note: the frame ends before the layer does. */
  public static final String TRUNCATED = "truncated";

  /** Note: the checksum does not match the bytes. */
  public static final String BAD_CHECKSUM = "bad checksum";

  /** Note: a header length below the minimum, or more than there is. */
  public static final String BAD_HEADER_LENGTH = "bad header length";

  /** Note: a length field that contradicts the lengths around it. */
  public static final String BAD_LENGTH = "bad length";

  /** Note: an option list that breaks its rules. */
  public static final String BAD_OPTIONS = "bad options";

  /** Note: a version field other than the protocol's. */
  public static final String BAD_VERSION = "bad version";

  /**
   * One field of a header.
   *
   * @param name its name, as the accessor in this package has it
   * @param offset of its first byte in the frame
   * @param length of the bytes that it lies in
   * @param value its value as the accessor gives it, 32-bit fields unsigned; 0 for fields of more
   *     than eight bytes
   * @param text its value for people
   */
  public record Field(String name, int offset, int length, long value, String text) {}

  /** One header, in the order of the frame. */
  public static final class Layer {
    private final String protocol;
    private final int offset;
    private final boolean quoted;
    private final List<Field> fields = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private int length;
    private ChecksumState checksum = ChecksumState.NONE;

    private Layer(String protocol, int offset, boolean quoted) {
      this.protocol = protocol;
      this.offset = offset;
      this.quoted = quoted;
    }

    /** Name of the protocol: Ethernet, VLAN, ARP, IPv4, IPv6, ICMP, IGMP, UDP, TCP or HTTP. */
    public String protocol() {
      return protocol;
    }

    /** Where the header begins in the frame. */
    public int offset() {
      return offset;
    }

    /** Length of the header, in bytes, as far as it could be read. */
    public int length() {
      return length;
    }

    /** True if this is part of a datagram that an ICMP error quotes. */
    public boolean quoted() {
      return quoted;
    }

    /** The fields, in the order of the header; repeated options have repeated names. */
    public List<Field> fields() {
      return Collections.unmodifiableList(fields);
    }

    /** The first field of that name. */
    public Optional<Field> field(String name) {
      return fields.stream().filter(field -> field.name().equals(name)).findFirst();
    }

    /** What is wrong with the layer, in the words of the constants of {@link Dissection}. */
    public List<String> notes() {
      return Collections.unmodifiableList(notes);
    }

    /** What is known of the checksum. */
    public ChecksumState checksum() {
      return checksum;
    }

    void length(int bytes) {
      length = bytes;
    }

    /** Adds a field {@code relative} bytes into the header, with its value in decimal as text. */
    void add(String name, int relative, int bytes, long value) {
      add(name, relative, bytes, value, Long.toString(value));
    }

    void add(String name, int relative, int bytes, long value, String text) {
      fields.add(new Field(name, offset + relative, bytes, value, text));
    }

    void addHex(String name, int relative, int bytes, long value) {
      add(name, relative, bytes, value, "0x" + Long.toHexString(value));
    }

    void addMac(String name, int relative, long mac) {
      add(name, relative, Ethernet.ADDRESS_LENGTH, mac, MacAddress.format(mac));
    }

    void addIpv4(String name, int relative, int address) {
      long unsigned = Integer.toUnsignedLong(address);
      add(name, relative, Ipv4.ADDRESS_LENGTH, unsigned, Ipv4Address.format(address));
    }

    void checksum(ChecksumState state) {
      checksum = state;
    }
  }

  private ByteBuf frame;
  private final List<Layer> layers = new ArrayList<>();
  private final StringBuilder line = new StringBuilder();
  private boolean quoting;

  Dissection(ByteBuf frame) {
    this.frame = frame;
  }

  /** The layers, outermost first. */
  public List<Layer> layers() {
    return Collections.unmodifiableList(layers);
  }

  /** The first layer of that protocol that is no quote. */
  public Optional<Layer> layer(String protocol) {
    return layers.stream()
        .filter(layer -> !layer.quoted() && layer.protocol().equals(protocol))
        .findFirst();
  }

  /** The whole frame in one line, without a line end. */
  public String line() {
    return line.toString();
  }

  /** The tree: a line for each layer and, indented, one for each of its fields. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Layer layer : layers) {
      text.append(layer.quoted() ? "  quoted " : "")
          .append(layer.protocol())
          .append(", ")
          .append(layer.length())
          .append(" bytes at ")
          .append(layer.offset());
      for (String note : layer.notes()) {
        text.append(" [").append(note).append(']');
      }
      text.append('\n');
      for (Field field : layer.fields()) {
        text.append("    ").append(field.name()).append(": ").append(field.text()).append('\n');
      }
    }
    return text.toString();
  }

  /** The frame, its first byte at index 0; only while the dissection is being made. */
  ByteBuf frame() {
    return frame;
  }

  /** Lets go of the frame. */
  Dissection detached() {
    frame = Unpooled.EMPTY_BUFFER;
    return this;
  }

  /** Opens the next layer; its header has {@code length} bytes. */
  Layer begin(String protocol, int offset, int length) {
    Layer layer = new Layer(protocol, offset, quoting);
    layer.length(length);
    layers.add(layer);
    return layer;
  }

  /** Adds to the line. */
  Dissection say(String text) {
    line.append(text);
    return this;
  }

  /** Adds a number to the line. */
  Dissection say(long number) {
    line.append(number);
    return this;
  }

  /** Notes what is wrong with a layer, in the layer and at this place of the line. */
  void note(Layer layer, String note) {
    layer.notes.add(note);
    line.append(" [").append(note).append(']');
  }

  /** Notes that a layer is cut short; quotes always may be. */
  void truncated(Layer layer) {
    if (!quoting) {
      note(layer, TRUNCATED);
    }
  }

  /** Sets the state of a layer's checksum that could be computed. */
  void checksum(Layer layer, boolean right) {
    layer.checksum(right ? ChecksumState.RIGHT : ChecksumState.WRONG);
    if (!right) {
      note(layer, BAD_CHECKSUM);
    }
  }

  boolean quoting() {
    return quoting;
  }

  void quoting(boolean value) {
    quoting = value;
  }
}
