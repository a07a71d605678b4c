package dev.tapstack.tap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Pointer;
import dev.tapstack.addr.MacAddress;
import dev.tapstack.device.DeviceInput;
import dev.tapstack.loop.StackLoop;
import dev.tapstack.packet.Packet;
import dev.tapstack.packet.PacketPool;
import dev.tapstack.stats.PacketLedger;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The device against a kernel played by the test: reads, writes, and every way they fail. */
class TapDeviceTest implements DeviceInput, FrameIo {
  private static final int BAD_ADDRESS = 14; // EFAULT, asm-generic/errno-base.h

  private final TapWaiter waiter = new TapWaiter();
  private long nowNanos;
  private final StackLoop loop = new StackLoop(() -> nowNanos, waiter);
  private final PacketPool pool = new PacketPool();
  private final PacketLedger ledger = new PacketLedger();
  private final int frameFd = LibC.eventfd(0, LinuxTun.NONBLOCK);
  private final int noticeFd = LibC.eventfd(0, LinuxTun.NONBLOCK);
  private TapDevice device; // closes frameFd

  // The kernel's side.
  private final ArrayDeque<byte[]> waiting = new ArrayDeque<>();
  private final List<byte[]> written = new ArrayList<>();
  private int reads;
  private int readsAtFirstInput;
  private boolean closesAtFirstInput;
  private int polls;
  private int readErrno = LinuxTun.EAGAIN;
  private int writeErrno;
  private LinkMonitor.State state = LinkMonitor.State.UP;

  // What the interface heard.
  private final List<byte[]> received = new ArrayList<>();
  private final List<String> events = new ArrayList<>();

  @BeforeEach
  void open() {
    TapSetup.Opened opened =
        new TapSetup.Opened(
            "tap0", frameFd, new FakeLink(), true, 1500, MacAddress.ZERO, true, false);
    device = new TapDevice(opened, this, loop, waiter, pool);
    device.attach(
        this,
        loop.register((now, budget) -> {
          polls++;
          return device.poll(now, budget);
        }));
  }

  @AfterEach
  void close() {
    device.close();
    device.close();
    assertEquals(0, pool.outstanding(), "packets without an end");
    pool.close();
    waiter.close();
  }

  @Test
  void framesAreReadUntilThereAreNoMore() {
    waiting.add(new byte[] {1, 2, 3});
    waiting.add(new byte[1514]);
    assertEquals(2, device.poll(0, 256));
    assertArrayEquals(new byte[] {1, 2, 3}, received.get(0));
    assertEquals(1514, received.get(1).length);
    assertEquals(3, reads);
  }

  @Test
  void theBudgetEndsAPoll() {
    for (int i = 0; i < 5; i++) {
      waiting.add(new byte[60]);
    }
    assertEquals(3, device.poll(0, 3));
    assertEquals(2, device.poll(0, 3));
    assertEquals(5, received.size());
  }

  @Test
  void framesAreReadBeforeTheFirstIsGivenUp() {
    for (int i = 0; i < 100; i++) {
      waiting.add(new byte[] {(byte) i});
    }
    device.poll(0, 100);
    assertEquals(64, readsAtFirstInput);
    for (int i = 0; i < 100; i++) {
      assertArrayEquals(new byte[] {(byte) i}, received.get(i));
    }
  }

  @Test
  void whatWasReadBeforeAFailureIsGivenUp() {
    waiting.add(new byte[] {1});
    readErrno = LinuxTun.EBADFD;
    state = LinkMonitor.State.GONE;
    assertEquals(1, device.poll(0, 256));
    assertEquals(1, received.size());
    assertEquals(List.of("removed: tap0 was removed"), events);
  }

  @Test
  void aDeviceThatIsClosedFromItsInputGivesUpNoMore() {
    for (int i = 0; i < 5; i++) {
      waiting.add(new byte[60]);
    }
    closesAtFirstInput = true;
    device.poll(0, 256);
    assertEquals(1, received.size());
  }

  @Test
  void framesAreWrittenTogetherInTheirOrder() {
    ByteBuf payload = Unpooled.directBuffer().writeBytes(new byte[] {9});
    device.transmit(frame(1));
    device.transmit(frame(2));
    assertEquals(0, written.size());
    Packet packet = frame(3);
    assertTrue(packet.addPiece(payload, 0, 1));
    device.transmit(packet); // its payload is the sender's: not kept
    assertEquals(3, written.size());
    for (int i = 4; i < 67; i++) {
      device.transmit(frame(i));
    }
    assertEquals(3, written.size());
    device.transmit(frame(67)); // a batch is full
    assertEquals(67, written.size());
    assertArrayEquals(new byte[] {3, 9}, written.get(2));
    for (int i = 0; i < written.size(); i++) {
      assertEquals(i + 1, written.get(i)[0]);
    }
    payload.release();
  }

  @Test
  void aFrameThatWaitsIsWrittenAtTheEnd() {
    device.transmit(frame(1));
    device.close();
    assertEquals(1, written.size());
  }

  @Test
  void aFrameIsWrittenFromWhereItLies() {
    device.transmit(frame(7, 8));
    device.flush();
    assertArrayEquals(new byte[] {7, 8}, written.get(0));
    assertEquals(1, ledger.sentCount());
  }

  @Test
  void piecesFollowTheHeadersInOneWrite() {
    ByteBuf direct = Unpooled.directBuffer().writeBytes(new byte[] {0, 1, 2, 3, 4, 5});
    Packet packet = frame(7, 8);
    assertTrue(packet.addPiece(direct, 4, 2));
    assertTrue(packet.addPiece(direct, 1, 1));
    device.transmit(packet);
    assertArrayEquals(new byte[] {7, 8, 4, 5, 1}, written.get(0));
    direct.release();
  }

  @Test
  void piecesOnTheHeapAreCopiedFirst() {
    ByteBuf heap = Unpooled.wrappedBuffer(new byte[] {0, 1, 2, 3});
    Packet packet = frame(7);
    assertTrue(packet.addPiece(heap, 2, 2));
    device.transmit(packet);
    assertArrayEquals(new byte[] {7, 2, 3}, written.get(0));
  }

  @ParameterizedTest
  @CsvSource({
    "11, device-queue-full", // EAGAIN
    "105, device-queue-full", // ENOBUFS
    "12, device-queue-full", // ENOMEM
    "5, device-down", // EIO
    "77, device-down", // EBADFD
    "22, device-error", // EINVAL
  })
  void aFrameThatIsRefusedIsADropWithAName(int errno, String reason) {
    writeErrno = errno;
    device.transmit(frame(1));
    device.flush();
    assertEquals(Map.of(reason, 1L), ledger.drops().nonZero());
  }

  @Test
  void aLinkThatGoesDownTakesNoFramesUntilItIsUpAgain() {
    state = LinkMonitor.State.DOWN;
    notice();
    turn();
    assertFalse(device.isUp());
    device.transmit(frame(1));
    assertEquals(0, written.size());
    state = LinkMonitor.State.UP;
    notice();
    turn();
    device.transmit(frame(2));
    device.flush();
    assertEquals(1, written.size());
    assertEquals(List.of("down", "up"), events);
    assertEquals(Map.of("device-down", 1L), ledger.drops().nonZero());
  }

  @Test
  void aRefusedWriteAsksForTheLinkInTheNextTurn() {
    writeErrno = LinuxTun.EIO;
    state = LinkMonitor.State.DOWN;
    device.transmit(frame(1));
    device.flush();
    assertEquals(List.of(), events, "transmit never calls the input");
    loop.runOnce(0);
    assertEquals(List.of("down"), events);
  }

  @Test
  void aRemovedTapIsToldOnceAndNotLookedAtAgain() {
    readErrno = LinuxTun.EBADFD;
    state = LinkMonitor.State.GONE;
    readable();
    turn();
    turn();
    nowNanos += 1_000_000_000L;
    turn();
    assertEquals(List.of("removed: tap0 was removed"), events);
    assertEquals(1, polls, "what is in error for ever must not be announced");
    device.transmit(frame(1));
    assertEquals(Map.of("device-down", 1L), ledger.drops().nonZero());
  }

  @Test
  void aFailingDescriptorIsLeftAloneForAMoment() {
    readErrno = BAD_ADDRESS;
    readable();
    for (int i = 0; i < 10; i++) {
      turn();
    }
    assertEquals(1, reads, "an error must not keep the loop busy");
    nowNanos += 200_000_000L;
    turn(); // the timer fires at the end of this one
    turn();
    assertEquals(2, reads);
    assertEquals(List.of(), events);
  }

  private void turn() {
    waiter.await(0);
    loop.runOnce(nowNanos);
  }

  private void notice() {
    signal(noticeFd);
  }

  private void readable() {
    signal(frameFd);
  }

  private static void signal(int fd) {
    NativeBuffer one = new NativeBuffer(Long.BYTES);
    one.bytes().putLong(0, 1);
    assertEquals(Long.BYTES, LibC.write(fd, one.address(), Long.BYTES));
  }

  private Packet frame(int... bytes) {
    Packet packet = pool.allocateFor(bytes.length).builtBy(ledger);
    for (int i = 0; i < bytes.length; i++) {
      packet.buf().setByte(packet.start() + i, bytes[i]);
    }
    packet.end(packet.start() + bytes.length);
    return packet;
  }

  // DeviceInput

  @Override
  public void input(Packet packet) {
    byte[] bytes = new byte[packet.end() - packet.start()];
    packet.buf().getBytes(packet.start(), bytes);
    if (received.isEmpty()) {
      readsAtFirstInput = reads;
      if (closesAtFirstInput) {
        device.close();
      }
    }
    received.add(bytes);
    packet.unused();
  }

  @Override
  public void linkChanged(boolean isUp) {
    events.add(isUp ? "up" : "down");
  }

  @Override
  public void removed(String why) {
    events.add("removed: " + why);
  }

  // FrameIo

  @Override
  public int read(int fd, long address, int length) {
    assertEquals(frameFd, fd);
    reads++;
    byte[] frame = waiting.poll();
    if (frame == null) {
      return -readErrno;
    }
    assertTrue(length >= 1518, "room for a whole frame");
    new Pointer(address).write(0, frame, 0, frame.length);
    return frame.length;
  }

  @Override
  public int write(int fd, long address, int length) {
    return written(bytes(address, length));
  }

  @Override
  public int writev(int fd, long iovecs, int count) {
    ByteBuf all = Unpooled.buffer();
    for (int i = 0; i < count; i++) {
      Pointer iovec = new Pointer(iovecs).share(16L * i);
      all.writeBytes(bytes(iovec.getLong(0), (int) iovec.getLong(8)));
    }
    byte[] bytes = new byte[all.readableBytes()];
    all.readBytes(bytes);
    return written(bytes);
  }

  private static byte[] bytes(long address, int length) {
    return new Pointer(address).getByteArray(0, length);
  }

  private int written(byte[] bytes) {
    if (writeErrno != 0) {
      return -writeErrno;
    }
    written.add(bytes);
    return bytes.length;
  }

  private final class FakeLink implements LinkMonitor {
    @Override
    public int fd() {
      return noticeFd;
    }

    @Override
    public State state() {
      NativeBuffer value = new NativeBuffer(Long.BYTES);
      LibC.read(noticeFd, value.address(), Long.BYTES);
      return state;
    }

    @Override
    public void close() {
      LibC.close(noticeFd);
    }
  }
}
