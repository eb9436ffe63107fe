// What the test laboratory needs of Linux and `import Glibc` does not show. Tests only; never part of the binary.
#pragma once
#include <stdint.h>

/// Moves the calling thread, and what it starts from then on, into a network namespace of its own.
int laboratory_unshare_network(void);

/// Moves the calling thread into the network namespace behind a descriptor.
int laboratory_enter_network(int descriptor);

/// Opens a TUN device of this name without packet information; returns its descriptor, or -1 with errno set.
int laboratory_open_tun(const char *name);

/// Sends one frame of the experimental type 0x88b5 on a device: a mark that captures see and no protocol reads.
int laboratory_send_mark(const char *device, const void *payload, uint32_t length);

/// Accepts a connection, non-blocking and closed on exec; returns it, or -1, and the peer's port in host order.
int laboratory_accept(int listener, uint16_t *port);
