// Put before native/udp_batch.c in its sanitized build: a sendmmsg that fails as the kernel may,
// which over loopback it never does.

#define _GNU_SOURCE
#include <errno.h>
#include <sys/socket.h>

static int failing_sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags) {
  static _Thread_local unsigned int state = 1;
  state = state * 1103515245u + 12345u;
  switch (state >> 28) {
    case 0:
    case 1:
      errno = EAGAIN;
      return -1;
    case 2:
      errno = EINTR;
      return -1;
    case 3:
      errno = EPERM;
      return -1;
    case 4: // takes a part, as when the buffer fills up or a message in the middle fails
      count = (count + 1) / 2;
      break;
  }
  return sendmmsg(fd, messages, count, flags);
}

#define sendmmsg failing_sendmmsg
