import Handshake

// What the words of output mean: from here the documentation's tables, `probe explain` and `--explain` are made.

/// What a word means: in short for a table, explained for a reader who wants to understand it, and where that is specified.
package struct Meaning: Hashable, Sendable {
  /// In short, as the tables of the documentation have it.
  package let text: String
  /// Why, in one or two sentences.
  package let explanation: String
  /// The section that specifies it, or the manual that describes it.
  package let source: String

  init(_ text: String, _ explanation: String, by source: String) {
    (self.text, self.explanation, self.source) = (text, explanation, source)
  }

  /// Words before it, the explanation, and its source in brackets, in lines of so many columns; the source is not broken.
  func lines(_ width: Int, after words: String = "", isUnicode: Bool = true) -> [String] {
    let source = isUnicode ? source : source.split(separator: "§").map(String.init).together(by: "section ")
    let joined = source.split(separator: " ").map(String.init).together(by: "\u{a0}")
    return "\(words) \(explanation) [\(joined)]".wrapped(width).map {
      $0.split(separator: "\u{a0}").map(String.init).together(by: " ")
    }
  }
}

extension Verdict {
  /// What the state says of a port.
  package var meaning: Meaning {
    switch self {
    case .open:
      Meaning(
        "a SYN-ACK acknowledged exactly our SYN",
        "A process listens on the port: only an endpoint that received our SYN can send ISN+1 as its ack number.",
        by: "RFC 9293 §3.5")
    case .refused:
      Meaning(
        "an RST acknowledged exactly our SYN",
        "The host answers, and nothing listens on the port: a host without a connection replies to a SYN with an RST.",
        by: "RFC 9293 §3.5.2")
    case .filtered:
      Meaning(
        "no valid reply, or an ICMP error of the kind administratively prohibited",
        "A firewall drops the SYN or rejects it, or the SYN, its reply and all retransmissions were lost. Silence cannot "
          + "distinguish these cases.", by: "RFC 9293 §3.8.3")
    case .unreachable:
      Meaning(
        "an ICMP unreachable error that quotes our packet, or this host has no route or did not send",
        "The SYN did not reach a TCP endpoint: a router or the host reports why, or this host could not send it.",
        by: "RFC 1122 §3.2.2.1")
    }
  }
}

extension Reason {
  /// What a reason says of its state.
  package var meaning: Meaning {
    switch self {
    case .synAck:
      Meaning(
        "a SYN-ACK with the right acknowledgment number",
        "The second segment of the three-way handshake: it acknowledges our SYN and carries the peer's own.",
        by: "RFC 9293 §3.5")
    case .ack:
      Meaning(
        "with `probe listen`: our SYN-ACK was acknowledged",
        "The third segment of the handshake: the client received our SYN-ACK, so its address is not forged.",
        by: "RFC 9293 §3.5")
    case .rst:
      Meaning(
        "an RST with the right acknowledgment number",
        "The host has no such connection and no listener. In SYN-SENT an RST counts only if it acknowledges our SYN.",
        by: "RFC 9293 §3.10.7.3")
    case .noResponse:
      Meaning(
        "no reply to any transmission",
        "The SYN was retransmitted with doubled waits until the retries were used up, and nothing arrived.",
        by: "RFC 6298 §5")
    case .icmpHostUnreachable:
      Meaning(
        "ICMP 3/1, 3/7, 3/8, 3/12; ICMPv6 1/3",
        "The last router cannot reach the host: most often nothing answers its ARP or neighbor solicitation.",
        by: "RFC 1812 §5.2.7.1")
    case .icmpNetUnreachable:
      Meaning(
        "ICMP 3/0, 3/5, 3/6, 3/11; ICMPv6 1/0, 1/2, 1/7",
        "A router on the path has no route to the target's network.", by: "RFC 1812 §5.2.7.1")
    case .icmpPortUnreachable:
      Meaning(
        "ICMP 3/3; ICMPv6 1/4",
        "A host has no such port. TCP hosts send an RST instead, so this is mostly a firewall that rejects the SYN.",
        by: "RFC 1122 §3.2.2.1")
    case .icmpProtoUnreachable:
      Meaning(
        "ICMP 3/2; ICMPv6 4/1", "The host does not support TCP, or a firewall rejects the SYN in that way.",
        by: "RFC 1122 §3.2.2.1")
    case .icmpAdminProhibited:
      Meaning(
        "administratively prohibited: ICMP 3/9, 3/10, 3/13 to 3/15; ICMPv6 1/1, 1/5, 1/6",
        "A firewall on the path, or of the host, rejects the SYN and says so.", by: "RFC 1812 §5.2.7.1")
    case .icmpFragNeeded:
      Meaning(
        "ICMP 3/4; ICMPv6 2: reported, but never decides a state",
        "A packet exceeds the MTU of the next link. It is a report for path MTU discovery, not an answer for the port.",
        by: "RFC 9293 §3.7.2")
    case .icmpTTLExceeded:
      Meaning(
        "ICMP 11; ICMPv6 3", "The TTL reached 0 on the way: a routing loop, or a TTL set too low with `--ttl`.",
        by: "RFC 1812 §5.3.1")
    case .noRoute:
      Meaning(
        "this host has no route to the target",
        "The routing table of this host has no entry for the target, so nothing was sent.", by: "ip-route(8)")
    case .notSent:
      Meaning(
        "this host refused to send the packet, or had no source port for it; nothing is known of the target",
        "The kernel rejected the packet, for example by a local firewall rule or for lack of buffers.", by: "send(2)")
    case .invalidReplies:
      Meaning(
        "every reply was rejected",
        "Packets arrived, and none of them answered the SYN that was sent: a middlebox or a forger may be at work.",
        by: "RFC 9293 §3.10.7.3")
    }
  }

  /// The state that it is a reason for; nil where it decides none.
  package var verdict: Verdict? {
    switch self {
    case .synAck, .ack: .open
    case .rst: .refused
    case .noResponse, .invalidReplies, .icmpAdminProhibited: .filtered
    case .icmpFragNeeded: nil
    case .icmpHostUnreachable, .icmpNetUnreachable, .icmpPortUnreachable, .icmpProtoUnreachable, .icmpTTLExceeded,
      .noRoute, .notSent:
      .unreachable
    }
  }
}

extension Refusal {
  /// Why a packet was rejected, in the words that `-v` shows.
  package var meaning: Meaning {
    switch self {
    case .malformed:
      Meaning(
        "does not parse", "A length in a header does not fit the packet, so its fields cannot be trusted.",
        by: "RFC 9293 §3.1")
    case .truncated:
      Meaning(
        "longer than the receive buffer: truncated",
        "The end of the packet is missing, so its checksum cannot be verified.",
        by: "recv(2)")
    case .badChecksum:
      Meaning(
        "checksum is wrong",
        "A receiver must verify the checksum and discard a segment that fails it: its bits changed on the way.",
        by: "RFC 9293 §3.1")
    case .ackMismatch:
      Meaning(
        "acknowledges what was never sent",
        "The ack number lies outside what was sent. It belongs to another connection, or is a guess by a forger.",
        by: "RFC 9293 §3.10.7.3")
    case .rstMismatch:
      Meaning(
        "an RST that does not acknowledge our SYN, or is not exactly at RCV.NXT",
        "A blind attacker can guess a number inside the window, but hardly the exact one. So only an exact match resets.",
        by: "RFC 5961 §3")
    case .irsMismatch:
      Meaning(
        "a second SYN-ACK with another initial sequence number",
        "A retransmitted SYN-ACK repeats its sequence number. Another number comes from another host or a restarted one.",
        by: "RFC 5961 §4")
    case .badQuote:
      Meaning(
        "an ICMP error that quotes no packet of ours",
        "An ICMP error carries the header of the packet that caused it. Addresses, ports and sequence number must be ours.",
        by: "RFC 9293 §3.9.2.2")
    case .outOfWindow:
      Meaning(
        "outside the receive window",
        "Its bytes lie before RCV.NXT or beyond the window: an old duplicate or a forgery. It is answered with an ACK only.",
        by: "RFC 9293 §3.10.7.4")
    case .notSyn:
      Meaning(
        "neither SYN nor RST; only those can answer a SYN",
        "In SYN-SENT a segment without SYN and RST is dropped.", by: "RFC 9293 §3.10.7.3")
    case .noAck:
      Meaning(
        "no ACK on an established connection",
        "Once a connection is established, every segment carries an ACK; one without it is dropped.",
        by: "RFC 9293 §3.10.7.4")
    case .paws:
      Meaning(
        "its timestamp is older than the last one accepted",
        "Timestamps only grow. An older value marks an old duplicate whose sequence number has wrapped around (PAWS).",
        by: "RFC 7323 §5")
    case .unexpectedSyn:
      Meaning(
        "a SYN on an established connection",
        "It may be forged, so it changes nothing. It is answered with a challenge ACK.", by: "RFC 5961 §4")
    case .notForListen:
      Meaning(
        "not a SYN; only a SYN opens a connection",
        "A listener accepts SYNs only. A segment with an ACK belongs to no connection and is answered with an RST.",
        by: "RFC 9293 §3.10.7.2")
    }
  }

  /// Why, for a person who asked.
  var explanation: String { meaning.text }
}

extension Notes {
  /// Every note with what it means.
  package static var meanings: [(name: String, meaning: Meaning?)] {
    names.map { note, name in (name, meaning(of: note)) }
  }

  /// What the notes that are set mean.
  var meanings: [(name: String, meaning: Meaning)] {
    Notes.names.compactMap { note, name in contains(note) ? Notes.meaning(of: note).map { (name, $0) } : nil }
  }

  private static func meaning(of note: Notes) -> Meaning? {
    switch note {
    case .optionsMalformed:
      Meaning(
        "the option list does not parse to its end; what parses counts",
        "An option claims more bytes than the header has. The options before it still count.", by: "RFC 9293 §3.1")
    case .finInSynAck:
      Meaning(
        "the SYN-ACK carried FIN",
        "A FIN in a SYN-ACK would close what is not open yet. It is legal, and no common server sends it.",
        by: "RFC 9293 §3.10.7.3")
    case .windowZero:
      Meaning(
        "the SYN-ACK offered no window, or none opened for our data: a SYN proxy or a full receive buffer",
        "A window of 0 forbids sending. A SYN proxy uses it to hold data back until it is connected to the real server.",
        by: "RFC 9293 §3.8.6.1")
    case .unofferedOption:
      Meaning(
        "the SYN-ACK answered an option that was not offered",
        "A peer may use window scaling, SACK or timestamps only if our SYN offered them.", by: "RFC 7323 §2.2")
    case .tsecrMismatch:
      Meaning(
        "the echoed timestamp is not one of ours; no RTT is taken from it",
        "TSecr returns the latest TSval of ours. Another value was changed on the way or made up.", by: "RFC 7323 §3.2")
    case .dataInSynAck:
      Meaning(
        "the SYN-ACK carried payload",
        "A SYN-ACK may carry data, which counts only once the handshake is complete.", by: "RFC 9293 §3.4")
    case .reservedBits:
      Meaning(
        "a reserved bit of the header was set",
        "Reserved bits must be sent as 0 and ignored by a receiver; a set bit shows odd software or a damaged packet.",
        by: "RFC 9293 §3.1")
    case .halfOpenPeer:
      Meaning(
        "the peer held an old connection on the same ports; it was reset first",
        "The peer answered our SYN with an ACK of the old connection. Our RST ended that, and the SYN was retransmitted.",
        by: "RFC 9293 §3.5.1")
    case .simultaneousOpen:
      Meaning(
        "simultaneous open: both ends sent a SYN",
        "Both SYNs crossed on the way. Each end acknowledges the other's, and one connection results.",
        by: "RFC 9293 §3.5")
    case .resetByPeer:
      Meaning(
        "the peer reset the connection after the handshake",
        "The peer aborted: a crashed or refusing application, or a middlebox that ends the connection.",
        by: "RFC 9293 §3.5.3")
    case .peerVanished:
      Meaning(
        "the peer stopped answering after the handshake",
        "Our retransmissions were not acknowledged. The path was cut, or the peer is gone without a word.",
        by: "RFC 9293 §3.8.3")
    case .peerFinMissing:
      Meaning(
        "the peer acknowledged our FIN and never sent its own",
        "The connection stays half-closed: the peer's application has not closed its end, so it stays in CLOSE-WAIT.",
        by: "RFC 9293 §3.6.1")
    case .unconfirmed:
      Meaning(
        "with `--confirm`: nothing showed that the peer is ESTABLISHED",
        "The keep-alive probe was not answered as an ESTABLISHED peer does. Its accept queue may be full, or a SYN proxy "
          + "answered.", by: "RFC 9293 §3.8.4")
    case .dataOutOfOrder:
      Meaning(
        "payload arrived beyond a gap and was not acknowledged",
        "Acknowledgments are cumulative: bytes beyond a missing segment cannot be acknowledged before the gap is filled.",
        by: "RFC 9293 §3.4")
    case .craftedFlags:
      Meaning(
        "the crafted segment opens no connection: the state describes the reply to it",
        "Without a plain SYN there is no handshake. A host without a connection answers most segments with an RST.",
        by: "RFC 9293 §3.10.7.1")
    case .synCookie:
      Meaning(
        "with `probe listen`: the SYN-ACK was a SYN cookie; of the SYN only the MSS was kept",
        "The sequence number of the SYN-ACK encodes the connection, so that a flood of SYNs takes no memory.",
        by: "RFC 4987 §3.6")
    case .irsMismatch:
      Meaning(
        "a second SYN-ACK with another initial sequence number: another host answers too, or the peer has forgotten "
          + "the first; it is challenged, counted as invalid and ignored",
        "A retransmitted SYN-ACK repeats its sequence number, so this one belongs to another connection attempt.",
        by: "RFC 5961 §4")
    case .ttlMismatch:
      Meaning(
        "the RST's TTL differs from that of the host's other answers in this run: a middlebox may have sent it",
        "Packets of one host mostly take paths of equal length. Another TTL suggests another sender, such as a firewall.",
        by: "RFC 791 §3.1")
    case .routeProhibited:
      Meaning(
        "with `no-route`: a `prohibit` route excludes the destination (`ip route`)",
        "The routing table of this host rejects packets to the target, as an administrator wanted.", by: "ip-route(8)")
    case .routeBlackhole:
      Meaning(
        "with `no-route`: a `blackhole` route excludes it",
        "The routing table of this host drops packets to the target silently.", by: "ip-route(8)")
    case .routeUnreachable:
      Meaning(
        "with `no-route`: an `unreachable` route excludes it",
        "The routing table of this host declares the target unreachable.", by: "ip-route(8)")
    case .keptSending:
      Meaning(
        "the peer kept sending after our FIN for as long as its own was waited for (`-W`, `--retries`)",
        "A FIN ends one direction only, so the peer may go on. The wait for its FIN is limited, and ends with an RST.",
        by: "RFC 9293 §3.6.1")
    case .tooSlow:
      Meaning(
        "the peer did not accept all of our data within a minute",
        "Its window opened too slowly. The connection was reset instead of waiting longer.", by: "RFC 9293 §3.8.6")
    case .unresolved:
      Meaning(
        "with `not-sent`: the target's name gave no address",
        "The name service has no address for the name, or did not answer. Nothing was sent.", by: "getaddrinfo(3)")
    default: nil
    }
  }
}
