#define _GNU_SOURCE
// What has to happen before the Swift runtime looks around, in a constructor that runs before any of its own.

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <ucontext.h>
#include <unistd.h>

static void say(const char *words) {
  ssize_t ignored = write(STDERR_FILENO, words, strlen(words));
  (void)ignored;
}

static uintptr_t stack_pointer(const ucontext_t *context) {
#if defined(__x86_64__)
  return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
  return (uintptr_t)context->uc_mcontext.sp;
#else
  (void)context;
  return 0;
#endif
}

// The runtime ends the process by a signal where memory or stack run out. Here it is said, by calls that may be made in a
// handler. Any other fault, and a signal that someone sends, takes its course: the handler is gone by then.
static void explain(int number, siginfo_t *details, void *context) {
  if (errno == ENOMEM) {
    say("probe: out of memory: raise `ulimit -v`, or ask for less\n");
    _exit(2);
  }
  if (number == SIGSEGV) {
    uintptr_t at = (uintptr_t)details->si_addr, stack = stack_pointer(context);
    struct rlimit limit;
    // Within the frame that was to be made: a guard page is hit no further below than the largest of them.
    if (at < stack + 4096 && stack < at + (1 << 18) && getrlimit(RLIMIT_STACK, &limit) == 0) {
      say("probe: out of stack: raise `ulimit -s`\n");
      _exit(2);
    }
  }
  // What the runtime has said of it; then what would have happened without us, when this handler is over.
  fflush(stderr);
  raise(number);
}

static void explain_faults(void) {
  static uint8_t room[16384];
  stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = explain;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND;
  if (sigaltstack(&stack, NULL) != 0) return;
  // The runtime says at length that memory has run out. In the program, which writes by no stream of its own (and not in
  // tests, which do), its words are kept until it is known whether they are needed.
  static char words[4096];
  if (getauxval(AT_BASE) == 0) setvbuf(stderr, words, _IOFBF, sizeof words);
  const int numbers[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGTRAP};
  for (size_t index = 0; index < sizeof numbers / sizeof numbers[0]; index++) sigaction(numbers[index], &action, NULL);
}

// Where the runtime takes the words of the command line from. It looks for them itself, on the stack in front of environ:
// in vain once setenv(3) has moved that, and without /proc.
__attribute__((swiftcall, weak)) extern void _swift_stdlib_overrideUnsafeArgvArgc(char **argv, int argc);

// Priority 101 is the first that programs have; the runtime's constructors have none.
__attribute__((constructor(101))) static void begin(int argc, char **argv) {
  // The runtime looks for a program to trace crashes with beside its own path, which it takes from /proc, and gives up
  // where there is none. No crash of this program starts another one.
  if (getenv("SWIFT_BACKTRACE") == NULL || access("/proc/self/exe", F_OK) != 0)
    setenv("SWIFT_BACKTRACE", "enable=no,swift-backtrace=/nonexistent", 1);
  if (_swift_stdlib_overrideUnsafeArgvArgc != NULL) _swift_stdlib_overrideUnsafeArgvArgc(argv, argc);
  // Seeds of hash tables and initial sequence numbers must not be guessed: without this call there is nothing to be done.
  uint64_t word;
  if (getrandom(&word, sizeof word, GRND_NONBLOCK) < 0 && errno != EAGAIN) {
    say("probe: getrandom: ");
    say(strerrordesc_np(errno));
    say(" (");
    say(strerrorname_np(errno));
    say("): this system gives no random numbers\n");
    _exit(2);
  }
  explain_faults();
}
