/// The texts of `-h` and `-V`.
enum Help {
  /// The whole help.
  static var text: String {
    """
    probe makes a TCP connection by hand, over a raw socket, proves every answer and times every step.

    Usage:
      probe HOST:PORT...      one full connection: SYN, SYN-ACK, ACK, then the four-way close
      probe HOST:PORT --syn   half-open: SYN, verify, RST
      probe http URL          an HTTP request inside the connection (probe http -h tells more)
      probe bench HOST:PORT   connections at a fixed rate, in percentiles (probe bench -h tells more)
      probe check FILE        what is to hold of many ports, all at once (probe check -h tells more)
      probe watch HOST:PORT   for ever: a live screen, metrics for Prometheus (probe watch -h tells more)
      probe listen PORT       the other side: answers handshakes (probe listen -h tells more)
      probe read FILE...      the connections in captures, each step timed (probe read -h tells more)
      probe diff A B          what differs between two captures or results (probe diff -h tells more)
      probe demo              a listener of its own on loopback, probed and drawn: needs nothing
      probe doctor            what this machine allows

    Targets: host:port  host port  [v6]:port  host:22,80,8000-8010  host:https
    \(OptionTable<ProbeRequest>.probe.help)
    Exit code: 0 as expected, 1 not as expected, 2 could not run, 130 interrupted, 143 terminated.
    Raw sockets need CAP_NET_RAW: sudo, or once `sudo make setcap`. Without either: --connect.

    """
  }
}

/// The program's version.
enum Version {
  /// The number, as Semantic Versioning counts.
  static let number = "0.1.0"
  /// The line that `-V` prints.
  static var line: String { "probe \(number)\n" }
}
