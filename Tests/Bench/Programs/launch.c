// Starts programs in turn with their output thrown away and waits for the end of each. Usage:
// launch TURNS -- PROGRAM [ARGUMENT…] [-- PROGRAM [ARGUMENT…]]…
// Prints a line a start: the program's place, nanoseconds of wall time, the most memory it held in KiB, its exit code.
//
// Why not from Python: a child's high-water mark counts what it shared with its parent before exec, and this parent is
// small; and nothing else runs between two programs.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PROGRAMS = 16 };

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int start(int place, char **words, int null) {
  long long begin = now();
  pid_t child = vfork();
  if (child == 0) {
    for (int stream = 0; stream < 3; stream++) dup2(null, stream);
    execv(words[0], words);
    _exit(127);
  }
  int status;
  struct rusage usage;
  if (child < 0 || wait4(child, &status, 0, &usage) < 0) return perror("launch"), 1;
  long long end = now();
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  printf("%d %lld %ld %d\n", place, end - begin, usage.ru_maxrss, code);
  return 0;
}

int main(int count, char **words) {
  char **programs[PROGRAMS];
  int total = 0;
  for (int at = 2; at < count - 1 && total < PROGRAMS; at++) {
    if (strcmp(words[at], "--") != 0) continue;
    words[at] = NULL;
    programs[total++] = words + at + 1;
  }
  if (total == 0) return fprintf(stderr, "usage: launch TURNS -- PROGRAM [ARGUMENT...] [-- ...]\n"), 2;
  int null = open("/dev/null", O_RDWR);
  for (int turn = 0, turns = atoi(words[1]); turn < turns; turn++)
    for (int place = 0; place < total; place++)
      if (start(place, programs[place], null)) return 1;
  return 0;
}
