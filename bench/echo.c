/*
 * The limit that cache hits are held against: every datagram goes back as it came, with the QR bit
 * set. Nothing is parsed, so what this costs is the kernel's share of a UDP answer.
 * Batches of 64 in and out, as the proxy's own addon does it.
 *
 * usage: echo PORT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH = 64, DATAGRAM = 1500, FLAGS = 2, QR = 0x80, BUFFER = 4 << 20 };

static unsigned char bytes[BATCH][DATAGRAM];
static struct sockaddr_in clients[BATCH];
static struct iovec vectors[BATCH];
static struct mmsghdr messages[BATCH];

static void offer_all(void)
{
    for (int i = 0; i < BATCH; i++) {
        vectors[i].iov_base = bytes[i];
        vectors[i].iov_len = DATAGRAM;
        memset(&messages[i], 0, sizeof messages[i]);
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_hdr.msg_name = &clients[i];
        messages[i].msg_hdr.msg_namelen = sizeof clients[i];
    }
}

static void send_back(int fd, int count)
{
    for (int i = 0; i < count; i++) {
        vectors[i].iov_len = messages[i].msg_len;
        bytes[i][FLAGS] |= QR;
    }
    for (int sent = 0; sent < count;) {
        int n = sendmmsg(fd, messages + sent, (unsigned)(count - sent), 0);
        sent += n > 0 ? n : 1; /* a datagram that cannot leave is lost, as UDP may */
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in here = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    int buffer = BUFFER; /* the load's first burst would overflow the usual one */

    if (argc != 2 || fd < 0)
        return 2;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    here.sin_port = htons((unsigned short)atoi(argv[1]));
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&here, sizeof here) != 0) {
        perror("echo: bind");
        return 1;
    }
    for (;;) {
        offer_all();
        int count = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
        if (count > 0)
            send_back(fd, count);
    }
}
