import Wire

/// The conversations that show what a TCP is like (`probe profile`): a few plain handshakes, none of them wrong.
public enum ProfilePlay: Hashable, Sendable {
  /// A SYN with these options, in tcpdump's words; none is an empty text.
  case offer(String)
  /// A SYN that is never acknowledged: how often its answer comes again.
  case withheld
  /// SYNs between the same ports, at two intervals.
  case samePorts
  /// A SYN from another port.
  case otherPort(Int)
  /// Timestamps at two moments.
  case clock
  /// The same SYN twice, with another ISS, and with another MSS.
  case cookies
  /// A request whose answer is never acknowledged.
  case unacknowledged
  /// Single octets, and how soon each is acknowledged.
  case octets

  /// The options that are offered, each alone and all together.
  public static let offers = [
    "", "mss 1460", "wscale 7", "sackOK", "TS val 1000 ecr 0", "mss 1460,sackOK,TS val 1000 ecr 0,nop,wscale 7",
  ]
  /// SYNs between the same ports, and from ports of their own.
  public static let (samples, otherPorts) = (20, 40)
  /// Intervals between SYNs of the same ports, in seconds, in turn.
  public static let intervals = ["0.03", "0.09"]
  /// Seconds for which retransmissions of data are counted.
  public static let dataTime = 4
  /// Octets that are sent one by one.
  static let octetCount = 20

  /// All of them, those that take longest first.
  public static var all: [ProfilePlay] {
    [.withheld, .unacknowledged, .samePorts, .octets, .clock, .cookies] + offers.map(ProfilePlay.offer)
      + (0..<otherPorts).map(ProfilePlay.otherPort)
  }

  /// The conversation.
  public func conversation(wait: Int, family: AddressFamily) throws(ScriptMistake) -> Conversation {
    var list = try ConversationReader.script(lines(wait: wait).joined(separator: "\n"), file: "profile", family: family)
    list[0].isStrict = false
    return list[0]
  }

  private func lines(wait: Int) -> [String] {
    switch self {
    case .offer(let options):
      return ["> S 0(0) win 65535" + (options.isEmpty ? "" : " <\(options)>"), "< S. ack 1 within 3"]
    case .withheld:
      return ["> S 0(0) win 65535 <mss 1460>", "< S. ack 1 within 3", "collect \(wait) S. count>=0"]
    case .otherPort: return ["> S 0(0) win 65535 <mss 1460>", "< S. ack 1 within 3"]
    case .samePorts:
      return (0..<ProfilePlay.samples).flatMap { number -> [String] in
        let iss = number * 100_000
        let after = number == 0 ? "" : "+\(ProfilePlay.intervals[number % 2]) "
        return ["\(after)> S \(iss)(0) win 65535 <mss 1460>", "< S. ack=\(iss + 1) within 1", "> R \(iss + 1)(0)"]
      }
    case .clock:
      return [
        "> S 0(0) win 65535 <mss 1460,sackOK,TS val 1000 ecr 0>", "< S. ack 1 within 3", "> . 1(0) ack 1",
        "+1 > P. 1(1) ack 1", "< ? ack=2 within 1",
      ]
    case .cookies:
      let syns = [(0, 1_460), (0, 1_460), (5_000, 1_460), (0, 536)]
      return syns.enumerated().flatMap { index, syn in
        [
          (index == 0 ? "" : "+0.05 ") + "> S \(syn.0)(0) win 65535 <mss \(syn.1)>", "< S. ack=\(syn.0 + 1) within 1",
          "> R \(syn.0 + 1)(0)",
        ]
      }
    case .unacknowledged:
      return [
        "> S 0(0) win 65535 <mss 536>", "< S. ack 1 within 3", "> . 1(0) ack 1", "acks off", "ask",
        "collect \(ProfilePlay.dataTime) ? len>0 count>=0",
      ]
    case .octets:
      let octet = ["> P. $snd.nxt(1) ack $rcv.nxt", "< ? ack=$snd.nxt within 1"]
      return ["> S 0(0) win 65535 <mss 1460>", "< S. ack 1 within 3", "> . 1(0) ack 1"]
        + (0..<ProfilePlay.octetCount).flatMap { _ in octet }
    }
  }
}
