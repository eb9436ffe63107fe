// What Tests/Bench/connections compares with: connections by the kernel, as many as one process makes.
//
// Usage: connect-loop ADDRESS PORT fin|rst SECONDS IN-FLIGHT
// Keeps so many connect() calls under way by epoll, closes each connection as soon as it is made (fin: close; rst: close
// with SO_LINGER 0), and prints as JSON how many were made, how many failed, and in how many seconds.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_in target;
static int resets;
static int poller;
static long made, failed;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

// Ends a connection that is made, or has failed.
static void end(int connection, int isMade) {
  if (isMade) made++; else failed++;
  if (resets) {
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  }
  close(connection);
}

// Begins one; says whether it is still under way.
static int begin(void) {
  int connection = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (connection < 0) { perror("socket"); exit(2); }
  if (connect(connection, (struct sockaddr *)&target, sizeof target) == 0) { end(connection, 1); return 0; }
  if (errno != EINPROGRESS) { end(connection, 0); return 0; }
  struct epoll_event event = {.events = EPOLLOUT | EPOLLERR | EPOLLHUP, .data.fd = connection};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, connection, &event) < 0) { perror("epoll_ctl"); exit(2); }
  return 1;
}

int main(int count, char **words) {
  if (count != 6) { fprintf(stderr, "usage: connect-loop ADDRESS PORT fin|rst SECONDS IN-FLIGHT\n"); return 2; }
  target.sin_family = AF_INET;
  target.sin_port = htons((unsigned short)atoi(words[2]));
  if (inet_pton(AF_INET, words[1], &target.sin_addr) != 1) return 2;
  resets = strcmp(words[3], "rst") == 0;
  double seconds = atof(words[4]);
  int most = atoi(words[5]);
  poller = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event events[256];
  double start = now(), last = start;
  int underWay = 0;
  while ((last = now()) < start + seconds) {
    for (int turn = 0; underWay < most && turn < 256; turn++) underWay += begin();
    int found = epoll_wait(poller, events, 256, 10);
    for (int index = 0; index < found; index++) {
      int isMade = !(events[index].events & (EPOLLERR | EPOLLHUP));
      end(events[index].data.fd, isMade);
      underWay--;
    }
  }
  printf("{\"made\":%ld,\"failed\":%ld,\"under_way\":%d,\"seconds\":%.6f}\n", made, failed, underWay, last - start);
  return 0;
}
