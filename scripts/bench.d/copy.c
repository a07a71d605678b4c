/*
 * Copies Ethernet frames between two TAPs with one thread: the least that a gateway in user space
 * can do, against which scripts/bench --nat holds TapStack. It looks at no byte of a frame.
 *
 * Usage: copy NETNS TAP NETNS TAP. Each TAP is made in its namespace as TapStack makes its own (the
 * kernel's receive path in NAPI, without GRO), and is gone again at the end. Prints "ready".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Frames from one TAP before the other has its turn, as in TapStack's loop. */
#define BUDGET 64

/* More than a frame of a TAP can have. */
static char frame[1 << 16];

static int checked(int result, const char *what) {
  if (result < 0) {
    perror(what);
    exit(1);
  }
  return result;
}

static int open_tap(const char *netns, const char *name) {
  char path[256];
  snprintf(path, sizeof path, "/run/netns/%s", netns);
  int namespace = checked(open(path, O_RDONLY | O_CLOEXEC), path);
  checked(setns(namespace, CLONE_NEWNET), path);
  close(namespace);

  int tap = checked(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), "/dev/net/tun");
  struct ifreq request = {0};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_NAPI;
  checked(ioctl(tap, TUNSETIFF, &request), name);

  struct ethtool_value off = {.cmd = ETHTOOL_SGRO, .data = 0};
  request.ifr_data = (void *)&off;
  int control = checked(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
  checked(ioctl(control, SIOCETHTOOL, &request), "generic receive offload");
  close(control);
  return tap;
}

static void copy(int from, int to) {
  for (int i = 0; i < BUDGET; i++) {
    ssize_t length = read(from, frame, sizeof frame);
    if (length < 0) {
      if (errno != EAGAIN && errno != EIO && errno != EINTR) checked(-1, "read");
      return;
    }
    /* A frame that the other side has no room for is lost, as on any wire. */
    if (write(to, frame, length) < 0 && errno != EAGAIN && errno != EIO) checked(-1, "write");
  }
}

int main(int count, char **arguments) {
  if (count != 5) {
    fprintf(stderr, "usage: %s NETNS TAP NETNS TAP\n", arguments[0]);
    return 2;
  }
  struct pollfd taps[2] = {
      {.fd = open_tap(arguments[1], arguments[2]), .events = POLLIN},
      {.fd = open_tap(arguments[3], arguments[4]), .events = POLLIN},
  };
  puts("ready");
  fflush(stdout);
  for (;;) {
    if (poll(taps, 2, -1) < 0 && errno != EINTR) checked(-1, "poll");
    if (taps[0].revents) copy(taps[0].fd, taps[1].fd);
    if (taps[1].revents) copy(taps[1].fd, taps[0].fd);
  }
}
