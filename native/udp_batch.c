// Batched UDP for Node.js on Linux: recvmmsg and sendmmsg behind one call into JavaScript per batch.
//
// A readable socket is drained into memory that is shared with JavaScript; the callback is called
// once with the number of datagrams and returns the number of answers it wrote, which then leave
// with one sendmmsg. A second range of slots is for answers that come later, sent by `flush`.
//
// Nothing that JavaScript writes is trusted: counts, lengths and indices are checked against the
// bounds of `struct shared`. One thing is left to the caller: the memory must be neither detached
// nor resized while its socket is open.

#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAPI_VERSION 8
#include <node_api.h>
#include <uv.h>

enum {
  BATCH = 64,        // datagrams per recvmmsg, answers per sendmmsg
  LATE = 64,         // slots for answers that come later
  OUT = BATCH + LATE,
  CAPACITY = 1280,   // octets of the longest message in a slot
  STRIDE = 1344,     // octets from slot to slot: an odd number of cache lines, so that equal
                     // places of neighbouring slots fall into different cache sets
  ROUNDS = 8,        // batches per event, then other handles get their turn
  WORTH_ANOTHER = 8, // a batch this large is likely to have been followed by more already
};

enum { FLAG_REUSE_PORT = 1, FLAG_V6_ONLY = 2 };

// Words of `control`, written by this file and only read by JavaScript.
enum {
  CONTROL_LATE_BUSY = 0, // 1 while late slots wait for room in the send buffer: leave them alone
  CONTROL_UNSENT = 1,    // answers that the kernel did not take, wrapping
  CONTROL_PORT = 2,      // the port that the socket was bound to
};

// Who asked, and at which of our addresses. JavaScript copies these whole for late answers.
struct peer {
  union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } address;            //  0: as the kernel gave it; the port in network order at 2
  uint8_t family;       // 28: 4 or 6; an IPv4 client of a dual-stack socket counts as 4
  uint8_t offset;       // 29: where in this record the 4 or 16 octets of its address stand
  uint8_t has_local;    // 30: 1 when `local` says where the query was sent to
  uint8_t unused;       // 31
  uint8_t local[16];    // 32: in_addr in the first four octets (IPv4 socket), or in6_addr
  uint32_t scope;       // 48: interface of a link-local `local`, otherwise 0
  uint32_t reserved[3]; // 52
};
_Static_assert(sizeof(struct peer) == 64, "JavaScript counts on 64 octets");

// The ArrayBuffer. src/listen/udp/batch-memory.ts has the same layout.
struct shared {
  int32_t control[16];
  int32_t lengths[BATCH];     // received; negative when the datagram was longer than its slot
  int32_t out_lengths[OUT];   // answers
  int32_t out_sources[BATCH]; // the received slot that each immediate answer belongs to
  struct peer peers[OUT];     // of received datagrams, then of late answers
  uint8_t received[BATCH][STRIDE];
  uint8_t out[OUT][STRIDE];
};
_Static_assert(sizeof(struct shared) == 267328, "JavaScript counts on this layout");

union control {
  struct cmsghdr header;
  char v4[CMSG_SPACE(sizeof(struct in_pktinfo))];
  char v6[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

// Messages [next, end) of `out_messages` still to be sent.
struct outbox {
  int next;
  int end;
};

struct batch_socket {
  uv_poll_t poll;
  int fd;         // -1 once closed
  int references; // the JavaScript handle, the poll handle, and calls under way
  int polled;     // the events polled for
  bool v6;
  bool wildcard; // several local addresses: each message carries the one that was asked
  bool paused;
  bool blocked; // an outbox waits for room in the send buffer
  struct outbox immediate;
  struct outbox late;
  struct shared *shared;

  napi_env env;
  napi_ref memory;
  napi_ref callback;
  napi_async_context context;
  napi_async_cleanup_hook_handle cleanup;

  struct mmsghdr in_messages[BATCH];
  struct iovec in_vectors[BATCH];
  union control in_control[BATCH];
  struct mmsghdr out_messages[OUT];
  struct iovec out_vectors[OUT];
  union control out_control[OUT];
};

static void release(struct batch_socket *s) {
  if (--s->references == 0) free(s);
}

// ---- Receiving

static void arrange_messages(struct batch_socket *s) {
  for (int i = 0; i < BATCH; i++) {
    s->in_vectors[i] = (struct iovec){s->shared->received[i], CAPACITY};
    struct msghdr *header = &s->in_messages[i].msg_hdr;
    header->msg_iov = &s->in_vectors[i];
    header->msg_iovlen = 1;
    header->msg_name = &s->shared->peers[i].address;
    header->msg_control = s->wildcard ? &s->in_control[i] : NULL;
  }
  for (int i = 0; i < OUT; i++) {
    struct msghdr *header = &s->out_messages[i].msg_hdr;
    header->msg_iov = &s->out_vectors[i];
    header->msg_iovlen = 1;
    header->msg_namelen = s->v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    header->msg_control = &s->out_control[i];
    struct cmsghdr *control = &s->out_control[i].header;
    control->cmsg_level = s->v6 ? IPPROTO_IPV6 : IPPROTO_IP;
    control->cmsg_type = s->v6 ? IPV6_PKTINFO : IP_PKTINFO;
    control->cmsg_len =
        s->v6 ? CMSG_LEN(sizeof(struct in6_pktinfo)) : CMSG_LEN(sizeof(struct in_pktinfo));
  }
}

// Whether an address can be the source of an answer: what was sent to a group cannot.
static bool is_usable_source(const struct in6_addr *address) {
  if (IN6_IS_ADDR_V4MAPPED(address)) {
    uint32_t v4;
    memcpy(&v4, &address->s6_addr[12], sizeof v4);
    return !IN_MULTICAST(ntohl(v4)) && v4 != INADDR_BROADCAST;
  }
  return !IN6_IS_ADDR_MULTICAST(address);
}

static void note_local_address(struct peer *peer, struct msghdr *header) {
  peer->has_local = 0;
  const struct cmsghdr *control = CMSG_FIRSTHDR(header);
  if (control == NULL) return;
  if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
    struct in_pktinfo info;
    memcpy(&info, CMSG_DATA(control), sizeof info);
    memcpy(peer->local, &info.ipi_spec_dst, sizeof info.ipi_spec_dst);
    peer->scope = 0;
    peer->has_local = 1;
  } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
    struct in6_pktinfo info;
    memcpy(&info, CMSG_DATA(control), sizeof info);
    memcpy(peer->local, &info.ipi6_addr, sizeof info.ipi6_addr);
    // A global address leaves by the route, as any other answer; only a link-local one is tied.
    peer->scope = IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr) ? info.ipi6_ifindex : 0;
    peer->has_local = is_usable_source(&info.ipi6_addr);
  }
}

static void note_client_family(struct peer *peer) {
  if (peer->address.any.sa_family == AF_INET) {
    peer->family = 4;
    peer->offset = offsetof(struct sockaddr_in, sin_addr);
  } else if (IN6_IS_ADDR_V4MAPPED(&peer->address.v6.sin6_addr)) {
    peer->family = 4;
    peer->offset = offsetof(struct sockaddr_in6, sin6_addr) + 12;
  } else {
    peer->family = 6;
    peer->offset = offsetof(struct sockaddr_in6, sin6_addr);
  }
}

static int receive(struct batch_socket *s) {
  for (int i = 0; i < BATCH; i++) {
    struct msghdr *header = &s->in_messages[i].msg_hdr;
    header->msg_namelen = sizeof(struct sockaddr_in6);
    header->msg_controllen = s->wildcard ? sizeof(union control) : 0;
  }
  int count;
  do count = recvmmsg(s->fd, s->in_messages, BATCH, MSG_DONTWAIT, NULL);
  while (count < 0 && errno == EINTR);
  for (int i = 0; i < count; i++) {
    struct mmsghdr *message = &s->in_messages[i];
    struct peer *peer = &s->shared->peers[i];
    int32_t length = (int32_t)message->msg_len;
    s->shared->lengths[i] = message->msg_hdr.msg_flags & MSG_TRUNC ? -length : length;
    note_client_family(peer);
    if (s->wildcard) note_local_address(peer, &message->msg_hdr);
  }
  return count;
}

// ---- Sending

static void set_local_address(struct batch_socket *s, int entry, const struct peer *peer) {
  struct msghdr *header = &s->out_messages[entry].msg_hdr;
  void *data = CMSG_DATA(&s->out_control[entry].header);
  if (!s->wildcard || peer->has_local != 1) {
    header->msg_controllen = 0;
  } else if (s->v6) {
    struct in6_pktinfo info = {.ipi6_ifindex = peer->scope};
    memcpy(&info.ipi6_addr, peer->local, sizeof info.ipi6_addr);
    memcpy(data, &info, sizeof info);
    header->msg_controllen = CMSG_SPACE(sizeof info);
  } else {
    struct in_pktinfo info = {0};
    memcpy(&info.ipi_spec_dst, peer->local, sizeof info.ipi_spec_dst);
    memcpy(data, &info, sizeof info);
    header->msg_controllen = CMSG_SPACE(sizeof info);
  }
}

// Puts slots [first, first + count) into the outbox; those that make no sense are left out.
static void fill(struct batch_socket *s, struct outbox *box, int first, int count) {
  struct shared *shared = s->shared;
  int entry = first;
  for (int slot = first; slot < first + count; slot++) {
    int32_t length = shared->out_lengths[slot];
    int32_t source = first == 0 ? shared->out_sources[slot] : slot;
    if (length <= 0 || length > CAPACITY || source < 0 || source >= OUT) {
      shared->control[CONTROL_UNSENT]++;
      continue;
    }
    s->out_vectors[entry] = (struct iovec){shared->out[slot], (size_t)length};
    s->out_messages[entry].msg_hdr.msg_name = &shared->peers[source].address;
    set_local_address(s, entry, &shared->peers[source]);
    entry++;
  }
  *box = (struct outbox){first, entry};
}

// Sends what the outbox holds; false when the send buffer is full and a rest stays.
// A message that the kernel refuses (no route, a firewall, port 0) must not stop the others.
static bool send_all(struct batch_socket *s, struct outbox *box) {
  while (box->next < box->end) {
    int sent = sendmmsg(s->fd, &s->out_messages[box->next], box->end - box->next, MSG_DONTWAIT);
    if (sent > 0) {
      box->next += sent;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return false;
    } else if (errno != EINTR) {
      box->next++;
      s->shared->control[CONTROL_UNSENT]++;
    }
  }
  return true;
}

static void give_up(struct batch_socket *s, struct outbox *box) {
  s->shared->control[CONTROL_UNSENT] += box->end - box->next;
  box->next = box->end;
}

// ---- Events

static void on_event(uv_poll_t *poll, int status, int events);

static void update_polling(struct batch_socket *s) {
  // While answers wait for room, no more are made: the queries wait in the receive buffer.
  int wanted = s->blocked ? UV_WRITABLE : s->paused ? 0 : UV_READABLE;
  if (wanted == s->polled) return;
  s->polled = wanted;
  if (wanted == 0) {
    uv_poll_stop(&s->poll);
  } else {
    uv_poll_start(&s->poll, wanted, on_event);
  }
}

static void note_blocked(struct batch_socket *s) {
  bool late = s->late.next < s->late.end;
  s->shared->control[CONTROL_LATE_BUSY] = late;
  s->blocked = late || s->immediate.next < s->immediate.end;
  update_polling(s);
}

// There is room again, the kernel says. What still does not fit is not kept a second time.
static void send_rest(struct batch_socket *s) {
  int before = s->immediate.next + s->late.next;
  bool all = send_all(s, &s->immediate) && send_all(s, &s->late);
  if (!all && s->immediate.next + s->late.next == before) {
    give_up(s, &s->immediate);
    give_up(s, &s->late);
  }
  note_blocked(s);
}

// One call into JavaScript; returns what it returned, 0 when it threw. Runs ticks and microtasks
// behind it, as every callback from the event loop must (napi_make_callback).
static int32_t call_javascript(struct batch_socket *s, int count) {
  napi_env env = s->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return 0;
  int32_t answers = 0;
  napi_value callback, global, argument, result;
  if (napi_get_reference_value(env, s->callback, &callback) == napi_ok &&
      napi_get_global(env, &global) == napi_ok &&
      napi_create_int32(env, count, &argument) == napi_ok) {
    napi_status status =
        napi_make_callback(env, s->context, global, callback, 1, &argument, &result);
    if (status == napi_ok) {
      if (napi_get_value_int32(env, result, &answers) != napi_ok) answers = 0;
    } else if (status == napi_pending_exception) {
      napi_value error;
      if (napi_get_and_clear_last_exception(env, &error) == napi_ok) {
        napi_fatal_exception(env, error);
      }
    }
  }
  napi_close_handle_scope(env, scope);
  return answers < 0 ? 0 : answers > BATCH ? BATCH : answers;
}

static void drain(struct batch_socket *s) {
  for (int round = 0; round < ROUNDS; round++) {
    int count = receive(s);
    if (count <= 0) return;
    int32_t answers = call_javascript(s, count);
    if (s->fd < 0) return;
    fill(s, &s->immediate, 0, answers);
    if (!send_all(s, &s->immediate)) note_blocked(s);
    if (s->blocked || s->paused || count < WORTH_ANOTHER) return;
  }
}

static void on_event(uv_poll_t *poll, int status, int events) {
  struct batch_socket *s = poll->data;
  s->references++;
  if (status < 0) {
    // A pending socket error stops the handle; reading the error clears it.
    int error;
    socklen_t size = sizeof error;
    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    s->polled = 0;
    update_polling(s);
  } else if (s->blocked) {
    send_rest(s);
  } else if (events & UV_READABLE) {
    drain(s);
  }
  release(s);
}

// ---- Closing

static void on_closed(uv_handle_t *handle) {
  struct batch_socket *s = handle->data;
  if (s->cleanup != NULL) napi_remove_async_cleanup_hook(s->cleanup);
  release(s);
}

static void shut(struct batch_socket *s) {
  if (s->fd < 0) return;
  uv_close((uv_handle_t *)&s->poll, on_closed);
  close(s->fd);
  s->fd = -1;
}

// A worker thread must not end with an open handle on its loop: libuv aborts the process then.
static void on_environment_ends(napi_async_cleanup_hook_handle handle, void *data) {
  (void)handle;
  shut(data);
}

static void on_handle_collected(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  release(data);
}

// ---- What JavaScript calls

// The socket of the handle in the first argument; NULL with an exception when there is none.
static struct batch_socket *arguments_of(napi_env env, napi_callback_info info, napi_value *more) {
  napi_value arguments[2];
  size_t count = 2;
  void *data = NULL;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok ||
      napi_get_value_external(env, arguments[0], &data) != napi_ok) {
    napi_throw_type_error(env, NULL, "a socket handle is needed");
    return NULL;
  }
  if (more != NULL) *more = arguments[1];
  return data;
}

// flush(handle, count): sends the first `count` late slots.
static napi_value flush_late(napi_env env, napi_callback_info info) {
  napi_value value;
  struct batch_socket *s = arguments_of(env, info, &value);
  if (s == NULL || s->fd < 0 || s->late.next < s->late.end) return NULL;
  int32_t count = 0;
  if (napi_get_value_int32(env, value, &count) != napi_ok || count <= 0) return NULL;
  fill(s, &s->late, BATCH, count > LATE ? LATE : count);
  if (!send_all(s, &s->late)) note_blocked(s);
  return NULL;
}

// Connects the socket to itself. Of those that share a port, the kernel passes over connected ones
// unless their own peer sends, so that queries go to the others; messages with an address of their
// own leave as before.
static bool leave_port(struct batch_socket *s) {
  struct sockaddr_in6 address = {0};
  struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
  socklen_t size = sizeof address;
  if (getsockname(s->fd, (struct sockaddr *)&address, &size) != 0) return false;
  if (s->wildcard && s->v6) address.sin6_addr = in6addr_loopback;
  if (s->wildcard && !s->v6) v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connect(s->fd, (struct sockaddr *)&address, size) == 0;
}

// pause(handle): is sent no more; what is there already is read still, and late answers leave.
static napi_value pause_reading(napi_env env, napi_callback_info info) {
  struct batch_socket *s = arguments_of(env, info, NULL);
  if (s == NULL || s->fd < 0) return NULL;
  // If queries cannot be led elsewhere, they must not keep coming in either.
  s->paused = !leave_port(s);
  update_polling(s);
  return NULL;
}

static void set_buffer(int fd, int forced, int plain, int size) {
  if (setsockopt(fd, SOL_SOCKET, forced, &size, sizeof size) != 0) {
    setsockopt(fd, SOL_SOCKET, plain, &size, sizeof size);
  }
}

static void set_buffers(int fd, int size) {
  if (size <= 0) return;
  set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, size);
  set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, size);
}

// resize(handle, bufferSize): asks the kernel for buffers of another size.
static napi_value resize_buffers(napi_env env, napi_callback_info info) {
  napi_value value;
  struct batch_socket *s = arguments_of(env, info, &value);
  int32_t size = 0;
  if (s == NULL || s->fd < 0 || napi_get_value_int32(env, value, &size) != napi_ok) return NULL;
  set_buffers(s->fd, size);
  return NULL;
}

// close(handle): the port is free again when this returns.
static napi_value close_socket(napi_env env, napi_callback_info info) {
  struct batch_socket *s = arguments_of(env, info, NULL);
  if (s == NULL || s->fd < 0) return NULL;
  shut(s);
  napi_delete_reference(env, s->callback);
  napi_delete_reference(env, s->memory);
  napi_async_destroy(env, s->context);
  return NULL;
}

static bool enable(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

// Makes and binds the socket; 0, or a negative error number with s->fd still -1.
static int bind_socket(struct batch_socket *s, const char *text, int port, int flags, int buffer) {
  struct sockaddr_in6 address = {0};
  struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
  socklen_t size = sizeof *v4;
  if (uv_ip4_addr(text, port, v4) == 0) {
    s->wildcard = v4->sin_addr.s_addr == INADDR_ANY;
  } else if (uv_ip6_addr(text, port, &address) == 0) {
    size = sizeof address;
    s->v6 = true;
    s->wildcard = IN6_IS_ADDR_UNSPECIFIED(&address.sin6_addr);
  } else {
    return -EINVAL;
  }

  int fd = socket(s->v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  bool ready = true;
  if (flags & FLAG_REUSE_PORT) ready = enable(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (s->v6) {
    ready = ready && enable(fd, IPPROTO_IPV6, IPV6_V6ONLY, (flags & FLAG_V6_ONLY) != 0);
    if (s->wildcard) ready = ready && enable(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  } else if (s->wildcard) {
    ready = ready && enable(fd, IPPROTO_IP, IP_PKTINFO, 1);
  }
  // Forged "fragmentation needed" messages must not shrink the path of our answers.
  enable(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
  if (s->v6) enable(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
  set_buffers(fd, buffer);

  if (!ready || bind(fd, (struct sockaddr *)&address, size) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
    int error = -errno;
    close(fd);
    return error;
  }
  s->shared->control[CONTROL_PORT] = ntohs(v4->sin_port); // at the same place in both families
  s->fd = fd;
  return 0;
}

static bool start(struct batch_socket *s, napi_env env, napi_value memory, napi_value callback) {
  napi_value name;
  uv_loop_t *loop;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok ||
      napi_create_string_utf8(env, "dotward.udp", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_async_init(env, NULL, name, &s->context) != napi_ok ||
      napi_create_reference(env, memory, 1, &s->memory) != napi_ok ||
      napi_create_reference(env, callback, 1, &s->callback) != napi_ok ||
      uv_poll_init(loop, &s->poll, s->fd) != 0) {
    return false;
  }
  s->poll.data = s;
  s->references++;
  napi_add_async_cleanup_hook(env, on_environment_ends, s, &s->cleanup);
  update_polling(s);
  return true;
}

// open(memory, address, port, flags, bufferSize, callback): a handle. Throws an error whose `code`
// is the name of the system's error.
static napi_value open_socket(napi_env env, napi_callback_info info) {
  napi_value arguments[6], handle;
  size_t count = 6, text_length, memory_size;
  char text[64];
  int32_t port, flags, buffer;
  void *memory;
  napi_valuetype type;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok ||
      napi_get_arraybuffer_info(env, arguments[0], &memory, &memory_size) != napi_ok ||
      memory_size != sizeof(struct shared) ||
      napi_get_value_string_utf8(env, arguments[1], text, sizeof text, &text_length) != napi_ok ||
      napi_get_value_int32(env, arguments[2], &port) != napi_ok || port < 0 || port > 65535 ||
      napi_get_value_int32(env, arguments[3], &flags) != napi_ok ||
      napi_get_value_int32(env, arguments[4], &buffer) != napi_ok ||
      napi_typeof(env, arguments[5], &type) != napi_ok || type != napi_function) {
    napi_throw_type_error(env, NULL, "open(memory, address, port, flags, bufferSize, callback)");
    return NULL;
  }

  struct batch_socket *s = calloc(1, sizeof *s);
  if (s == NULL) {
    napi_throw_error(env, "ENOMEM", uv_strerror(UV_ENOMEM));
    return NULL;
  }
  s->fd = -1;
  s->env = env;
  s->shared = memory;
  s->references = 1;
  int error = bind_socket(s, text, port, flags, buffer);
  if (error != 0) {
    free(s);
    napi_throw_error(env, uv_err_name(error), uv_strerror(error));
    return NULL;
  }
  arrange_messages(s);
  if (napi_create_external(env, s, on_handle_collected, NULL, &handle) != napi_ok) {
    close(s->fd);
    free(s);
    return NULL;
  }
  if (!start(s, env, arguments[0], arguments[5])) {
    close(s->fd);
    s->fd = -1;
    napi_throw_error(env, NULL, "the socket could not be joined to the event loop");
    return NULL;
  }
  return handle;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"open", NULL, open_socket, NULL, NULL, NULL, napi_enumerable, NULL},
      {"flush", NULL, flush_late, NULL, NULL, NULL, napi_enumerable, NULL},
      {"pause", NULL, pause_reading, NULL, NULL, NULL, napi_enumerable, NULL},
      {"resize", NULL, resize_buffers, NULL, NULL, NULL, napi_enumerable, NULL},
      {"close", NULL, close_socket, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  return exports;
}
