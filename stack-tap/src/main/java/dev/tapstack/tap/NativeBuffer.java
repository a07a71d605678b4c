package dev.tapstack.tap;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Memory outside the heap for structures that the kernel reads or writes, in its byte order. */
final class NativeBuffer {
  private final ByteBuffer bytes;
  private final long address;

  NativeBuffer(int length) {
    bytes = ByteBuffer.allocateDirect(length).order(ByteOrder.nativeOrder());
    address = Pointer.nativeValue(Native.getDirectBufferPointer(bytes));
  }

  /** A struct ifreq whose name is {@code name}; the rest is zero. */
  static NativeBuffer ifreq(String name) {
    byte[] text = name.getBytes(StandardCharsets.UTF_8);
    if (text.length >= LinuxTun.IFNAMSIZ) {
      throw new IllegalArgumentException("interface name '" + name + "' is too long");
    }
    NativeBuffer ifreq = new NativeBuffer(LinuxTun.IFREQ_BYTES);
    ifreq.bytes.put(0, text);
    return ifreq;
  }

  /** The name in a struct ifreq. */
  String ifreqName() {
    int length = 0;
    while (length < LinuxTun.IFNAMSIZ && bytes.get(length) != 0) {
      length++;
    }
    byte[] text = new byte[length];
    bytes.get(0, text);
    return new String(text, StandardCharsets.UTF_8);
  }

  /** Its address; valid while this object is reachable. */
  long address() {
    return address;
  }

  ByteBuffer bytes() {
    return bytes;
  }
}
