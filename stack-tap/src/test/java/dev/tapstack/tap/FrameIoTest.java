package dev.tapstack.tap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each binding against the kernel: bytes, and the error numbers that a device acts upon. */
class FrameIoTest {
  private static final int EBADF = 9; // asm-generic/errno-base.h
  private static final int EINVAL = 22;

  /** A descriptor that takes and gives eight bytes, without waiting. */
  private final int fd = LibC.eventfd(0, LinuxTun.NONBLOCK | LinuxTun.CLOEXEC);

  private final NativeBuffer buffer = new NativeBuffer(Long.BYTES);

  static Stream<FrameIo> bindings() {
    return Stream.of(FrameIo.JNA, ForeignIo.orJna());
  }

  @AfterEach
  void close() {
    LibC.close(fd);
  }

  @Test
  void aNewJavaHasItsOwnBinding() {
    FrameIo found = ForeignIo.orJna();
    if (Runtime.version().feature() >= 22) {
      assertInstanceOf(ForeignIo.class, found);
    } else {
      assertEquals(FrameIo.JNA, found);
    }
  }

  @ParameterizedTest
  @MethodSource("bindings")
  void whatIsWrittenIsRead(FrameIo io) {
    buffer.bytes().putLong(0, 0x0102030405060708L);
    assertEquals(8, io.write(fd, buffer.address(), 8));
    buffer.bytes().putLong(0, 0);
    assertEquals(8, io.read(fd, buffer.address(), 8));
    assertEquals(0x0102030405060708L, buffer.bytes().getLong(0));
  }

  @ParameterizedTest
  @MethodSource("bindings")
  void whatAnIovecRefersToIsWritten(FrameIo io) {
    buffer.bytes().putLong(0, 7);
    NativeBuffer iovecs = new NativeBuffer(LinuxTun.IOVEC_BYTES);
    iovecs.bytes().putLong(0, buffer.address());
    iovecs.bytes().putLong(LinuxTun.IOVEC_LENGTH, 8);
    assertEquals(8, io.writev(fd, iovecs.address(), 1));
    assertEquals(8, io.read(fd, buffer.address(), 8));
    assertEquals(7, buffer.bytes().getLong(0));
    assertEquals(-EINVAL, io.writev(fd, iovecs.address(), -1));
  }

  @ParameterizedTest
  @MethodSource("bindings")
  void failuresAreNegativeErrorNumbers(FrameIo io) {
    assertEquals(-LinuxTun.EAGAIN, io.read(fd, buffer.address(), 8));
    assertEquals(-EINVAL, io.write(fd, buffer.address(), 4));
    assertEquals(-EBADF, io.read(-1, buffer.address(), 8));
    assertEquals(-EBADF, io.write(-1, buffer.address(), 8));
  }
}
