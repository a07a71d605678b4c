package dev.tapstack.tap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** The kernel's numbers and layouts, against what strace and the kernel's headers show. */
class LinuxTunTest {
  @Test
  void ioctlNumbersAreThoseOfTheKernel() {
    assertEquals(0x400454caL, LinuxTun.TUNSETIFF);
    assertEquals(0x400454d0L, LinuxTun.TUNSETOFFLOAD);
    assertEquals(0x800454d2L, LinuxTun.TUNGETIFF);
  }

  @Test
  void ifreqIsTheNameAndAUnionOfTwentyFourBytes() {
    NativeBuffer ifreq = NativeBuffer.ifreq("tap0");
    assertEquals(16 + 24, ifreq.bytes().capacity());
    assertEquals('t', ifreq.bytes().get(0));
    assertEquals('0', ifreq.bytes().get(3));
    assertEquals(0, ifreq.bytes().get(4));
    assertEquals("tap0", ifreq.ifreqName());
  }

  @Test
  void aNameOfFifteenBytesFitsWithItsZero() {
    assertEquals("abcdefghijklmno", NativeBuffer.ifreq("abcdefghijklmno").ifreqName());
    assertThrows(IllegalArgumentException.class, () -> NativeBuffer.ifreq("abcdefghijklmnop"));
  }

  @Test
  void errorNumbersAreThoseOfTheCLibrary() {
    assertEquals("Input/output error", LibC.text(LinuxTun.EIO));
    assertEquals("Resource temporarily unavailable", LibC.text(LinuxTun.EAGAIN));
    assertEquals("File descriptor in bad state", LibC.text(LinuxTun.EBADFD));
    assertEquals("No buffer space available", LibC.text(LinuxTun.ENOBUFS));
    assertEquals("Device or resource busy", LibC.text(LinuxTun.EBUSY));
    assertEquals("No such device", LibC.text(LinuxTun.ENODEV));
  }

  @Test
  void failedCallsLeaveTheirErrorNumber() {
    assertEquals(-1, LibC.open("/no/such/file", LinuxTun.O_RDONLY));
    assertEquals(LinuxTun.ENOENT, LibC.errno());
    int badDescriptor = -1;
    assertEquals(-9, FrameIo.JNA.read(badDescriptor, 0, 0), "EBADF");
  }
}
