// Sockets for the static programs: sockaddr casts and constants that Embedded Swift can't see. No logic beyond that.
#ifndef HAKO_CLINUX_SOCKETS_H
#define HAKO_CLINUX_SOCKETS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

// A non-blocking stream socket that several programs may not share: its address can be bound again at once.
static inline int hako_socket_stream(int family) {
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    return fd;
}

// Binds to all addresses of the socket's family (IPv6 takes IPv4 too) and listens. 0, or -1 with errno.
static inline int hako_listen(int fd, unsigned short port, int backlog) {
    struct sockaddr_storage own;
    socklen_t length = sizeof own;
    if (getsockname(fd, (struct sockaddr *)&own, &length) != 0) return -1;
    if (own.ss_family == AF_INET6) {
        struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
        int zero = 0;
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
        if (bind(fd, (struct sockaddr *)&any, sizeof any) != 0) return -1;
    } else {
        struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
        if (bind(fd, (struct sockaddr *)&any, sizeof any) != 0) return -1;
    }
    return listen(fd, backlog);
}

// accept4(2) with the client's address as text, an IPv4 one in its own form. The descriptor, or -1 with errno.
static inline int hako_accept(int listener, char *text, unsigned long size) {
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    int fd = accept4(listener, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return -1;
    text[0] = 0;
    if (peer.ss_family == AF_INET) {
        inet_ntop(AF_INET, &((struct sockaddr_in *)&peer)->sin_addr, text, (socklen_t)size);
    } else if (peer.ss_family == AF_INET6) {
        struct in6_addr *address = &((struct sockaddr_in6 *)&peer)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(address)) inet_ntop(AF_INET, &address->s6_addr[12], text, (socklen_t)size);
        else inet_ntop(AF_INET6, address, text, (socklen_t)size);
    }
    return fd;
}

// A datagram socket bound to the port on all IPv4 addresses, or -1 with errno.
static inline int hako_bind_datagrams(unsigned short port) {
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof any) == 0 ? fd : -1;
}

#endif
