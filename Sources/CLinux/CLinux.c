#define _GNU_SOURCE
#include "CLinux.h"

#include <sys/file.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <nss.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

// Layouts that Swift reads and writes octet by octet (SocketAddress, ControlMessageCursor, InterfaceRequest, Netlink).
_Static_assert(sizeof(struct sockaddr_in) == 16 && offsetof(struct sockaddr_in, sin_addr) == 4, "sockaddr_in");
_Static_assert(sizeof(struct sockaddr_in6) == 28 && offsetof(struct sockaddr_in6, sin6_addr) == 8, "sockaddr_in6");
_Static_assert(offsetof(struct sockaddr_in6, sin6_scope_id) == 24, "sockaddr_in6");
_Static_assert(sizeof(struct cmsghdr) == 16 && CMSG_LEN(0) == 16 && CMSG_ALIGN(1) == 8, "cmsghdr");
_Static_assert(offsetof(struct cmsghdr, cmsg_level) == 8 && offsetof(struct cmsghdr, cmsg_type) == 12, "cmsghdr");
_Static_assert(sizeof(struct in_pktinfo) == 12 && offsetof(struct in_pktinfo, ipi_addr) == 8, "in_pktinfo");
_Static_assert(sizeof(struct in6_pktinfo) == 20 && offsetof(struct in6_pktinfo, ipi6_ifindex) == 16, "in6_pktinfo");
_Static_assert(sizeof(struct sock_extended_err) == 16 && offsetof(struct sock_extended_err, ee_origin) == 4, "ee");
_Static_assert(offsetof(struct sock_extended_err, ee_info) == 8, "sock_extended_err");
_Static_assert(offsetof(struct sock_extended_err, ee_data) == 12, "sock_extended_err");
_Static_assert(sizeof(struct timespec) == 16, "timespec");
_Static_assert(sizeof(struct sock_filter) == 8, "sock_filter");
_Static_assert(sizeof(struct ifreq) == 40 && offsetof(struct ifreq, ifr_ifru) == 16, "ifreq");
_Static_assert(sizeof(struct ethtool_drvinfo) == 196 && offsetof(struct ethtool_drvinfo, driver) == 4, "drvinfo");
_Static_assert(sizeof(struct nlmsghdr) == 16 && sizeof(struct rtattr) == 4, "netlink");
_Static_assert(sizeof(struct rtmsg) == 12 && offsetof(struct rtmsg, rtm_type) == 7, "rtmsg");
_Static_assert(sizeof(struct ifinfomsg) == 16 && offsetof(struct ifinfomsg, ifi_index) == 4, "ifinfomsg");
_Static_assert(offsetof(struct ifinfomsg, ifi_flags) == 8, "ifinfomsg");
_Static_assert(sizeof(struct ifaddrmsg) == 8 && offsetof(struct ifaddrmsg, ifa_index) == 4, "ifaddrmsg");
_Static_assert(offsetof(struct tcp_info, tcpi_options) == 5 && offsetof(struct tcp_info, tcpi_snd_mss) == 16, "tcp_info");
_Static_assert(offsetof(struct tcp_info, tcpi_rtt) == 68 && offsetof(struct tcp_info, tcpi_rttvar) == 72, "tcp_info");
_Static_assert(offsetof(struct tcp_info, tcpi_total_retrans) == 100, "tcp_info");
_Static_assert(sizeof(struct tpacket_req) == 16 && sizeof(struct tpacket_stats) == 8, "tpacket_req");
_Static_assert(offsetof(struct tpacket2_hdr, tp_len) == 4 && offsetof(struct tpacket2_hdr, tp_snaplen) == 8, "tpacket2");
_Static_assert(offsetof(struct tpacket2_hdr, tp_net) == 14 && offsetof(struct tpacket2_hdr, tp_sec) == 16, "tpacket2");
_Static_assert(offsetof(struct tpacket2_hdr, tp_nsec) == 20, "tpacket2");
_Static_assert(sizeof(struct tpacket_req3) == 28 && sizeof(struct tpacket_stats_v3) == 12, "tpacket_req3");
_Static_assert(offsetof(struct tpacket_block_desc, hdr.bh1.block_status) == 8, "tpacket_block_desc");
_Static_assert(offsetof(struct tpacket_block_desc, hdr.bh1.num_pkts) == 12, "tpacket_block_desc");
_Static_assert(offsetof(struct tpacket_block_desc, hdr.bh1.offset_to_first_pkt) == 16, "tpacket_block_desc");
_Static_assert(sizeof(struct tpacket3_hdr) == 48 && offsetof(struct tpacket3_hdr, tp_next_offset) == 0, "tpacket3");
_Static_assert(offsetof(struct tpacket3_hdr, tp_sec) == 4 && offsetof(struct tpacket3_hdr, tp_nsec) == 8, "tpacket3");
_Static_assert(offsetof(struct tpacket3_hdr, tp_snaplen) == 12 && offsetof(struct tpacket3_hdr, tp_len) == 16, "tpacket3");
_Static_assert(offsetof(struct tpacket3_hdr, tp_status) == 20 && offsetof(struct tpacket3_hdr, tp_net) == 26, "tpacket3");
_Static_assert(sizeof(struct sockaddr_ll) == 20 && offsetof(struct sockaddr_ll, sll_ifindex) == 4, "sockaddr_ll");
_Static_assert(offsetof(struct sockaddr_ll, sll_halen) == 11 && offsetof(struct sockaddr_ll, sll_addr) == 12, "ll");
_Static_assert(sizeof(struct ndmsg) == 12 && offsetof(struct ndmsg, ndm_ifindex) == 4, "ndmsg");
_Static_assert(offsetof(struct ndmsg, ndm_state) == 8, "ndmsg");
_Static_assert(sizeof(struct signalfd_siginfo) == 128, "signalfd_siginfo");

int clinux_ppoll(struct pollfd *set, nfds_t count, const struct timespec *timeout) {
  return ppoll(set, count, timeout, NULL);
}

int clinux_accept4(int listener, int flags) { return accept4(listener, NULL, NULL, flags); }

int clinux_pipe2(int ends[2], int flags) { return pipe2(ends, flags); }

int clinux_unshare_user_and_network(void) { return unshare(CLONE_NEWUSER | CLONE_NEWNET); }

int clinux_unshare_network(void) { return unshare(CLONE_NEWNET); }

int clinux_set_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

int clinux_set_timer_slack(unsigned long nanoseconds) { return prctl(PR_SET_TIMERSLACK, nanoseconds, 0, 0, 0); }

static struct __user_cap_header_struct this_thread(void) {
  return (struct __user_cap_header_struct){.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
}

int clinux_capabilities(uint64_t *effective, uint64_t *permitted) {
  struct __user_cap_header_struct header = this_thread();
  struct __user_cap_data_struct halves[_LINUX_CAPABILITY_U32S_3];
  memset(halves, 0, sizeof halves);
  int result = (int)syscall(SYS_capget, &header, halves);
  *effective = (uint64_t)halves[0].effective | (uint64_t)halves[1].effective << 32;
  *permitted = (uint64_t)halves[0].permitted | (uint64_t)halves[1].permitted << 32;
  return result;
}

int clinux_set_capabilities(uint64_t set) {
  struct __user_cap_header_struct header = this_thread();
  struct __user_cap_data_struct halves[_LINUX_CAPABILITY_U32S_3];
  memset(halves, 0, sizeof halves);
  halves[0].effective = halves[0].permitted = (uint32_t)set;
  halves[1].effective = halves[1].permitted = (uint32_t)(set >> 32);
  return (int)syscall(SYS_capset, &header, halves);
}

int clinux_clear_ambient_set(void) { return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); }

// The kernel answers EINVAL for the first number that is no capability of its own.
int clinux_clear_bounding_set(void) {
  for (unsigned long capability = 0; capability < 64; capability++) {
    int held = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
    if (held < 0) return 0;
    if (held && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) return -1;
  }
  return 0;
}

int clinux_bounding_set_is_empty(void) {
  for (unsigned long capability = 0; capability < 64; capability++) {
    int held = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
    if (held != 0) return held < 0;
  }
  return 1;
}

int clinux_keep_capabilities(int keep) { return prctl(PR_SET_KEEPCAPS, (unsigned long)keep, 0, 0, 0); }

int clinux_unshare_user(void) { return unshare(CLONE_NEWUSER); }

int clinux_become(uid_t user, gid_t group) {
  if (setresgid(group, group, group) < 0) return -1;
  return setresuid(user, user, user);
}

int clinux_drop_groups(void) { return setgroups(0, NULL); }

int clinux_saved_ids(uid_t *user, gid_t *group) {
  uid_t real_user, effective_user;
  gid_t real_group, effective_group;
  if (getresuid(&real_user, &effective_user, user) < 0) return -1;
  return getresgid(&real_group, &effective_group, group);
}

int clinux_may_become(uid_t user, gid_t group) {
  gid_t own_group = getegid();
  uid_t own_user = geteuid();
  if (setresgid((gid_t)-1, group, (gid_t)-1) < 0) return 0;
  int may = setresuid((uid_t)-1, user, (uid_t)-1) == 0;
  if (may && setresuid((uid_t)-1, own_user, (uid_t)-1) < 0) _exit(2);
  if (setresgid((gid_t)-1, own_group, (gid_t)-1) < 0) _exit(2);
  return may;
}

const char *clinux_errno_name(int code) { return strerrorname_np(code); }

const char *clinux_errno_text(int code) { return strerrordesc_np(code); }

int clinux_is_ignored(int signal) {
  struct sigaction action;
  return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int clinux_exit_status(int wait_status) { return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1; }

int clinux_processor_count(void) {
  cpu_set_t set;
  // A machine with more processors than the set has room for has enough of them.
  if (sched_getaffinity(0, sizeof set, &set) < 0) return errno == EINVAL ? CPU_SETSIZE : 1;
  int count = CPU_COUNT(&set);
  return count > 0 ? count : 1;
}

pid_t clinux_fork(void) { return fork(); }

void clinux_close_from(unsigned first) {
  if (close_range(first, ~0u, 0) == 0) return;
  for (unsigned descriptor = first; descriptor < 1024; descriptor++) close((int)descriptor);
}

int clinux_use_host_services(const char *services) { return __nss_configure_lookup("hosts", services); }

const int clinux_no_data = EAI_NODATA;
const int clinux_address_family = EAI_ADDRFAMILY;

int clinux_demand_md5(int listener, int family, uint64_t key_first, uint64_t key_second) {
  struct tcp_md5sig demand = {.tcpm_flags = TCP_MD5SIG_FLAG_PREFIX, .tcpm_prefixlen = 0};
  demand.tcpm_addr.ss_family = (sa_family_t)family;  // a prefix of no length: every peer
  demand.tcpm_keylen = 2 * sizeof(uint64_t);
  memcpy(demand.tcpm_key, &key_first, sizeof key_first);
  memcpy(demand.tcpm_key + sizeof key_first, &key_second, sizeof key_second);
  return setsockopt(listener, IPPROTO_TCP, TCP_MD5SIG_EXT, &demand, sizeof demand);
}

int clinux_send_packets(int socket, unsigned first, unsigned count, const uint8_t *octets, size_t room,
                        const long *lengths, const long *destinations, const void *names, size_t name_room,
                        unsigned name_length) {
  struct mmsghdr messages[CLINUX_MOST_MESSAGES];
  struct iovec vectors[CLINUX_MOST_MESSAGES];
  if (count > CLINUX_MOST_MESSAGES) count = CLINUX_MOST_MESSAGES;
  for (unsigned index = 0; index < count; index++) {
    unsigned packet = first + index;
    vectors[index].iov_base = (void *)(octets + packet * room);
    vectors[index].iov_len = (size_t)lengths[packet];
    messages[index].msg_hdr = (struct msghdr){
      .msg_name = (void *)((const uint8_t *)names + (size_t)destinations[packet] * name_room),
      .msg_namelen = name_length,
      .msg_iov = &vectors[index],
      .msg_iovlen = 1,
    };
  }
  return sendmmsg(socket, messages, count, MSG_DONTWAIT);
}

// What the handler needs: written while no handler is installed, and only read by it.
static struct {
  int output, input;
  uint8_t restoring[CLINUX_RESTORING_ROOM];
  size_t length;
  int has_modes;
  struct termios found;
  struct sigaction before[NSIG];
  uint8_t is_taken[NSIG];
} terminal;

// A stack of its own: where the stack has overflowed there is no other.
static uint8_t handler_stack[16384];

// Every function in here is async-signal-safe (signal-safety(7)).
static void give_terminal_back(int number) {
  struct pollfd room = {.fd = terminal.output, .events = POLLOUT};
  // A terminal that is stopped (Ctrl-S) must not keep the process from its end.
  if (poll(&room, 1, 200) == 1) (void)!write(terminal.output, terminal.restoring, terminal.length);
  // The modes are those of whoever is in the foreground; a change from behind would stop us.
  if (terminal.has_modes && tcgetpgrp(terminal.output) == getpgrp()) {
    tcsetattr(terminal.input, TCSANOW, &terminal.found);
  }
  // Then what would have happened without us.
  sigaction(number, &terminal.before[number], NULL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, number);
  sigprocmask(SIG_UNBLOCK, &only, NULL);
  raise(number);
}

// Whether a signal that no one handles ends the process, and can be handled: signal(7).
static int ends_the_process(int number) {
  switch (number) {
    case SIGKILL: case SIGSTOP: case SIGCHLD: case SIGCONT: case SIGURG: case SIGWINCH: case SIGTSTP: case SIGTTIN:
    case SIGTTOU: return 0;
    default: return 1;
  }
}

void clinux_guard_terminal(int output, const uint8_t *restoring, size_t length, int input, const struct termios *found) {
  clinux_unguard_terminal();
  terminal.output = output;
  terminal.input = input;
  terminal.length = length < CLINUX_RESTORING_ROOM ? length : CLINUX_RESTORING_ROOM;
  memcpy(terminal.restoring, restoring, terminal.length);
  terminal.has_modes = found != NULL;
  if (found != NULL) terminal.found = *found;
  stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack};
  sigaltstack(&stack, NULL);
  struct sigaction action = {.sa_handler = give_terminal_back, .sa_flags = SA_ONSTACK};
  sigfillset(&action.sa_mask);
  for (int number = 1; number < NSIG; number++) {
    if (!ends_the_process(number) || sigaction(number, NULL, &terminal.before[number]) != 0) continue;
    // What is ignored, by us or by whoever started us (nohup(1)), ends nothing.
    if (terminal.before[number].sa_handler == SIG_IGN) continue;
    terminal.is_taken[number] = sigaction(number, &action, NULL) == 0;
  }
}

void clinux_unguard_terminal(void) {
  for (int number = 1; number < NSIG; number++) {
    if (terminal.is_taken[number]) sigaction(number, &terminal.before[number], NULL);
    terminal.is_taken[number] = 0;
  }
}

// glibc hands the words of the command line to every constructor, in a static program too, and before anything of Swift's
// runs: no octet of theirs is changed, and no /proc is needed.
static int argument_count;
static char *const *arguments;

__attribute__((constructor)) static void keep_arguments(int count, char *const *words, char *const *environment) {
  (void)environment;
  argument_count = count;
  arguments = words;
}

const char *clinux_argument(int index) { return index < argument_count ? arguments[index] : NULL; }

static const char build[CLINUX_BUILD_ROOM] __attribute__((section(".probe_build"), used)) = " ";

const char *clinux_build(void) { return build; }

int clinux_lock(int fd) {
  return flock(fd, LOCK_EX | LOCK_NB);
}
