#define _GNU_SOURCE
#include "CLaboratory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int laboratory_unshare_network(void) { return unshare(CLONE_NEWNET); }

int laboratory_enter_network(int descriptor) { return setns(descriptor, CLONE_NEWNET); }

int laboratory_open_tun(const char *name) {
  int descriptor = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return -1;
  struct ifreq request;
  memset(&request, 0, sizeof request);
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl(descriptor, TUNSETIFF, &request) == 0) return descriptor;
  int code = errno;
  close(descriptor);
  errno = code;
  return -1;
}

int laboratory_send_mark(const char *device, const void *payload, uint32_t length) {
  int descriptor = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  struct sockaddr_ll to;
  memset(&to, 0, sizeof to);
  to.sll_family = AF_PACKET;
  to.sll_protocol = htons(0x88b5);
  to.sll_ifindex = (int)if_nametoindex(device);
  to.sll_halen = 6;
  int sent = (int)sendto(descriptor, payload, length, 0, (struct sockaddr *)&to, sizeof to);
  int code = errno;
  close(descriptor);
  errno = code;
  return sent;
}

int laboratory_accept(int listener, uint16_t *port) {
  struct sockaddr_in6 from;
  socklen_t length = sizeof from;
  int descriptor = accept4(listener, (struct sockaddr *)&from, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
  *port = ntohs(from.sin6_port);  // at the same place in sockaddr_in
  return descriptor;
}
