/* Answers that no one asked for, at a rate: SYN-ACKs and RSTs with wrong acknowledgments, and ICMP errors that quote wrong
   sequence numbers, from the addresses of a /16 and port 80 to some ports of one address.
   Usage: flood NETWORK DESTINATION FIRST-PORT PORTS RATE SECONDS. Prints how many it sent. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 50, ROOM = 64 };

static uint64_t state = 88172645463325252ULL;

static uint32_t chance(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 16);
}

static uint32_t sum(const uint8_t *octets, int count, uint32_t total) {
  for (int i = 0; i + 1 < count; i += 2) total += (uint32_t)octets[i] << 8 | octets[i + 1];
  return total;
}

static void put16(uint8_t *at, uint32_t value) { at[0] = (uint8_t)(value >> 8), at[1] = (uint8_t)value; }
static void put32(uint8_t *at, uint32_t value) { put16(at, value >> 16), put16(at + 2, value); }

static uint32_t folded(uint32_t total) {
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  return ~total & 0xffff;
}

static void ip(uint8_t *at, int length, uint8_t protocol, uint32_t source, uint32_t destination) {
  memset(at, 0, 20);
  at[0] = 0x45, at[8] = 64, at[9] = protocol;
  put16(at + 2, (uint32_t)length), put32(at + 12, source), put32(at + 16, destination);
  put16(at + 10, folded(sum(at, 20, 0)));
}

/* A SYN-ACK, an RST with or without ACK, or an ICMP error. */
static int packet(uint8_t *at, int kind, uint32_t source, uint32_t destination, uint16_t port) {
  if (kind == 3) {
    ip(at, 56, 1, source, destination);
    uint8_t *icmp = at + 20;
    memset(icmp, 0, 36);
    icmp[0] = 3, icmp[1] = 1;
    ip(icmp + 8, 60, 6, destination, source);
    put16(icmp + 28, port), put16(icmp + 30, 80), put32(icmp + 32, chance());
    put16(icmp + 2, folded(sum(icmp, 36, 0)));
    return 56;
  }
  ip(at, 40, 6, source, destination);
  uint8_t *tcp = at + 20;
  memset(tcp, 0, 20);
  put16(tcp, 80), put16(tcp + 2, port), put32(tcp + 4, chance());
  if (kind < 2) put32(tcp + 8, chance());
  tcp[12] = 0x50, tcp[13] = kind == 0 ? 0x12 : kind == 1 ? 0x14 : 0x04;
  put16(tcp + 14, 64240);
  uint8_t pseudo[12] = {0};
  put32(pseudo, source), put32(pseudo + 4, destination), pseudo[9] = 6, pseudo[11] = 20;
  put16(tcp + 16, folded(sum(tcp, 20, sum(pseudo, 12, 0))));
  return 40;
}

int main(int count, char **words) {
  if (count != 7) return 2;
  uint32_t network = ntohl(inet_addr(words[1])), destination = ntohl(inet_addr(words[2]));
  int first = atoi(words[3]), ports = atoi(words[4]), rate = atoi(words[5]), seconds = atoi(words[6]);
  int out = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
  if (out < 0 || rate < 1 || ports < 1) return perror("flood"), 2;
  static uint8_t rooms[BATCH][ROOM];
  static struct mmsghdr messages[BATCH];
  static struct iovec parts[BATCH];
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(destination)};
  struct timespec begin, now;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  uint64_t sent = 0, all = (uint64_t)rate * (uint64_t)seconds;
  printf("ready\n"), fflush(stdout);
  while (sent < all) {
    clock_gettime(CLOCK_MONOTONIC, &now);
    double passed = (double)(now.tv_sec - begin.tv_sec) + (double)(now.tv_nsec - begin.tv_nsec) / 1e9;
    if (passed > seconds + 1) break;
    if ((double)(sent + BATCH) > passed * rate) {
      usleep(200);
      continue;
    }
    for (int i = 0; i < BATCH; i++) {
      int length = packet(rooms[i], (int)((sent + (uint64_t)i) & 3), network | (chance() & 0xffff), destination,
                          (uint16_t)(first + (int)(chance() % (uint32_t)ports)));
      parts[i] = (struct iovec){rooms[i], (size_t)length};
      messages[i].msg_hdr = (struct msghdr){.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &parts[i], .msg_iovlen = 1};
    }
    int left = sendmmsg(out, messages, BATCH, 0);
    if (left > 0) sent += (uint64_t)left;
  }
  printf("%llu\n", (unsigned long long)sent);
  return 0;
}
