// C headers and constants that Swift's Glibc module lacks, for the static programs and the modules above. No logic
// beyond making a macro or an inline function visible to Swift.
#ifndef HAKO_CLINUX_H
#define HAKO_CLINUX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <malloc.h>
#include <math.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "CLinuxSockets.h"
#include "CLinuxCommand.h"

static inline int hako_errno(void) { return errno; }

/// Seconds since 1970. `struct timespec` belongs to whichever module Swift met first, so its members don't.
static inline double hako_wall_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
static inline char **hako_environ(void) { return environ; }
static inline void hako_set_errno(int code) { errno = code; }

// No libc wrapper before glibc 2.x: openat2(2).
static inline int hako_openat2(int dir, const char *path, struct open_how *how) {
    return (int)syscall(SYS_openat2, dir, path, how, sizeof *how);
}

// Variadic in C, so not visible to Swift.
static inline int hako_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }
static inline int hako_openat(int dir, const char *path, int flags, mode_t mode) {
    return openat(dir, path, flags, mode);
}
static inline dev_t hako_makedev(unsigned int major, unsigned int minor) { return makedev(major, minor); }
static inline unsigned int hako_major(dev_t device) { return major(device); }
static inline unsigned int hako_minor(dev_t device) { return minor(device); }
// Clears the inode flags (chattr +i, +a) that forbid removal: FS_IOC_GETFLAGS, FS_IOC_SETFLAGS of ioctl_iflags(2).
static inline int hako_clear_inode_flags(int fd) {
    int flags = 0;
    if (ioctl(fd, 0x80086601, &flags) != 0) return -1;
    flags &= ~(0x10 | 0x20);
    return ioctl(fd, 0x40086602, &flags);
}
// Tells ext4 that the folders in this one have nothing to do with each other, so that each gets a block group of its
// own (chattr +T: FS_TOPDIR_FL of ioctl_iflags(2)). Fails on file systems that know no such thing.
static inline int hako_spread_folders(int fd) {
    int flags = 0;
    if (ioctl(fd, 0x80086601, &flags) != 0) return -1;
    flags |= 0x00020000;
    return ioctl(fd, 0x40086602, &flags);
}
static inline int hako_duplicate(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 3); }

// Enum constants and macros with casts.
static inline int hako_o_tmpfile(void) { return O_TMPFILE & ~O_DIRECTORY; }
static inline unsigned long hako_ms_bind(void) { return MS_BIND; }
static inline unsigned long hako_ms_rec(void) { return MS_REC; }
static inline unsigned long hako_ms_remount(void) { return MS_REMOUNT; }
static inline int hako_mnt_detach(void) { return MNT_DETACH; }
static inline int hako_umount_nofollow(void) { return UMOUNT_NOFOLLOW; }

// Overloaded in Swift's C library module, and ambiguous when that isn't imported.
static inline double hako_log2(double value) { return log2(value); }
static inline double hako_pow(double base, double exponent) { return pow(base, exponent); }

// bpf(2) has no wrapper, and its argument is a union of unnamed structs, which Swift can't spell.
static inline int hako_bpf(int command, union bpf_attr *attr) { return (int)syscall(SYS_bpf, command, attr, sizeof *attr); }
static inline int hako_bpf_load_device(const void *code, uint32_t instructions) {
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attr.insns = (uint64_t)(uintptr_t)code;
    attr.insn_cnt = instructions;
    attr.license = (uint64_t)(uintptr_t) "Apache-2.0";
    return hako_bpf(BPF_PROG_LOAD, &attr);
}
static inline int hako_bpf_attach_device(int group, int program, int replaced) {
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.target_fd = (uint32_t)group;
    attr.attach_bpf_fd = (uint32_t)program;
    attr.attach_type = BPF_CGROUP_DEVICE;
    attr.attach_flags = BPF_F_ALLOW_MULTI | (replaced >= 0 ? BPF_F_REPLACE : 0);
    if (replaced >= 0) attr.replace_bpf_fd = (uint32_t)replaced;
    return hako_bpf(BPF_PROG_ATTACH, &attr);
}
static inline int hako_bpf_detach_device(int group, int program) {
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.target_fd = (uint32_t)group;
    attr.attach_bpf_fd = (uint32_t)program;
    attr.attach_type = BPF_CGROUP_DEVICE;
    return hako_bpf(BPF_PROG_DETACH, &attr);
}
// Programs attached to the group itself: how many, or -1.
static inline int hako_bpf_query_device(int group, uint32_t *ids, uint32_t room) {
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.query.target_fd = (uint32_t)group;
    attr.query.attach_type = BPF_CGROUP_DEVICE;
    attr.query.prog_ids = (uint64_t)(uintptr_t)ids;
    attr.query.prog_cnt = room;
    return hako_bpf(BPF_PROG_QUERY, &attr) < 0 ? -1 : (int)attr.query.prog_cnt;
}
static inline int hako_bpf_open(uint32_t id) {
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.prog_id = id;
    return hako_bpf(BPF_PROG_GET_FD_BY_ID, &attr);
}

static inline int hako_efd_blocking(void) { return EFD_CLOEXEC; }
static inline int hako_efd_flags(void) { return EFD_CLOEXEC | EFD_NONBLOCK; }
static inline int hako_in_flags(void) { return IN_CLOEXEC | IN_NONBLOCK; }

// glibc 2.36 has the function but not for Swift's static library.
static inline int hako_pidfd_open(pid_t pid, unsigned flags) { return (int)syscall(SYS_pidfd_open, pid, flags); }

#include "CLinuxProcess.h"

#endif
