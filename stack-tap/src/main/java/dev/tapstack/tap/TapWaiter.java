package dev.tapstack.tap;

import dev.tapstack.loop.StackLoop;
import dev.tapstack.loop.Waiter;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Sleeps in ppoll(2) on the descriptors of TAPs and on an eventfd(2) for wakeups.
 *
 * <p>Theory of operation. Slot 0 of the pollfd array is the eventfd, the others belong to watched
 * descriptors. The first {@link #wakeup} of a sleep writes to the eventfd; others find {@link
 * #woken} set and spare the call. After the sleep the eventfd is emptied first and the flag lowered
 * second: a wakeup in between is not written, but what it announced is found in the turn that
 * follows. Descriptors are level-triggered: what a turn's budget left unread is announced again.
 *
 * <p>All methods but {@link #wakeup} are for the loop's thread (or the one that sets the loop up).
 */
public final class TapWaiter implements Waiter {
  private static final int INITIAL_SLOTS = 8;

  private final int eventFd;
  private final AtomicBoolean woken = new AtomicBoolean();
  private final NativeBuffer counter = new NativeBuffer(Long.BYTES);
  private final NativeBuffer one = new NativeBuffer(Long.BYTES);
  private final NativeBuffer timeout = new NativeBuffer(LinuxTun.TIMESPEC_BYTES);

  /** Keeps a late {@link #wakeup} from writing to a descriptor that is somebody else's by then. */
  private final ReentrantLock closing = new ReentrantLock();

  private boolean isClosed;
  private NativeBuffer pollfds = new NativeBuffer(INITIAL_SLOTS * LinuxTun.POLLFD_BYTES);
  private StackLoop.@Nullable Registration[] registrations =
      new StackLoop.@Nullable Registration[INITIAL_SLOTS];
  private int slots;

  /**
   * A waiter that watches nothing yet.
   *
   * @throws TapException if the process has no descriptor left
   */
  public TapWaiter() {
    eventFd = LibC.eventfd(0, LinuxTun.NONBLOCK | LinuxTun.CLOEXEC);
    if (eventFd < 0) {
      throw new TapException("eventfd: " + LibC.text(LibC.errno()));
    }
    one.bytes().putLong(0, 1);
    add(eventFd, null);
  }

  /** Announces {@code registration} whenever {@code fd} can be read, or is in error. */
  void watch(int fd, StackLoop.Registration registration) {
    add(fd, registration);
  }

  private void add(int fd, StackLoop.@Nullable Registration registration) {
    if (slots == registrations.length) {
      grow();
    }
    int pollfd = slots * LinuxTun.POLLFD_BYTES;
    pollfds.bytes().putInt(pollfd, fd);
    pollfds.bytes().putShort(pollfd + LinuxTun.POLLFD_EVENTS, (short) LinuxTun.POLLIN);
    pollfds.bytes().putShort(pollfd + LinuxTun.POLLFD_REVENTS, (short) 0);
    registrations[slots++] = registration;
  }

  private void grow() {
    NativeBuffer larger = new NativeBuffer(2 * slots * LinuxTun.POLLFD_BYTES);
    larger.bytes().put(0, pollfds.bytes(), 0, slots * LinuxTun.POLLFD_BYTES);
    pollfds = larger;
    registrations = Arrays.copyOf(registrations, 2 * slots);
  }

  /** Stops watching {@code fd}; nothing happens if it is not watched. */
  void forget(int fd) {
    for (int slot = 1; slot < slots; slot++) {
      if (pollfds.bytes().getInt(slot * LinuxTun.POLLFD_BYTES) == fd) {
        slots--;
        pollfds
            .bytes()
            .putLong(
                slot * LinuxTun.POLLFD_BYTES,
                pollfds.bytes().getLong(slots * LinuxTun.POLLFD_BYTES));
        registrations[slot] = registrations[slots];
        registrations[slots] = null;
        return;
      }
    }
  }

  @Override
  public void await(long nanos) {
    long timespec = 0; // without limit
    if (nanos != Long.MAX_VALUE) {
      timeout.bytes().putLong(0, nanos / 1_000_000_000L);
      timeout.bytes().putLong(LinuxTun.TIMESPEC_NANOS, nanos % 1_000_000_000L);
      timespec = timeout.address();
    }
    int ready = LibC.ppoll(pollfds.address(), slots, timespec, 0);
    // A failure (EINTR) is an early return; revents then mean nothing.
    for (int slot = 0; ready > 0 && slot < slots; slot++) {
      if (pollfds.bytes().getShort(slot * LinuxTun.POLLFD_BYTES + LinuxTun.POLLFD_REVENTS) != 0) {
        ready--;
        StackLoop.Registration registration = registrations[slot];
        if (registration != null) {
          registration.announce();
        } else {
          LibC.read(eventFd, counter.address(), Long.BYTES);
          woken.set(false);
        }
      }
    }
  }

  @Override
  public void wakeup() {
    if (woken.compareAndSet(false, true)) {
      closing.lock();
      try {
        if (!isClosed) {
          LibC.write(eventFd, one.address(), Long.BYTES);
        }
      } finally {
        closing.unlock();
      }
    }
  }

  @Override
  public void close() {
    closing.lock();
    try {
      if (!isClosed) {
        isClosed = true;
        LibC.close(eventFd);
      }
    } finally {
      closing.unlock();
    }
  }
}
