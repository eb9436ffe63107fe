#ifndef CLINUX_H
#define CLINUX_H
// What `import Glibc` does not show Swift, and why. No _GNU_SOURCE in here: with it, types such as fd_set
// would be declared differently from the ones that the Glibc module has already imported.

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

// Kernel headers that no glibc header includes: their constants are taken from here, never typed in.
#include <linux/capability.h>  // CAP_*
#include <linux/errqueue.h>    // SO_EE_ORIGIN_TIMESTAMPING, SCM_TSTAMP_SND
#include <linux/ethtool.h>     // ETHTOOL_GDRVINFO
#include <linux/if_ether.h>    // ETH_P_IP, ETH_P_IPV6
#include <linux/if_packet.h>   // PACKET_*, TPACKET_V2, tpacket_req, tpacket2_hdr, TP_STATUS_*, sockaddr_ll
#include <linux/filter.h>      // sock_filter, sock_fprog, BPF_*, SKF_NET_OFF
#include <linux/net_tstamp.h>  // SOF_TIMESTAMPING_*
#include <linux/rtnetlink.h>   // RTM_*, RTA_*, RTN_*, NLM_F_*
#include <linux/sockios.h>     // SIOCETHTOOL

// getrandom(2) and signalfd(2) are declared by headers that the Glibc module does not contain.
#include <sys/random.h>
#include <sys/signalfd.h>

// ppoll(2) is declared only under _GNU_SOURCE.
int clinux_ppoll(struct pollfd *set, nfds_t count, const struct timespec *timeout);

// accept4(2) is declared only under _GNU_SOURCE.
int clinux_accept4(int listener, int flags);

// pipe2(2) is declared only under _GNU_SOURCE.
int clinux_pipe2(int ends[2], int flags);

// unshare(2) and CLONE_NEW* are declared only under _GNU_SOURCE.
int clinux_unshare_user_and_network(void);
int clinux_unshare_network(void);

// TCP_MD5SIG_EXT takes a struct with a sockaddr_storage in it, and an array that Swift would see as a tuple of 80.
int clinux_demand_md5(int listener, int family, uint64_t key_first, uint64_t key_second);

// prctl(2) is variadic, and Swift calls no variadic C function.
int clinux_set_no_new_privileges(void);
int clinux_set_timer_slack(unsigned long nanoseconds);

// capget(2) and capset(2) are in no header of glibc; the two halves of each set are joined.
int clinux_capabilities(uint64_t *effective, uint64_t *permitted);
// Makes a set the effective and permitted one; nothing is inherited.
int clinux_set_capabilities(uint64_t set);
// Empties the ambient set and the bounding set (prctl(2)); the latter needs CAP_SETPCAP.
int clinux_clear_ambient_set(void);
int clinux_clear_bounding_set(void);
// Whether the bounding set is empty, by PR_CAPBSET_READ.
int clinux_bounding_set_is_empty(void);
// Whether capabilities survive the change from user 0 to another, until the next execve.
int clinux_keep_capabilities(int keep);
// A user namespace of one's own: whoever makes one has CAP_SETPCAP in it.
int clinux_unshare_user(void);

// setresuid(2), setresgid(2) and setgroups(2) are declared only under _GNU_SOURCE or _DEFAULT_SOURCE.
int clinux_become(uid_t user, gid_t group);
int clinux_drop_groups(void);
int clinux_saved_ids(uid_t *user, gid_t *group);
// Whether this process may become a user and group for good: tried by the effective ones, and taken back.
int clinux_may_become(uid_t user, gid_t group);

// What a sealed run still needs (see SystemCalls.h): sockets of the Internet and of netlink, connect(2), names of files
// in given folders, files that are opened for reading.
#define CLINUX_SOCKETS 1u
#define CLINUX_CONNECT 2u
#define CLINUX_FILES 4u
#define CLINUX_READS_FILES 8u

// seccomp(2) and Landlock (landlock(7)) have no functions in glibc; their programs and rules are made in C.
int clinux_confine_system_calls(unsigned needs);
int clinux_confine_files(unsigned needs, uint16_t port, const int *folders, size_t folder_count);
int clinux_landlock_version(void);
// O_PATH is declared only under _GNU_SOURCE.
int clinux_open_folder(const char *path);

// strerrorname_np(3) and strerrordesc_np(3) are declared only under _GNU_SOURCE; both are free of locale and locks.
const char *clinux_errno_name(int code);
const char *clinux_errno_text(int code);

// sendmmsg(2) and struct mmsghdr are declared only under _GNU_SOURCE. Packet i begins at i * room of the octets and goes
// to name number destinations[i]; at most CLINUX_MOST_MESSAGES of them. Answers how many the kernel took.
#define CLINUX_MOST_MESSAGES 256
int clinux_send_packets(int socket, unsigned first, unsigned count, const uint8_t *octets, size_t room,
                        const long *lengths, const long *destinations, const void *names, size_t name_room,
                        unsigned name_length);

// A frame of a packet ring changes hands by its first word (packet_mmap.rst): read before, written after the rest of
// it, which takes an order that no Swift load of memory shared with the kernel promises.
static inline uint32_t clinux_frame_status(const void *frame) {
  return __atomic_load_n((const uint32_t *)frame, __ATOMIC_ACQUIRE);
}
static inline void clinux_give_frame_back(void *frame) {
  __atomic_store_n((uint32_t *)frame, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
}

// sched_getaffinity(2) and CPU_COUNT are declared only under _GNU_SOURCE. How many processors this thread may run on; at least 1.
int clinux_processor_count(void);

// fork(2) is marked unavailable to Swift, which may have threads; close_range(2) is declared only under _GNU_SOURCE.
pid_t clinux_fork(void);
void clinux_close_from(unsigned first);

// Has this process look hosts up by these services only, whatever /etc/nsswitch.conf says; in <nss.h>, which the Glibc
// module does not contain.
int clinux_use_host_services(const char *services);

// Whether a signal is ignored, as nohup(1) has it: SIG_IGN is a cast that Swift cannot compare with.
int clinux_is_ignored(int signal);

// WIFEXITED and its kin are function-like macros.
int clinux_exit_status(int wait_status);

// A terminal that is drawn on is given back by a signal handler where a signal, or a trap of our own, ends the process: in
// C, for a handler may call nothing of Swift's, whose functions may allocate and take locks. At most
// CLINUX_RESTORING_ROOM octets are written; `found` is nil where the modes are left as they are.
#define CLINUX_RESTORING_ROOM 64
struct termios;
void clinux_guard_terminal(int output, const uint8_t *restoring, size_t length, int input, const struct termios *found);
void clinux_unguard_terminal(void);

// The words of the command line, octet by octet; NULL behind the last. Swift's own list repairs what is not UTF-8, and is
// read from /proc/self/cmdline.
const char *clinux_argument(int index);

// The commit that the program was built from and its date, with spaces behind them; spaces alone where `make build` did
// not know. It is written into the finished program: a compiler flag would have every file compiled again at each commit.
#define CLINUX_BUILD_ROOM 64
const char *clinux_build(void);

// EAI_NODATA is declared only under _GNU_SOURCE.
extern const int clinux_no_data;
extern const int clinux_address_family;


/// flock(2) for this descriptor alone, without waiting: its name is also a structure's, which hides it from Swift.
int clinux_lock(int fd);

#endif
