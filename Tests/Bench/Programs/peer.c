// The far end of a path of known delay: owns a TUN device, and answers every TCP segment for any address so many
// microseconds after it came. Usage: peer DEVICE DELAY_US [LOSS]; prints "ready" once the device is there. Of a hundred SYNs, LOSS are
// lost by chance, the same ones in every run.
//
// It keeps nothing of a connection: a SYN gets a SYN-ACK, text gets a page of HTTP with a FIN, a FIN an acknowledgment.
// What comes while others wait is queued; where the queue is full it is dropped and told at the end.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { PLACES = 4096, ROOM = 256, ISS = 5000 };

static const char page[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

struct answer {
  int64_t due;
  int length;
  uint8_t packet[ROOM];
};

static struct answer queue[PLACES];
static unsigned head, tail;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static uint32_t add(uint32_t sum, const void *octets, int length) {
  const uint8_t *at = octets;
  for (; length > 1; at += 2, length -= 2) sum += at[0] << 8 | at[1];
  return length ? sum + (at[0] << 8) : sum;
}

static uint16_t finish(uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return htons(~sum & 0xffff);
}

// Writes the answer to a packet and returns its length; 0: it needs none.
static int answer(const uint8_t *packet, int count, uint8_t *out) {
  const struct iphdr *ip = (const void *)packet;
  int start = ip->ihl * 4;
  if (count < 40 || ip->version != 4 || ip->protocol != IPPROTO_TCP || count < start + 20) return 0;
  const struct tcphdr *tcp = (const void *)(packet + start);
  int text = ntohs(ip->tot_len) - start - tcp->doff * 4;
  if (tcp->rst || text < 0 || (!tcp->syn && !tcp->fin && text == 0)) return 0;

  struct iphdr *ip2 = memset(out, 0, ROOM);
  struct tcphdr *tcp2 = (void *)(out + 20);
  int length = 20;
  *tcp2 = (struct tcphdr){.source = tcp->dest, .dest = tcp->source, .window = htons(65000), .ack = 1};
  tcp2->seq = tcp->ack ? tcp->ack_seq : htonl(ISS);
  tcp2->ack_seq = htonl(ntohl(tcp->seq) + tcp->syn + tcp->fin + text);
  if (tcp->syn) {
    static const uint8_t size[] = {2, 4, 5, 180};  // a maximum segment size of 1,460
    memcpy(out + 40, size, sizeof size);
    length = 24;
    tcp2->syn = 1;
  } else if (text > 0) {
    memcpy(out + 40, page, sizeof page - 1);
    length = 20 + sizeof page - 1;
    tcp2->psh = tcp2->fin = 1;
  } else if (ntohl(tcp->ack_seq) == ISS + 1) {
    tcp2->fin = 1;  // nothing was said yet: this is our side's end as well
  }
  tcp2->doff = tcp->syn ? 6 : 5;
  *ip2 = (struct iphdr){.version = 4, .ihl = 5, .tot_len = htons(20 + length), .ttl = 64, .protocol = IPPROTO_TCP,
                        .saddr = ip->daddr, .daddr = ip->saddr};
  ip2->check = finish(add(0, ip2, 20));
  tcp2->check = finish(add(add(IPPROTO_TCP + length, &ip2->saddr, 8), tcp2, length));
  return 20 + length;
}

// Whether a packet is a SYN that is to be lost.
static int is_lost(const uint8_t *packet, int count, unsigned loss) {
  static uint32_t chance = 1;
  int start = (packet[0] & 15) * 4;
  if (loss == 0 || count < start + 20 || (packet[start + 13] & 0x12) != 0x02) return 0;
  chance = chance * 1664525 + 1013904223;
  return (chance >> 16) % 100 < loss;
}

static int open_device(const char *name) {
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  if (device < 0 || ioctl(device, TUNSETIFF, &request) < 0) {
    perror("peer: /dev/net/tun");
    exit(2);
  }
  return device;
}

int main(int count, char **words) {
  if (count != 3 && count != 4) return fprintf(stderr, "usage: peer DEVICE DELAY_US [LOSS]\n"), 2;
  unsigned loss = count == 4 ? atoi(words[3]) : 0;
  int64_t delay = atoll(words[2]) * 1000;
  int device = open_device(words[1]);
  puts("ready");
  fflush(stdout);
  uint8_t packet[2048];
  for (;;) {
    int64_t left = head == tail ? -1 : queue[head % PLACES].due - now();
    if (head != tail && left <= 0) {
      struct answer *next = &queue[head++ % PLACES];
      if (write(device, next->packet, next->length) < 0) perror("peer: write");
      continue;
    }
    struct pollfd wanted = {.fd = device, .events = POLLIN};
    struct timespec wait = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
    if (ppoll(&wanted, 1, left < 0 ? NULL : &wait, NULL) < 0) return 1;
    for (ssize_t length; (length = read(device, packet, sizeof packet)) > 0;) {
      if (is_lost(packet, length, loss)) continue;
      if (tail - head == PLACES) {
        fprintf(stderr, "peer: the queue is full\n");
        continue;
      }
      struct answer *place = &queue[tail % PLACES];
      place->due = now() + delay;
      if ((place->length = answer(packet, length, place->packet))) tail++;
    }
  }
}
