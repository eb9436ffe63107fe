// What a C program sends at most: SYNs of 60 octets to random addresses straight to an interface, sendmmsg() on packet
// sockets, a thread a socket. Usage: send-syns INTERFACE MAC SOURCE NETWORK BITS SECONDS THREADS BATCH
// Each packet has its own address, port, sequence number and checksums, summed from a template. Prints how many left.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { LENGTH = 60, MOST = 1024 };

static struct sockaddr_ll hop;
static uint32_t source, network, mask;
static unsigned batch;
static double seconds;
static const uint8_t options[20] = {2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 0, 1, 3, 3, 7};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint32_t sum(const uint8_t *octets, size_t count) {
  uint32_t total = 0;
  for (size_t i = 0; i < count; i += 2) total += (uint32_t)(octets[i] << 8 | octets[i + 1]);
  return total;
}

static uint16_t fold(uint32_t total) {
  while (total > 0xffff) total = (total & 0xffff) + (total >> 16);
  return (uint16_t)~total;
}

static void put16(uint8_t *at, uint16_t value) { at[0] = (uint8_t)(value >> 8), at[1] = (uint8_t)value; }
static void put32(uint8_t *at, uint32_t value) { put16(at, (uint16_t)(value >> 16)), put16(at + 2, (uint16_t)value); }

static uint64_t mix(uint64_t z) {
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

static void *blast(void *argument) {
  uint64_t state = (uint64_t)(uintptr_t)argument << 40, *left = calloc(1, sizeof *left);
  int handle = socket(AF_PACKET, SOCK_DGRAM, 0);
  static _Thread_local uint8_t packets[MOST][64];
  static _Thread_local struct mmsghdr messages[MOST];
  static _Thread_local struct iovec vectors[MOST];
  if (handle < 0 || left == NULL) return left;
  uint8_t model[LENGTH] = {0x45, 0, 0, LENGTH, 0, 0, 0x40, 0, 64, 6};
  put32(model + 12, source);
  put16(model + 20, 50000);
  put16(model + 22, 80);
  model[32] = 0xa0, model[33] = 2;
  put16(model + 34, 64240);
  memcpy(model + 40, options, sizeof options);
  uint32_t head = sum(model, 20), body = sum(model + 12, 4) + 6 + 40 + sum(model + 20, 40);
  for (unsigned i = 0; i < batch; i++) {
    memcpy(packets[i], model, LENGTH);
    vectors[i] = (struct iovec){packets[i], LENGTH};
    messages[i].msg_hdr =
      (struct msghdr){.msg_name = &hop, .msg_namelen = sizeof hop, .msg_iov = &vectors[i], .msg_iovlen = 1};
  }
  double end = now() + seconds;
  for (double moment; (moment = now()) < end;) {
    uint32_t stamp = (uint32_t)(moment * 1e6);
    for (unsigned i = 0; i < batch; i++) {
      uint8_t *packet = packets[i];
      uint64_t word = mix(++state);
      uint32_t address = network | ((uint32_t)word & mask), seq = (uint32_t)(word >> 32);
      uint32_t sums = (address >> 16) + (address & 0xffff);
      put16(packet + 4, (uint16_t)seq);
      put32(packet + 16, address);
      put16(packet + 10, fold(head + (seq & 0xffff) + sums));
      put32(packet + 24, seq);
      put32(packet + 48, stamp);
      put16(packet + 36, fold(body + sums + (seq >> 16) + (seq & 0xffff) + (stamp >> 16) + (stamp & 0xffff)));
    }
    for (unsigned done = 0; done < batch;) {
      int sent = sendmmsg(handle, messages + done, batch - done, MSG_DONTWAIT);
      if (sent <= 0) break;
      done += (unsigned)sent, *left += (uint64_t)sent;
    }
  }
  return left;
}

int main(int count, char **words) {
  if (count != 9) return fprintf(stderr, "send-syns INTERFACE MAC SOURCE NETWORK BITS SECONDS THREADS BATCH\n"), 2;
  unsigned threads = (unsigned)atoi(words[7]);
  batch = (unsigned)atoi(words[8]);
  if (threads < 1 || threads > 16 || batch < 1 || batch > MOST) return 2;
  hop = (struct sockaddr_ll){
    .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = (int)if_nametoindex(words[1]), .sll_halen = 6};
  if (sscanf(words[2], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &hop.sll_addr[0], &hop.sll_addr[1], &hop.sll_addr[2],
             &hop.sll_addr[3], &hop.sll_addr[4], &hop.sll_addr[5]) != 6)
    return 2;
  source = ntohl(inet_addr(words[3])), network = ntohl(inet_addr(words[4]));
  mask = (uint32_t)((UINT64_C(1) << (32 - atoi(words[5]))) - 1);
  seconds = atof(words[6]);
  pthread_t handles[16];
  for (unsigned i = 0; i < threads; i++) pthread_create(&handles[i], NULL, blast, (void *)(uintptr_t)(i + 1));
  uint64_t total = 0;
  for (unsigned i = 0; i < threads; i++) {
    void *left;
    pthread_join(handles[i], &left);
    if (left) total += *(uint64_t *)left;
  }
  printf("%llu\n", (unsigned long long)total);
  return 0;
}
