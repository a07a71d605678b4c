package dev.tapstack.tap;

/**
 * How frames are read from and written to a descriptor: the calls on the packet path, behind an
 * interface so that another binding can take JNA's place. Nothing is thrown: a failure is the
 * negative error number. Any thread.
 */
interface FrameIo {
  /** Reads into {@code length} bytes at {@code address}; the bytes read, or -errno. */
  int read(int fd, long address, int length);

  /** Writes {@code length} bytes at {@code address}; the bytes written, or -errno. */
  int write(int fd, long address, int length);

  /** Writes what {@code count} struct iovec at {@code iovecs} refer to; the bytes, or -errno. */
  int writev(int fd, long iovecs, int count);

  /** By JNA. */
  FrameIo JNA =
      new FrameIo() {
        @Override
        public int read(int fd, long address, int length) {
          long result = LibC.read(fd, address, length);
          return result >= 0 ? (int) result : -LibC.errno();
        }

        @Override
        public int write(int fd, long address, int length) {
          long result = LibC.write(fd, address, length);
          return result >= 0 ? (int) result : -LibC.errno();
        }

        @Override
        public int writev(int fd, long iovecs, int count) {
          long result = LibC.writev(fd, iovecs, count);
          return result >= 0 ? (int) result : -LibC.errno();
        }
      };
}
