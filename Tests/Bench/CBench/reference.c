#include <time.h>

#include "CBench.h"

// Volatile: the compiler can neither leave a pass out nor merge two.
static volatile uint64_t sink;

void bench_use(uint64_t value) { sink = value; }

uint16_t bench_naive_checksum(const void *octets, size_t count) {
  const uint8_t *at = octets;
  uint32_t sum = 0;
#pragma clang loop vectorize(disable) unroll(disable)
  for (size_t i = 0; i + 1 < count; i += 2) sum += (uint32_t)(at[i] << 8 | at[i + 1]);
  if (count & 1) sum += (uint32_t)(at[count - 1] << 8);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

int64_t bench_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}
