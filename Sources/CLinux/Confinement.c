#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define THIS_MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_MACHINE AUDIT_ARCH_AARCH64
#endif

enum { ALWAYS = 0, SOCKETS = CLINUX_SOCKETS, CONNECT = CLINUX_CONNECT, FILES = CLINUX_FILES };

// What is done with a call, by its number.
enum verdict { REFUSE, ALLOW, KILL, NOT_THERE, NO_FILES, SOCKET_FAMILY, THREADS_ALONE, NOT_EXECUTABLE, PRCTL, IOCTL };

// More than the largest number of either architecture; those beyond are refused.
enum { NUMBERS = 512, MOST_INSTRUCTIONS = 1024 };

struct filter {
  struct sock_filter list[MOST_INSTRUCTIONS];
  unsigned count;
  // Where each run of equal verdicts begins.
  unsigned short starts[NUMBERS];
  uint8_t verdicts[NUMBERS];
};

static void put(struct filter *filter, uint16_t code, uint8_t yes, uint8_t no, uint32_t value) {
  if (filter->count < MOST_INSTRUCTIONS)
    filter->list[filter->count] = (struct sock_filter){.code = code, .jt = yes, .jf = no, .k = value};
  filter->count++;
}

static void answer(struct filter *filter, uint32_t action) { put(filter, BPF_RET | BPF_K, 0, 0, action); }

// The lower half of an argument; both architectures are little-endian.
static void load_argument(struct filter *filter, unsigned index) {
  put(filter, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)(offsetof(struct seccomp_data, args) + index * sizeof(uint64_t)));
}

// Answers where the comparison of what was loaded with the value holds: BPF_JEQ, BPF_JGE, or BPF_JSET for a bit in common.
static void answer_if(struct filter *filter, uint16_t comparison, uint32_t value, uint32_t action) {
  put(filter, BPF_JMP | BPF_K | comparison, 0, 1, value);
  answer(filter, action);
}

static void if_equal(struct filter *filter, uint32_t value, uint32_t action) { answer_if(filter, BPF_JEQ, value, action); }

static void decide(struct filter *filter, enum verdict verdict) {
  const uint32_t refused = SECCOMP_RET_ERRNO | EPERM;
  switch (verdict) {
    case REFUSE: answer(filter, refused); break;
    case ALLOW: answer(filter, SECCOMP_RET_ALLOW); break;
    case KILL: answer(filter, SECCOMP_RET_KILL_PROCESS); break;
    case NOT_THERE: answer(filter, SECCOMP_RET_ERRNO | ENOSYS); break;
    case NO_FILES: answer(filter, SECCOMP_RET_ERRNO | EACCES); break;
    case SOCKET_FAMILY:
      load_argument(filter, 0);
      if_equal(filter, AF_INET, SECCOMP_RET_ALLOW);
      if_equal(filter, AF_INET6, SECCOMP_RET_ALLOW);
      if_equal(filter, AF_NETLINK, SECCOMP_RET_ALLOW);
      answer(filter, SECCOMP_RET_KILL_PROCESS);
      break;
    case THREADS_ALONE:
      load_argument(filter, 0);
      answer_if(filter, BPF_JSET, CLONE_THREAD, SECCOMP_RET_ALLOW);
      answer(filter, SECCOMP_RET_KILL_PROCESS);
      break;
    case NOT_EXECUTABLE:
      load_argument(filter, 2);
      answer_if(filter, BPF_JSET, PROT_EXEC, SECCOMP_RET_KILL_PROCESS);
      answer(filter, SECCOMP_RET_ALLOW);
      break;
    case PRCTL:
      load_argument(filter, 0);
      if_equal(filter, PR_SET_TIMERSLACK, SECCOMP_RET_ALLOW);
      if_equal(filter, PR_CAPBSET_READ, SECCOMP_RET_ALLOW);
      answer(filter, refused);
      break;
    case IOCTL:
      // Typing into the terminal of whoever started us.
      load_argument(filter, 1);
      if_equal(filter, TIOCSTI, SECCOMP_RET_KILL_PROCESS);
      if_equal(filter, TIOCLINUX, SECCOMP_RET_KILL_PROCESS);
      answer(filter, SECCOMP_RET_ALLOW);
      break;
  }
}

// A binary search over the runs from `first` to `last`: the kernel walks it once for every number when it is installed.
static void search(struct filter *filter, unsigned first, unsigned last) {
  if (first == last) {
    decide(filter, filter->verdicts[filter->starts[first]]);
    return;
  }
  unsigned middle = (first + last + 1) / 2, branch = filter->count;
  put(filter, BPF_JMP | BPF_JGE | BPF_K, 0, 0, filter->starts[middle]);
  search(filter, first, middle - 1);
  unsigned distance = filter->count - branch - 1;
  if (branch < MOST_INSTRUCTIONS) {
    if (distance <= 255) {
      filter->list[branch].jt = (uint8_t)distance;
    } else {
      filter->count = MOST_INSTRUCTIONS + 1;  // seen by whoever installs it
    }
  }
  search(filter, middle, last);
}

static void set(struct filter *filter, long number, enum verdict verdict) {
  if (number >= 0 && number < NUMBERS) filter->verdicts[number] = (uint8_t)verdict;
}

// Calls that arm64 does not have.
#ifndef __NR_poll
#define __NR_poll -1
#endif
#ifndef __NR_time
#define __NR_time -1
#endif
#ifndef __NR_getpgrp
#define __NR_getpgrp -1
#endif
#ifndef __NR_rename
#define __NR_rename -1
#endif
#ifndef __NR_unlink
#define __NR_unlink -1
#endif
#ifndef __NR_fork
#define __NR_fork -1
#endif
#ifndef __NR_vfork
#define __NR_vfork -1
#endif

int clinux_confine_system_calls(unsigned needs) {
#ifndef THIS_MACHINE
  (void)needs;
  errno = ENOSYS;
  return -1;
#else
  static struct filter filter;
  memset(&filter, 0, sizeof filter);
#define CALL(name, need) set(&filter, __NR_##name, (need) == 0 || ((need) & needs) != 0 ? ALLOW : REFUSE);
#define FATAL(name) set(&filter, __NR_##name, KILL);
#include "SystemCalls.h"
  filter.verdicts[__NR_mmap] = NOT_EXECUTABLE;
  filter.verdicts[__NR_mprotect] = NOT_EXECUTABLE;
  filter.verdicts[__NR_clone] = THREADS_ALONE;
  filter.verdicts[__NR_clone3] = NOT_THERE;  // its flags are in memory; glibc then takes clone
  filter.verdicts[__NR_prctl] = PRCTL;
  filter.verdicts[__NR_ioctl] = IOCTL;
  filter.verdicts[__NR_socket] = needs & SOCKETS ? SOCKET_FAMILY : KILL;
  if (!(needs & FILES)) filter.verdicts[__NR_openat] = NO_FILES;

  unsigned runs = 0;
  for (unsigned number = 0; number < NUMBERS; number++) {
    if (number == 0 || filter.verdicts[number] != filter.verdicts[number - 1])
      filter.starts[runs++] = (unsigned short)number;
  }
  put(&filter, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch));
  put(&filter, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, THIS_MACHINE);
  answer(&filter, SECCOMP_RET_KILL_PROCESS);
  put(&filter, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
  // A tracer has refused the call: none is made, and its answer stands.
  if_equal(&filter, UINT32_MAX, SECCOMP_RET_ALLOW);
  // x86-64's second set of calls (x32), whose numbers have this bit.
  answer_if(&filter, BPF_JSET, 0x40000000, SECCOMP_RET_KILL_PROCESS);
  // Calls that are younger than this list.
  answer_if(&filter, BPF_JGE, NUMBERS, SECCOMP_RET_ERRNO | ENOSYS);
  search(&filter, 0, runs - 1);
  if (filter.count > MOST_INSTRUCTIONS) {
    errno = E2BIG;
    return -1;
  }
  struct sock_fprog program = {.len = (unsigned short)filter.count, .filter = filter.list};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
#endif
}

// Landlock's numbers are the same on every architecture, and younger than the headers that many machines have.
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446 };
enum { RULE_PATH_BENEATH = 1, RULE_NET_PORT = 2 };

struct ruleset {
  uint64_t files, ports, scopes;
};

#pragma pack(push, 1)
struct path_rule {
  uint64_t access;
  int32_t folder;
};
#pragma pack(pop)

struct port_rule {
  uint64_t access, port;
};

#define ACCESS(bit) (UINT64_C(1) << (bit))
enum { EXECUTE, WRITE_FILE, READ_FILE, READ_FOLDER, REMOVE_FOLDER, REMOVE_FILE, MAKE_CHARACTER, MAKE_FOLDER, MAKE_REGULAR };
enum { REFER = 13, TRUNCATE = 14, DEVICE_IOCTL = 15 };
enum { BIND_TCP, CONNECT_TCP };

int clinux_landlock_version(void) { return (int)syscall(CREATE_RULESET, NULL, 0, 1); }

static uint64_t access_to_files(int version) {
  uint64_t access = ACCESS(13) - 1;
  if (version >= 2) access |= ACCESS(REFER);
  if (version >= 3) access |= ACCESS(TRUNCATE);
  if (version >= 5) access |= ACCESS(DEVICE_IOCTL);
  return access;
}

int clinux_confine_files(unsigned needs, uint16_t port, const int *folders, size_t folder_count) {
  int version = clinux_landlock_version();
  if (version < 1) return -1;
  struct ruleset ruleset = {.files = access_to_files(version)};
  if (needs & CLINUX_READS_FILES) ruleset.files &= ~(ACCESS(READ_FILE) | ACCESS(READ_FOLDER));
  if (version >= 4) ruleset.ports = (needs & CLINUX_CONNECT) ? 0 : ACCESS(BIND_TCP) | ACCESS(CONNECT_TCP);
  // Of the unnamed sockets of other programs; signals are left alone, since a process that we have started must get them.
  if (version >= 6) ruleset.scopes = 1;
  size_t size = version >= 6 ? sizeof ruleset : version >= 4 ? 16 : 8;
  int rules = (int)syscall(CREATE_RULESET, &ruleset, size, 0);
  if (rules < 0) return -1;
  int result = 0;
  const uint64_t changes = ACCESS(WRITE_FILE) | ACCESS(READ_FILE) | ACCESS(REMOVE_FILE) | ACCESS(MAKE_REGULAR) | ACCESS(TRUNCATE);
  for (size_t index = 0; index < folder_count && result == 0; index++) {
    struct path_rule rule = {.access = changes & ruleset.files, .folder = folders[index]};
    result = (int)syscall(ADD_RULE, rules, RULE_PATH_BENEATH, &rule, 0);
  }
  // A port that the kernel chooses: whoever makes connections by hand guards one.
  // The one that was asked for may be bound late: a name's address, and with it ours, is known after this.
  if (result == 0 && ruleset.ports != 0 && (needs & CLINUX_SOCKETS)) {
    struct port_rule rule = {.access = ACCESS(BIND_TCP), .port = 0};
    result = (int)syscall(ADD_RULE, rules, RULE_NET_PORT, &rule, 0);
    rule.port = port;
    if (result == 0 && port != 0) result = (int)syscall(ADD_RULE, rules, RULE_NET_PORT, &rule, 0);
  }
  if (result == 0) result = (int)syscall(RESTRICT_SELF, rules, 0);
  int code = errno;
  close(rules);
  errno = code;
  return result;
}

int clinux_open_folder(const char *path) { return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC); }
