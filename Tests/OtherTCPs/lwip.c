// lwIP's TCP on a TUN device: echo on port 7, a page of 5000 octets on port 80.
//
// Usage: lwip DEVICE IPV4 IPV6
//
// It reads and writes its device itself: the driver for TAP devices that comes with Debian's library overflows its heap on
// a frame of more than 600 octets.
#include <fcntl.h>
#include <linux/if_tun.h>
#include <lwip/ip_addr.h>
#include <lwip/netif.h>
#include <lwip/tcp.h>
#include <lwip/tcpip.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char head[] = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4940\r\n\r\n";
static char page[5000];
static struct netif interface;
static int device;
static const char *texts[2];

static void must(const char *what, int failed) {
  if (!failed) return;
  fprintf(stderr, "lwip: %s failed\n", what);
  exit(1);
}

// What is left of a request while it is not whole: enough for a line.
struct request {
  char line[2048];
  size_t count;
};

static err_t echo(void *nothing, struct tcp_pcb *connection, struct pbuf *data, err_t error) {
  (void)nothing, (void)error;
  if (data == NULL) return tcp_close(connection);
  // What does not fit stays with lwIP, which brings it again.
  if (data->tot_len > tcp_sndbuf(connection)) return ERR_MEM;
  for (struct pbuf *part = data; part != NULL; part = part->next) {
    if (tcp_write(connection, part->payload, part->len, TCP_WRITE_FLAG_COPY) != ERR_OK) return ERR_MEM;
  }
  tcp_recved(connection, data->tot_len);
  pbuf_free(data);
  tcp_output(connection);
  return ERR_OK;
}

static err_t answer(void *argument, struct tcp_pcb *connection, struct pbuf *data, err_t error) {
  (void)error;
  struct request *request = argument;
  if (data == NULL) {
    tcp_arg(connection, NULL);
    free(request);
    return tcp_close(connection);
  }
  size_t room = sizeof request->line - 1 - request->count;
  request->count += pbuf_copy_partial(data, request->line + request->count, room < data->tot_len ? room : data->tot_len, 0);
  request->line[request->count] = 0;
  tcp_recved(connection, data->tot_len);
  pbuf_free(data);
  // A line alone is a request of the oldest HTTP; a newer one ends in an empty line.
  const char *end = strchr(request->line, '\n'), *version = strstr(request->line, "HTTP/");
  if (end == NULL || (version != NULL && version < end && strstr(request->line, "\r\n\r\n") == NULL)) return ERR_OK;
  tcp_arg(connection, NULL);
  free(request);
  tcp_recv(connection, NULL);
  tcp_write(connection, page, sizeof page, 0);
  return tcp_close(connection);
}

static void failed(void *argument, err_t error) {
  (void)error;
  free(argument);
}

static err_t accepted(void *argument, struct tcp_pcb *connection, err_t error) {
  if (error != ERR_OK || connection == NULL) return ERR_VAL;
  if (argument == NULL) {
    tcp_recv(connection, echo);
  } else {
    struct request *request = calloc(1, sizeof *request);
    if (request == NULL) return ERR_MEM;
    tcp_arg(connection, request);
    tcp_err(connection, failed);
    tcp_recv(connection, answer);
  }
  return ERR_OK;
}

static void serve(u16_t port, void *argument) {
  struct tcp_pcb *listener = tcp_new_ip_type(IPADDR_TYPE_ANY);
  must("tcp_new", listener == NULL);
  must("tcp_bind", tcp_bind(listener, IP_ANY_TYPE, port) != ERR_OK);
  listener = tcp_listen(listener);
  must("tcp_listen", listener == NULL);
  tcp_arg(listener, argument);
  tcp_accept(listener, accepted);
}

// A packet to the device.
static err_t put(struct pbuf *packet) {
  char octets[2048];
  u16_t count = pbuf_copy_partial(packet, octets, sizeof octets, 0);
  return write(device, octets, count) == count ? ERR_OK : ERR_IF;
}
static err_t put4(struct netif *to, struct pbuf *packet, const ip4_addr_t *hop) { return (void)to, (void)hop, put(packet); }
static err_t put6(struct netif *to, struct pbuf *packet, const ip6_addr_t *hop) { return (void)to, (void)hop, put(packet); }

static err_t attach(struct netif *to) {
  to->name[0] = 't';
  to->name[1] = 'n';
  to->mtu = to->mtu6 = 1500;
  to->output = put4;
  to->output_ip6 = put6;
  return ERR_OK;
}

// Packets from the device, for ever.
static void take(void *nothing) {
  (void)nothing;
  char octets[2048];
  for (;;) {
    ssize_t count = read(device, octets, sizeof octets);
    if (count <= 0) continue;
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, (u16_t)count, PBUF_RAM);
    if (packet == NULL) continue;
    pbuf_take(packet, octets, (u16_t)count);
    if (interface.input(packet, &interface) != ERR_OK) pbuf_free(packet);
  }
}

static void start(void *nothing) {
  (void)nothing;
  ip4_addr_t address, mask, gateway;
  ip6_addr_t address6;
  must("an IPv4 address", !ip4addr_aton(texts[0], &address));
  must("an IPv6 address", !ip6addr_aton(texts[1], &address6));
  IP4_ADDR(&mask, 255, 255, 255, 0);
  IP4_ADDR(&gateway, 0, 0, 0, 0);
  must("netif_add", netif_add(&interface, &address, &mask, &gateway, NULL, attach, tcpip_input) == NULL);
  netif_create_ip6_linklocal_address(&interface, 1);
  netif_ip6_addr_set(&interface, 1, &address6);
  netif_ip6_addr_set_state(&interface, 0, IP6_ADDR_PREFERRED);
  netif_ip6_addr_set_state(&interface, 1, IP6_ADDR_PREFERRED);
  netif_set_default(&interface);
  netif_set_up(&interface);
  netif_set_link_up(&interface);
  serve(7, NULL);
  serve(80, page);
  sys_thread_new("take", take, NULL, DEFAULT_THREAD_STACKSIZE, DEFAULT_THREAD_PRIO);
  puts("ready");
  fflush(stdout);
}

int main(int count, char **words) {
  must("lwip DEVICE IPV4 IPV6:", count != 4);
  texts[0] = words[2];
  texts[1] = words[3];
  device = open("/dev/net/tun", O_RDWR);
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  strncpy(request.ifr_name, words[1], IFNAMSIZ - 1);
  must("the device", device < 0 || ioctl(device, TUNSETIFF, &request) != 0);
  memcpy(page, head, sizeof head - 1);
  memset(page + sizeof head - 1, 'x', sizeof page - sizeof head + 1);
  tcpip_init(start, NULL);
  for (;;) pause();
}
