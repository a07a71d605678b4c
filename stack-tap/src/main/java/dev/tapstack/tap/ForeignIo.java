package dev.tapstack.tap;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Frames by {@code java.lang.foreign}, which Java 22 and later have: its calls are compiled into
 * their callers, where each of JNA's goes through a dispatcher (measured: 12 % of what a forwarding
 * loop did). This is compiled for Java 21, so the API is found by reflection, once.
 *
 * <p>Each loop's devices have their own: the error number of a call lies in it.
 */
final class ForeignIo implements FrameIo {
  private static final int FIRST_JAVA = 22;
  private static final String API = "java.lang.foreign.";
  private static final Logger LOG = LoggerFactory.getLogger(ForeignIo.class);

  // Constants, for only those are compiled into their callers.
  private static final MethodHandle READ = function("read");
  private static final MethodHandle WRITE = function("write");
  private static final MethodHandle WRITEV = function("writev");

  private final ByteBuffer errno =
      ByteBuffer.allocateDirect(Integer.BYTES).order(ByteOrder.nativeOrder());
  private final Object errnoSegment;

  private ForeignIo() throws ReflectiveOperationException {
    errnoSegment = type("MemorySegment").getMethod("ofBuffer", Buffer.class).invoke(null, errno);
  }

  /** One of these, or JNA's where this Java has no such thing. */
  static FrameIo orJna() {
    if (Runtime.version().feature() >= FIRST_JAVA) {
      try {
        return new ForeignIo();
      } catch (ReflectiveOperationException | LinkageError e) {
        LOG.debug("frames go through JNA", e);
      }
    }
    return FrameIo.JNA;
  }

  /**
   * A function of the C library that takes an int, an address and a number, and answers a number or
   * -1; in front of these the segment for its error number. A 32-bit argument may be given as 64,
   * as both are passed in a register.
   */
  private static MethodHandle function(String name) {
    try {
      Class<?> linkers = type("Linker");
      Object linker = linkers.getMethod("nativeLinker").invoke(null);
      Object library = linkers.getMethod("defaultLookup").invoke(linker);
      Optional<?> symbol =
          (Optional<?>) type("SymbolLookup").getMethod("find", String.class).invoke(library, name);
      Object number = type("ValueLayout").getField("JAVA_LONG").get(null);
      Object smallNumber = type("ValueLayout").getField("JAVA_INT").get(null);
      Object arguments = array(type("MemoryLayout"), smallNumber, number, number);
      Object descriptor =
          type("FunctionDescriptor")
              .getMethod("of", type("MemoryLayout"), arguments.getClass())
              .invoke(null, number, arguments);
      Object keepsErrno =
          type("Linker$Option")
              .getMethod("captureCallState", String[].class)
              .invoke(null, (Object) new String[] {"errno"});
      Object options = array(type("Linker$Option"), keepsErrno);
      Object handle =
          linkers
              .getMethod(
                  "downcallHandle",
                  type("MemorySegment"),
                  type("FunctionDescriptor"),
                  options.getClass())
              .invoke(linker, symbol.orElseThrow(), descriptor, options);
      return ((MethodHandle) handle)
          .asType(
              MethodType.methodType(long.class, Object.class, int.class, long.class, long.class));
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(name, e);
    }
  }

  private static Class<?> type(String name) throws ClassNotFoundException {
    return Class.forName(API + name);
  }

  private static Object array(Class<?> type, Object... elements) {
    Object array = Array.newInstance(type, elements.length);
    for (int i = 0; i < elements.length; i++) {
      Array.set(array, i, elements[i]);
    }
    return array;
  }

  @Override
  public int read(int fd, long address, int length) {
    return call(READ, fd, address, length);
  }

  @Override
  public int write(int fd, long address, int length) {
    return call(WRITE, fd, address, length);
  }

  @Override
  public int writev(int fd, long iovecs, int count) {
    return call(WRITEV, fd, iovecs, count);
  }

  private int call(MethodHandle function, int fd, long address, long length) {
    try {
      long result = (long) function.invokeExact(errnoSegment, fd, address, length);
      return result >= 0 ? (int) result : -errno.getInt(0);
    } catch (Throwable e) {
      throw new AssertionError("C throws nothing", e);
    }
  }
}
