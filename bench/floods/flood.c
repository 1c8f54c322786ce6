/*
 * A flood of queries over IPv6/UDP from many addresses, as fast as one core sends them. Each source
 * has a /56 of its own below the prefix; the kernel must let us bind to all of it ("local" route,
 * net.ipv6.ip_nonlocal_bind). Prints what was sent and what came back: "sent octets answers octets".
 *
 * usage: flood SERVER PORT PREFIX SOURCES SECONDS NAMES
 *   PREFIX   first 32 bits of the sources' addresses, as in 2001:db8:: with the highest bit of the
 *            next 16 set
 *   SOURCES  how many addresses take turns, up to 8388608
 *   NAMES    how many names are asked for in turn: <8 x><number in base 36>.bench.example
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, LABEL = 13, DIGITS = 5, ANSWER = 1500, MOST_SOURCES = 1 << 23 };
enum { BUFFER = 4 << 20 };

/* The zone, the root, type A, class IN; then the literal's own end. */
static const char TAIL[] = "\5bench\7example\0\0\1\0\1";
enum { QUERY = 12 + 1 + LABEL + sizeof TAIL - 1 };

static unsigned char queries[BATCH][QUERY];
static struct iovec vectors[BATCH];
static struct mmsghdr messages[BATCH];
static union {
    char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
    struct cmsghdr align;
} controls[BATCH];

static unsigned char answer[BATCH][ANSWER];
static struct iovec answer_vectors[BATCH];
static struct mmsghdr answers[BATCH];

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void prepare(struct sockaddr_in6 *server)
{
    for (int i = 0; i < BATCH; i++) {
        unsigned char *q = queries[i];
        q[2] = 1; /* recursion desired */
        q[5] = 1; /* one question */
        q[12] = LABEL;
        memset(q + 13, 'x', LABEL);
        memcpy(q + 13 + LABEL, TAIL, sizeof TAIL - 1);
        vectors[i] = (struct iovec){q, QUERY};
        messages[i].msg_hdr = (struct msghdr){.msg_name = server,
                                              .msg_namelen = sizeof *server,
                                              .msg_iov = &vectors[i],
                                              .msg_iovlen = 1,
                                              .msg_control = controls[i].bytes,
                                              .msg_controllen = sizeof controls[i].bytes};
        struct cmsghdr *header = &controls[i].align;
        header->cmsg_level = IPPROTO_IPV6;
        header->cmsg_type = IPV6_PKTINFO;
        header->cmsg_len = CMSG_LEN(sizeof(struct in6_pktinfo));
        answer_vectors[i] = (struct iovec){answer[i], ANSWER};
        answers[i].msg_hdr = (struct msghdr){.msg_iov = &answer_vectors[i], .msg_iovlen = 1};
    }
}

/* The source's number stands in bits 33 to 55 of its address. */
static void fill(int i, uint64_t number, const struct in6_addr *prefix, uint32_t sources,
                 uint32_t names)
{
    struct in6_pktinfo *info = (struct in6_pktinfo *)CMSG_DATA(&controls[i].align);
    uint32_t source = (uint32_t)(number * 2654435761u) % sources;
    info->ipi6_addr = *prefix;
    info->ipi6_addr.s6_addr[4] |= (unsigned char)(source >> 16);
    info->ipi6_addr.s6_addr[5] = (unsigned char)(source >> 8);
    info->ipi6_addr.s6_addr[6] = (unsigned char)source;
    info->ipi6_addr.s6_addr[15] = 1;
    queries[i][0] = (unsigned char)(number >> 8);
    queries[i][1] = (unsigned char)number;
    uint32_t name = (uint32_t)(number % names);
    for (int digit = 0; digit < DIGITS; digit++, name /= 36)
        queries[i][12 + LABEL - digit] = (unsigned char)"0123456789abcdefghijklmnopqrstuvwxyz"[name % 36];
}

int main(int argc, char **argv)
{
    struct sockaddr_in6 server = {.sin6_family = AF_INET6};
    struct in6_addr prefix;
    unsigned long long sent = 0, sent_octets = 0, got = 0, got_octets = 0;
    int buffer = BUFFER;
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);

    if (argc != 7 || fd < 0 || inet_pton(AF_INET6, argv[1], &server.sin6_addr) != 1 ||
        inet_pton(AF_INET6, argv[3], &prefix) != 1)
        return 2;
    server.sin6_port = htons((unsigned short)atoi(argv[2]));
    uint32_t sources = (uint32_t)atol(argv[4]), names = (uint32_t)atol(argv[6]);
    if (sources == 0 || sources > MOST_SOURCES || names == 0)
        return 2;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &(int){1}, sizeof(int));
    prepare(&server);
    double end = now() + atof(argv[5]);
    while (now() < end) {
        for (int i = 0; i < BATCH; i++)
            fill(i, sent + (unsigned)i, &prefix, sources, names);
        int count = sendmmsg(fd, messages, BATCH, 0);
        if (count > 0) {
            sent += (unsigned)count;
            sent_octets += (unsigned long long)count * QUERY;
        } else {
            sent++; /* a name or address less, rather than to stand still */
        }
        int came = recvmmsg(fd, answers, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < came; i++) {
            got++;
            got_octets += answers[i].msg_len;
        }
    }
    printf("%llu %llu %llu %llu\n", sent, sent_octets, got, got_octets);
    return 0;
}
