// What a program sees that calls connect(): connections to HOST PORT, COUNT of them, begun INTERVAL microseconds apart.
// Prints a line each: source port, nanoseconds around connect(), microseconds of TCP_INFO's round-trip time.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int count, char **words) {
  if (count != 5) return fprintf(stderr, "usage: connect ADDRESS PORT COUNT INTERVAL_US\n"), 2;
  struct sockaddr_in far = {.sin_family = AF_INET, .sin_port = htons(atoi(words[2]))}, near;
  if (inet_pton(AF_INET, words[1], &far.sin_addr) != 1) return fprintf(stderr, "connect: no address\n"), 2;
  int64_t begin = now(), interval = atoll(words[4]) * 1000;
  for (int turn = 0, total = atoi(words[3]); turn < total; turn++) {
    int64_t due = begin + turn * interval;
    struct timespec until = {.tv_sec = due / 1000000000, .tv_nsec = due % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    int64_t before = now();
    if (connect(descriptor, (void *)&far, sizeof far) < 0) return perror("connect"), 1;
    int64_t after = now();
    struct tcp_info info;
    socklen_t length = sizeof info;
    getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length);
    length = sizeof near;
    getsockname(descriptor, (void *)&near, &length);
    struct linger reset = {.l_onoff = 1};  // the port is free again at once
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(descriptor);
    printf("%d %lld %u\n", ntohs(near.sin_port), (long long)(after - before), info.tcpi_rtt);
  }
  return 0;
}
