// What the bench of the hot paths takes from C: an allocator that counts, a loop to measure others by, a place where
// results are used.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// How often this process has asked for memory so far: malloc, calloc, realloc and their kin, whoever called them.
unsigned long bench_allocations(void);

/// The reference: RFC 1071's checksum of octets, a word of 16 bits at a time, as its §4.1 has it, never vectorised.
uint16_t bench_naive_checksum(const void *octets, size_t count);

/// Takes a result, so that the work for it is not left out.
void bench_use(uint64_t value);

/// CLOCK_MONOTONIC in nanoseconds.
int64_t bench_now(void);
