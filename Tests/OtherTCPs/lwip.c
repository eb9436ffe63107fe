// lwIP's TCP on a TAP device: echo on port 7, a page of 5000 octets on port 80.
//
// Usage: PRECONFIGURED_TAPIF=DEVICE lwip IPV4 IPV6
#include <lwip/ip_addr.h>
#include <lwip/netif.h>
#include <lwip/tcp.h>
#include <lwip/tcpip.h>
#include <netif/tapif.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char head[] = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4940\r\n\r\n";
static char page[5000];
static struct netif interface;
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

static void start(void *nothing) {
  (void)nothing;
  ip4_addr_t address, mask, gateway;
  ip6_addr_t address6;
  must("an IPv4 address", !ip4addr_aton(texts[0], &address));
  must("an IPv6 address", !ip6addr_aton(texts[1], &address6));
  IP4_ADDR(&mask, 255, 255, 255, 0);
  IP4_ADDR(&gateway, 0, 0, 0, 0);
  must("netif_add", netif_add(&interface, &address, &mask, &gateway, NULL, tapif_init, tcpip_input) == NULL);
  // Without it the groups of neighbour solicitation are not joined, and nobody finds its IPv6 addresses.
  interface.flags |= NETIF_FLAG_MLD6;
  netif_create_ip6_linklocal_address(&interface, 1);
  netif_ip6_addr_set(&interface, 1, &address6);
  netif_ip6_addr_set_state(&interface, 0, IP6_ADDR_PREFERRED);
  netif_ip6_addr_set_state(&interface, 1, IP6_ADDR_PREFERRED);
  netif_set_default(&interface);
  netif_set_up(&interface);
  netif_set_link_up(&interface);
  serve(7, NULL);
  serve(80, page);
  puts("ready");
  fflush(stdout);
}

int main(int count, char **words) {
  must("lwip IPV4 IPV6:", count != 3);
  texts[0] = words[1];
  texts[1] = words[2];
  memcpy(page, head, sizeof head - 1);
  memset(page + sizeof head - 1, 'x', sizeof page - sizeof head + 1);
  tcpip_init(start, NULL);
  for (;;) pause();
}
