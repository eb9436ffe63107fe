// The far end of Tests/Bench/connections: accepts, reads to the end, closes, and counts.
//
// Usage: acceptor PORT
// At each line on its standard input it prints as JSON what it has seen since the one before: how many connections it
// accepted, how many of them ended by FIN and how many by RST, and how many are open.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static long accepted, orderly, reset, held;

static void watch(int poller, int descriptor) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) < 0) { perror("epoll_ctl"); exit(2); }
}

// Reads what is there; closes at the end.
static int hasEnded(int connection) {
  char octets[4096];
  ssize_t count = read(connection, octets, sizeof octets);
  if (count > 0 || (count < 0 && errno == EAGAIN)) return 0;
  if (count == 0) orderly++; else reset++;
  close(connection);
  return 1;
}

static void acceptAll(int poller, int listener) {
  for (int turn = 0; turn < 256; turn++) {
    int connection = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection < 0) return;
    accepted++;
    // As a rule it has ended by now.
    if (hasEnded(connection)) continue;
    held++;
    watch(poller, connection);
  }
}

static void tell(void) {
  char line[64];
  if (read(0, line, sizeof line) <= 0) exit(0);
  printf("{\"accepted\":%ld,\"orderly\":%ld,\"reset\":%ld,\"open\":%ld}\n", accepted, orderly, reset, held);
  fflush(stdout);
  accepted = orderly = reset = 0;
}

int main(int count, char **words) {
  if (count != 2) { fprintf(stderr, "usage: acceptor PORT\n"); return 2; }
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  int listener = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in6 own = {.sin6_family = AF_INET6, .sin6_port = htons((unsigned short)atoi(words[1]))};
  if (bind(listener, (struct sockaddr *)&own, sizeof own) < 0 || listen(listener, 65535) < 0) {
    perror("listen");
    return 2;
  }
  int poller = epoll_create1(EPOLL_CLOEXEC);
  watch(poller, listener);
  watch(poller, 0);
  printf("listening\n");
  fflush(stdout);
  struct epoll_event events[256];
  for (;;) {
    int found = epoll_wait(poller, events, 256, -1);
    for (int index = 0; index < found; index++) {
      int descriptor = events[index].data.fd;
      if (descriptor == 0) tell();
      else if (descriptor == listener) acceptAll(poller, listener);
      else if (hasEnded(descriptor)) held--;
    }
  }
}
