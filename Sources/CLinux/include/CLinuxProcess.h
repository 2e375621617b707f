// System calls and macros of processes, namespaces and mounts that Swift can't see, for the runtime and its client.
// No logic: a call a function.
#ifndef HAKO_CLINUX_PROCESS_H
#define HAKO_CLINUX_PROCESS_H

#include <linux/capability.h>

#include <linux/sched.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/personality.h>

// clone3(2) without CLONE_VM: a fork that makes namespaces. 0 in the child.
static inline int hako_clone3(uint64_t flags, int exit_signal, int cgroup, int *pidfd) {
    struct clone_args args;
    memset(&args, 0, sizeof args);
    args.flags = flags;
    args.exit_signal = (uint64_t)exit_signal;
    args.cgroup = (uint64_t)cgroup;
    args.pidfd = (uint64_t)(uintptr_t)pidfd;
    return (int)syscall(SYS_clone3, &args, sizeof args);
}
static inline int hako_pivot_root(const char *to, const char *old) { return (int)syscall(SYS_pivot_root, to, old); }
static inline int hako_pidfd_send_signal(int fd, int number) {
    return (int)syscall(SYS_pidfd_send_signal, fd, number, NULL, 0);
}
static inline int hako_close_range(unsigned first, unsigned last, unsigned flags) {
    return (int)syscall(SYS_close_range, first, last, flags);
}
static inline int hako_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {
        {(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
        {(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)},
    };
    return (int)syscall(SYS_capset, &header, data);
}
static inline int hako_capget(uint64_t *effective, uint64_t *permitted) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    int result = (int)syscall(SYS_capget, &header, data);
    *effective = data[0].effective | (uint64_t)data[1].effective << 32;
    *permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
    return result;
}
// struct sock_fprog by hand: its header isn't imported elsewhere.
static inline int hako_seccomp_filter(unsigned flags, unsigned short count, const void *program) {
    struct { unsigned short count; const void *program; } filter = {count, program};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
}
static inline int hako_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
    return prctl(option, a, b, c, d);
}
static inline int hako_ioprio_set(int which, int who, int value) { return (int)syscall(SYS_ioprio_set, which, who, value); }
struct hako_sched_attr {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};
static inline int hako_sched_setattr(struct hako_sched_attr *attributes) {
    attributes->size = sizeof *attributes;
    return (int)syscall(SYS_sched_setattr, 0, attributes, 0);
}

// The mount calls on descriptors (open_tree(2), move_mount(2), fsopen(2), mount_setattr(2)).
static inline int hako_open_tree(int dir, const char *path, unsigned flags) {
    return (int)syscall(SYS_open_tree, dir, path, flags | O_CLOEXEC);
}
static inline int hako_move_mount(int from, int to) {
    return (int)syscall(SYS_move_mount, from, "", to, "", 0x04 | 0x40);  // F_EMPTY_PATH, T_EMPTY_PATH
}
static inline int hako_fsopen(const char *type) { return (int)syscall(SYS_fsopen, type, 1); }
static inline int hako_fsconfig(int fd, unsigned command, const char *key, const char *value) {
    return (int)syscall(SYS_fsconfig, fd, command, key, value, 0);
}
static inline int hako_fsmount(int fd, unsigned attributes) { return (int)syscall(SYS_fsmount, fd, 1, attributes); }
struct hako_mount_attr { uint64_t set, clear, propagation, userns; };
static inline int hako_mount_setattr(int fd, unsigned flags, struct hako_mount_attr *attributes) {
    return (int)syscall(SYS_mount_setattr, fd, "", flags | AT_EMPTY_PATH, attributes, sizeof *attributes);
}

static inline int hako_ioctl(int fd, unsigned long request, unsigned long argument) { return ioctl(fd, request, argument); }
static inline int hako_tiocgptpeer(int master) { return ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC); }
static inline int hako_set_window(int fd, unsigned short rows, unsigned short columns) {
    struct winsize size = {rows, columns, 0, 0};
    return ioctl(fd, TIOCSWINSZ, &size);
}
static inline int hako_unlock_pty(int master) { int no = 0; return ioctl(master, TIOCSPTLCK, &no); }
static inline int hako_fcntl(int fd, int command, long argument) { return fcntl(fd, command, argument); }

// One record with at most one descriptor over a unix socket. -1 in *passed when none came.
static inline ssize_t hako_send_with_fd(int socket, const void *bytes, size_t count, int fd) {
    struct iovec part = {(void *)bytes, count};
    union { char space[CMSG_SPACE(sizeof(int))]; struct cmsghdr header; } control;
    memset(&control, 0, sizeof control);
    struct msghdr message = {0};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (fd >= 0) {
        message.msg_control = control.space;
        message.msg_controllen = sizeof control.space;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}
static inline ssize_t hako_receive_with_fd(int socket, void *bytes, size_t count, int *passed) {
    struct iovec part = {bytes, count};
    union { char space[CMSG_SPACE(sizeof(int))]; struct cmsghdr header; } control;
    struct msghdr message = {0};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.space;
    message.msg_controllen = sizeof control.space;
    *passed = -1;
    ssize_t result = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (result >= 0) {
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
            memcpy(passed, CMSG_DATA(header), sizeof *passed);
    }
    return result;
}

// glibc's socket calls take a transparent union, which Swift can't fill.
static inline int hako_connect_unix(int fd, const struct sockaddr_un *address) {
    return connect(fd, (const struct sockaddr *)address, sizeof *address);
}
static inline int hako_bind_unix(int fd, const struct sockaddr_un *address) {
    return bind(fd, (const struct sockaddr *)address, sizeof *address);
}
static inline int hako_accept4(int fd, int flags) { return accept4(fd, NULL, NULL, flags); }
static inline ssize_t hako_getcwd(char *space, size_t count) { return syscall(SYS_getcwd, space, count); }
static inline uint64_t hako_device(unsigned major, unsigned minor) { return makedev(major, minor); }
static inline void hako_default_signal(int number) { signal(number, SIG_DFL); }
static inline void hako_ignore_signal(int number) { signal(number, SIG_IGN); }

// For `probe`.
static inline FILE *hako_stdout(void) { return stdout; }
static inline char **hako_environment(void) { return environ; }
static inline long hako_syscall(long number) { return syscall(number, 0, 0, 0, 0, 0, 0); }
static inline int hako_probe_window(int fd, unsigned short *rows, unsigned short *columns) {
    struct winsize size;
    int result = ioctl(fd, TIOCGWINSZ, &size);
    *rows = size.ws_row;
    *columns = size.ws_col;
    return result;
}
// A TCP listener on every IPv4 address.
static inline int hako_listen_port(unsigned short port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 64)) return -1;
    return fd;
}

#endif
