/// An option that another tool has, and what to type here instead: a row of `Habit.all`.
///
/// Options that probe has itself come first; the table answers for what is left.
struct Habit: Hashable, Sendable {
  /// As it is typed there.
  let words: [String]
  /// The commands that it is answered for, by name; nil means all.
  let commands: [String]?
  /// What follows from it here.
  let answer: Answer

  /// What follows from an option of another tool.
  enum Answer: Hashable, Sendable {
    /// It means the same as this option.
    case same(String)
    /// It is refused, with what to type instead.
    case hint(String)
  }

  private init(_ words: String..., in commands: String..., same option: String) {
    (self.words, self.commands, answer) = (words, commands.isEmpty ? nil : commands, .same(option))
  }

  private init(_ words: String..., in commands: String..., use hint: String) {
    (self.words, self.commands, answer) = (words, commands.isEmpty ? nil : commands, .hint(hint))
  }

  /// What a word answers to in a command: first what is said of that command alone.
  static func answer(to word: some StringProtocol, in command: String) -> Answer? {
    let rows = all.filter { $0.words.contains { $0 == word } }
    return (rows.first { $0.commands?.contains(command) ?? false } ?? rows.first { $0.commands == nil })?.answer
  }

  /// What to type instead of the name of another tool.
  static func command(insteadOf tool: String) -> String? {
    switch tool {
    case "trace", "traceroute", "traceroute6", "tcptraceroute", "tracepath", "mtr": "route HOST:PORT"
    case "ping", "tcping", "tcpping", "hping", "hping3", "nping": "HOST:PORT"
    case "nmap", "masscan", "zmap": "scan TARGETS -p PORTS"
    case "curl", "wget", "httping": "http URL"
    case "tcpdump", "tshark", "wireshark": "read FILE"
    default: nil
    }
  }

  /// Whether a word is one option of another tool, although getopt would read it as several letters, or as a letter
  /// with a value: nmap's `-sS`, `-oX`, `-Pn`.
  static func isWhole(_ word: String) -> Bool {
    word.count > 2 && !word.hasPrefix("--") && all.contains { $0.words.contains(word) }
  }

  /// All of them, by the tools that they come from.
  static let all: [Habit] =
    nmapScan + nmap + hping3 + ping + netcat + mtr + curl
    + [
      Habit("-C", use: "use -c N --fping"),
      Habit("-x", use: "use -c N for a number of probes"),
      Habit("--timestamp", "--time-stamp", same: "--print-time"),
      Habit("--hostname", same: "--host"),
      Habit("--warning", same: "--warn"),
      Habit("--critical", same: "--crit"),
      Habit("--wait", use: "use --until open, with -w SEC for how long"),
      Habit("--strict", "--child", use: "leave it out; with --until the exit code is 0 or 1"),
      Habit("--write", use: "use --pcap FILE"),
    ]

  /// What nmap's options mean in a scan, which has other options than the default command.
  private static let nmapScan: [Habit] = [
    Habit("-sS", in: "scan", use: "leave it out; a scan sends SYNs and never completes the handshake"),
    Habit("-sT", in: "scan", use: "leave it out; a scan sends SYNs by itself, and needs no connect()"),
    Habit("-sn", "-sP", "-sL", in: "scan", use: "use --list to see the targets; a scan sends no ping, so name a port"),
    Habit("-sA", "-sF", "-sN", "-sX", "-sM", in: "scan", use: "a scan sends SYNs only; use probe HOST:PORT --flags"),
    Habit("-sV", "-sC", in: "scan", use: "use --service, or --banner SEC for what a service says first"),
    Habit("-O", in: "scan", use: "use --profile for what SYN-ACKs say of their senders"),
    Habit("-A", in: "scan", use: "use --service and --profile"),
    Habit(
      "-T0", "-T1", "-T2", "-T3", "-T4", "-T5", "-T", in: "scan",
      use: "leave it out; --rate PPS sets the speed, -W the wait"),
    Habit("-F", in: "scan", use: "use --top-ports 100"),
    Habit("-r", in: "scan", use: "leave it out; the order is always random"),
    Habit("-i", "--interval", "--delay", "--scan-delay", "--max-scan-delay", in: "scan", use: "use --rate PPS"),
    Habit("--min-rate", in: "scan", same: "--rate"),
    Habit("--host-timeout", "--max-rtt-timeout", in: "scan", use: "use -W SEC for the wait behind a pass"),
    Habit(
      "--min-hostgroup", "--max-hostgroup", "--min-parallelism", "--max-parallelism", in: "scan", use: "use --rate PPS"),
    Habit("--randomize-hosts", in: "scan", use: "leave it out; the order is always random"),
    Habit("--traceroute", in: "scan", use: "use probe route HOST:PORT"),
    Habit("--script", "--data-length", "--data", "--data-string", in: "scan", use: "a scan sends SYNs without data"),
    Habit("--scanflags", "--flags", in: "scan", use: "a scan sends SYNs only; use probe HOST:PORT --flags"),
    Habit("-P", in: "scan", use: "use -p PORTS"),
    Habit("-e", in: "scan", same: "--interface"),
    Habit("-D", in: "scan", use: "leave it out; probe has no decoys"),
    Habit("-c", in: "scan", use: "use --retries N; every port is asked once in a pass"),
    Habit("-v", "-vv", "-vvv", "-d", in: "scan", use: "leave it out; --json has everything"),
    Habit("-R", in: "scan", use: "leave it out; addresses are not looked up"),
    Habit("-sU", "-sY", in: "scan", use: "probe is TCP only"),
    Habit("-oJ", in: "scan", "merge", same: "--json-file"),
    Habit("--connect", in: "scan", use: "leave it out; a scan needs raw sockets"),
    Habit("-t", in: "scan", use: "use --ttl N for the time to live, -W SEC for the wait behind a pass"),
    Habit("-a", "--spoof", "-s", in: "scan", use: "use -S ADDR for the source address, -g PORT for the source port"),
    Habit("-w", in: "scan", use: "leave it out; a scan ends by itself"),
  ]

  private static let nmap: [Habit] = [
    Habit("-sS", use: "use --syn for a half-open probe"),
    Habit("-sT", use: "leave it out for a full connection, or use --connect for the kernel's connect()"),
    Habit("-sA", use: "use --flags A"),
    Habit("-sF", use: "use --flags F"),
    Habit("-sN", use: "use --flags none"),
    Habit("-sX", use: "use --flags FPU"),
    Habit("-sM", use: "use --flags FA"),
    Habit("-sn", "-sP", use: "name a port; probe sends no ping"),
    Habit("-sU", "-sY", use: "probe is TCP only"),
    Habit("-sV", "-sC", "-O", use: "no version or OS detection; --data sends a request, -v shows every packet"),
    Habit("-Pn", "-PN", "-P0", use: "leave it out; probe never pings first"),
    Habit("-oX", in: "scan", "merge", same: "--xml"),
    Habit("-oG", in: "scan", "merge", same: "--grepable"),
    Habit("-oN", in: "scan", "merge", same: "--normal"),
    Habit("-oA", in: "scan", "merge", same: "--all-formats"),
    Habit("-oX", "-oG", "-oA", "-oN", "-oJ", use: "use -o FILE, with --json or --csv for another format"),
    Habit("-T0", "-T1", "-T2", "-T3", "-T4", "-T5", use: "leave it out; -i sets the interval, -W the timeout"),
    Habit("-vv", "-vvv", same: "-v"),
    Habit("-R", use: "leave it out; addresses are not looked up"),
    Habit("-r", use: "use probe read FILE for a capture, or leave it out"),
    Habit("-e", use: "use -I IF for the interface"),
    Habit("--open", use: "use --expect open for the exit code, or grep ^open"),
    Habit("--top-ports", use: "name the ports"),
    Habit("--reason", use: "leave it out; the reason is always printed"),
    Habit("--max-retries", same: "--retries"),
    Habit("--initial-rtt-timeout", "--connect-timeout", same: "--timeout"),
    Habit("--host-timeout", "--max-rtt-timeout", use: "use -W SEC for the first SYN, -w SEC for the whole run"),
    Habit("--min-rate", "--max-rate", "--scan-delay", "--delay", use: "use -i SEC for the interval"),
    Habit("--scanflags", same: "--flags"),
    Habit("--data-string", same: "--data"),
    Habit("--badsum", same: "--bad-checksum"),
    Habit("--data-length", "--script", use: "probe has nothing like it"),
    Habit("--traceroute", use: "use probe route HOST:PORT"),
    Habit("--ip-options", use: "use --ip-option HEX, as in --ip-option 07070400000000 for a record route"),
    Habit("--mtu", use: "use --fragment SIZE for IP fragments"),
    Habit("--badsum-ip", use: "no host would see it; use --bad-checksum for TCP's"),
    Habit("--seq", same: "--isn"),
    Habit("--id", same: "--ip-id"),
    Habit("--flow", same: "--flow-label"),
    Habit("--mf", use: "use --fragment SIZE for IP fragments"),
    Habit("--source-ip", same: "--source"),
    Habit("--exclude", "--excludefile", use: "leave those hosts out of the list"),
    Habit("--tcp-connect", use: "use --connect"),
  ]

  private static let hping3: [Habit] = [
    Habit("-A", use: "use --flags A for an ACK"),
    Habit("-F", use: "use --flags F for a FIN, or name the ports instead of nmap's -F"),
    Habit("-P", use: "put the port after the host (HOST:PORT), or use --flags P for a PSH"),
    Habit("-U", use: "use --flags U for an URG"),
    Habit("-X", "-Y", use: "use --flags, as in --flags FPU"),
    Habit("-M", "--setseq", use: "use --isn N"),
    Habit("-L", use: "use --ack N"),
    Habit("--setack", same: "--ack"),
    Habit("-N", use: "use --ip-id N for the identification, or leave it out; probe closes by itself"),
    Habit("-y", "--dontfrag", use: "use --df, the default; --no-df clears the bit"),
    Habit("--frag", "--morefrag", "--fragoff", use: "use --fragment SIZE for IP fragments"),
    Habit(
      "--rroute", "--lsrr", "--ssrr", use: "use --ip-option HEX, as in --ip-option 07070400000000 for a record route"),
    Habit("--xmas", "--ymas", use: "use --flags with E, C or N, as in --flags SEC"),
    Habit("--tcpoff", use: "probe sets the data offset itself"),
    Habit("--badcksum", same: "--bad-checksum"),
    Habit("--tcp-timestamp", same: "--timestamps"),
    Habit("-a", "--spoof", use: "use -S ADDR; it must be an address of this host"),
    Habit("-s", "--baseport", use: "use -g PORT for the source port; -q for silence"),
    Habit("-k", "--keep", use: "use -g PORT to keep the source port"),
    Habit("--flood", "--faster", use: "use probe bench --rate R"),
    Habit("--fast", use: "use -i 100ms"),
    Habit("--icmp", "--udp", "-u", "-1", "-2", use: "probe is TCP only"),
    Habit("-8", "--scan", use: "use -p PORTS HOST, as in -p 1-1024"),
    Habit("--destport", same: "--ports"),
    Habit("--port", same: "--ports"),
    Habit("-iL", "--file", same: "--targets"),
    Habit("--win", same: "--window"),
    Habit("--tcp-mss", same: "--mss"),
  ]

  private static let ping: [Habit] = [
    Habit(
      "-t",
      use: "use --ttl N for the time to live, -W SEC for the timeout, or -c 0 to probe until interrupted"),
    Habit("-d", use: "use --data TEXT for data, or -D for times"),
    Habit("-m", "-b", "--preload", use: "probe has nothing like it"),
    Habit("--iface", same: "--interface"),
    Habit("--period", same: "--interval"),
    Habit("--deadtime", same: "--deadline"),
    Habit("--hop-limit", same: "--ttl"),
  ]

  private static let netcat: [Habit] = [
    Habit("-z", use: "leave it out; probe sends no data unless --data is given"),
    Habit("-l", use: "use probe listen PORT"),
    Habit("-c", in: "http", use: "use --requests N"),
    Habit("-i", in: "http", use: "leave it out; -v shows the headers"),
  ]

  private static let mtr: [Habit] = [
    Habit("--tcp", use: "leave it out; probe is TCP only"),
    Habit("-T", use: "leave it out; probe is TCP only; probe route shows the hops"),
    Habit("--report", "--report-wide", use: "use probe route --report HOST:PORT"),
    Habit("--report-cycles", same: "--count"),
    Habit("--no-dns", same: "--numeric"),
  ]

  private static let curl: [Habit] = [
    Habit("-H", in: "http", same: "--header"),
    Habit("-A", "--user-agent", in: "http", use: "use --header 'User-Agent: NAME'"),
    Habit("-e", "--referer", in: "http", use: "use --header 'Referer: URL'"),
    Habit("-b", "--cookie", in: "http", use: "use --header 'Cookie: NAME=VALUE'"),
    Habit("-u", "--user", in: "http", use: "use --header 'Authorization: …'"),
    Habit("-X", "--request", in: "http", use: "leave it out for GET, or use --head; there are no others"),
    Habit("-d", "--data", "--data-raw", "-F", "-T", in: "http", use: "probe http sends GET or HEAD only"),
    Habit(
      "-o", "-O", "--remote-name", in: "http", use: "use --body-to FILE for the body, --output FILE for the results"),
    Habit("-L", "--location", in: "http", use: "leave it out; redirects are reported, not followed"),
    Habit("-k", "--insecure", in: "http", use: "leave it out; TLS is not supported"),
    Habit("-f", "--fail", in: "http", use: "leave it out; the exit code is 1 from status 400 on"),
    Habit("-s", "-sS", "--silent", in: "http", use: "use -q"),
    Habit("-m", in: "http", same: "--max-time"),
    Habit("-x", "--proxy", in: "http", use: "probe uses no proxy"),
    Habit("-0", "--http1.0", in: "http", use: "use --http-version 1.0"),
    Habit("--http1.1", in: "http", use: "leave it out; HTTP/1.1 is the default"),
    Habit("--resolve", "--connect-to", in: "http", use: "put the address in the URL, and use --header 'Host: NAME'"),
    Habit("--tcp-fastopen", in: "http", use: "use probe HOST:PORT --tfo to ask for a cookie"),
    Habit("--compressed", in: "http", use: "use --header 'Accept-Encoding: gzip'"),
    Habit("--write-out", in: "http", use: "use --json"),
  ]
}
