// The program's own malloc, in the place of the C library's: so every request of whoever is linked is counted, the
// Swift runtime's and the C library's own among them. A free list for each power of two, for a single thread.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "CBench.h"

// Lies right before what is handed out. `start` is where the block of 2^power octets begins.
struct header {
  char *start;
  size_t power;
};

struct block {
  struct block *next;
};

enum { SMALLEST = 5, LARGEST = 40, CHUNK = 1 << 20 };

static unsigned long requests;
static struct block *freed[LARGEST + 1];
static char *chunk;
static size_t left;

unsigned long bench_allocations(void) { return requests; }

static char *fresh(size_t size) {
  if (size > CHUNK / 4) {
    char *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
  }
  if (left < size) {
    char *pages = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) return NULL;
    chunk = pages;
    left = CHUNK;
  }
  left -= size;
  return chunk + left;
}

static void *take(size_t count, size_t alignment) {
  requests++;
  if (alignment < 16) alignment = 16;
  if (count > (size_t)1 << (LARGEST - 1)) return errno = ENOMEM, NULL;
  size_t need = count + alignment + sizeof(struct header), power = SMALLEST;
  while ((size_t)1 << power < need) power++;
  char *start = (char *)freed[power];
  if (start) {
    freed[power] = freed[power]->next;
  } else if (!(start = fresh((size_t)1 << power))) {
    return errno = ENOMEM, NULL;
  }
  uintptr_t at = ((uintptr_t)start + sizeof(struct header) + alignment - 1) & ~(uintptr_t)(alignment - 1);
  ((struct header *)at)[-1] = (struct header){start, power};
  return (void *)at;
}

void *malloc(size_t count) { return take(count, 16); }

void free(void *memory) {
  if (!memory) return;
  struct header *header = (struct header *)memory - 1;
  size_t power = header->power;
  struct block *block = (struct block *)header->start;
  block->next = freed[power];
  freed[power] = block;
}

size_t malloc_usable_size(void *memory) {
  if (!memory) return 0;
  struct header *header = (struct header *)memory - 1;
  return (size_t)(header->start + ((size_t)1 << header->power) - (char *)memory);
}

void *calloc(size_t items, size_t size) {
  size_t count;
  if (__builtin_mul_overflow(items, size, &count)) return errno = ENOMEM, NULL;
  void *memory = take(count, 16);
  return memory ? memset(memory, 0, count) : NULL;
}

void *realloc(void *memory, size_t count) {
  if (memory && count <= malloc_usable_size(memory)) return requests++, memory;
  void *larger = take(count, 16);
  if (larger && memory) {
    memcpy(larger, memory, malloc_usable_size(memory));
    free(memory);
  }
  return larger;
}

void *aligned_alloc(size_t alignment, size_t count) { return take(count, alignment); }
void *memalign(size_t alignment, size_t count) { return take(count, alignment); }
void *valloc(size_t count) { return take(count, 4096); }
void *pvalloc(size_t count) { return take((count + 4095) & ~(size_t)4095, 4096); }

int posix_memalign(void **memory, size_t alignment, size_t count) {
  void *taken = take(count, alignment);
  if (!taken) return ENOMEM;
  *memory = taken;
  return 0;
}
