// Calls of the OCI command line that Swift can't spell: variadic, or with constants of an enum type.
#ifndef HAKO_CLINUX_COMMAND_H
#define HAKO_CLINUX_COMMAND_H

#include <sys/ioctl.h>
#include <sys/signalfd.h>

static inline int hako_get_window(int fd, struct winsize *size) { return ioctl(fd, TIOCGWINSZ, size); }
static inline int hako_signalfd(const sigset_t *set) { return signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK); }

#endif
