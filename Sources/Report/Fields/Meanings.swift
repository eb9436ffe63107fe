import Handshake
import Timebase

// What the words of machine output mean: from here the documentation's tables are made.

extension Verdict {
  /// What the state says of a port.
  package var meaning: String {
    switch self {
    case .open: "a SYN-ACK acknowledged exactly our SYN"
    case .refused: "an RST acknowledged exactly our SYN"
    case .filtered: "no valid reply, or an ICMP error of the kind administratively prohibited"
    case .unreachable: "an ICMP unreachable error that quotes our packet, or this host has no route or did not send"
    }
  }
}

extension Reason {
  /// What a reason says of its state.
  package var meaning: String {
    switch self {
    case .synAck: "a SYN-ACK with the right acknowledgment number"
    case .ack: "with `probe listen`: our SYN-ACK was acknowledged"
    case .rst: "an RST with the right acknowledgment number"
    case .noResponse: "no reply to any transmission"
    case .icmpHostUnreachable: "ICMP 3/1, 3/7, 3/8, 3/12; ICMPv6 1/3"
    case .icmpNetUnreachable: "ICMP 3/0, 3/5, 3/6, 3/11; ICMPv6 1/0, 1/2, 1/7"
    case .icmpPortUnreachable: "ICMP 3/3; ICMPv6 1/4"
    case .icmpProtoUnreachable: "ICMP 3/2; ICMPv6 4/1"
    case .icmpAdminProhibited: "administratively prohibited: ICMP 3/9, 3/10, 3/13 to 3/15; ICMPv6 1/1, 1/5, 1/6"
    case .icmpFragNeeded: "ICMP 3/4; ICMPv6 2: reported, but never decides a state"
    case .icmpTTLExceeded: "ICMP 11; ICMPv6 3"
    case .noRoute: "this host has no route to the target"
    case .notSent:
      "this host refused to send the packet, or had no source port for it; nothing is known of the target"
    case .invalidReplies: "every reply was rejected"
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
  /// Why a packet was refused, in the words that `-v` shows.
  package var meaning: String { explanation }
}

extension Notes {
  /// Every note with what it means.
  package static var meanings: [(name: String, meaning: String?)] {
    names.map { note, name in (name, meaning(of: note)) }
  }

  private static func meaning(of note: Notes) -> String? {
    switch note {
    case .optionsMalformed: "the option list does not parse to its end; what parses counts"
    case .finInSynAck: "the SYN-ACK carried FIN"
    case .windowZero: "the SYN-ACK offered no window, or none opened for our data: a SYN proxy or a full receive buffer"
    case .unofferedOption: "the SYN-ACK answered an option that was not offered"
    case .tsecrMismatch: "the echoed timestamp is not one of ours; no RTT is taken from it"
    case .dataInSynAck: "the SYN-ACK carried payload"
    case .reservedBits: "a reserved bit of the header was set"
    case .halfOpenPeer: "the peer held an old connection on the same ports; it was reset first"
    case .simultaneousOpen: "simultaneous open: both ends sent a SYN"
    case .resetByPeer: "the peer reset the connection after the handshake"
    case .peerVanished: "the peer stopped answering after the handshake"
    case .peerFinMissing: "the peer acknowledged our FIN and never sent its own"
    case .unconfirmed: "with `--confirm`: nothing showed that the peer is ESTABLISHED"
    case .dataOutOfOrder: "payload arrived beyond a gap and was not acknowledged"
    case .craftedFlags: "the crafted segment opens no connection: the state describes the reply to it"
    case .synCookie: "with `probe listen`: the SYN-ACK was a SYN cookie; of the SYN only the MSS was kept"
    case .irsMismatch:
      "a second SYN-ACK with another initial sequence number: another host answers too, or the peer has forgotten "
        + "the first; it is challenged, counted as invalid and ignored"
    case .ttlMismatch:
      "the RST's TTL differs from that of the host's other answers in this run: a middlebox may have sent it"
    case .routeProhibited: "with `no-route`: a `prohibit` route excludes the destination (`ip route`)"
    case .routeBlackhole: "with `no-route`: a `blackhole` route excludes it"
    case .routeUnreachable: "with `no-route`: an `unreachable` route excludes it"
    case .keptSending:
      "the peer kept sending after our FIN for as long as its own was waited for (`-W`, `--retries`)"
    case .tooSlow: "the peer did not accept all of our data within a minute"
    case .unresolved: "with `not-sent`: the target's name gave no address"
    default: nil
    }
  }
}

extension StepKind {
  /// From where to where a step is timed.
  package var meaning: String {
    switch self {
    case .resolve: "the name lookup, from its start to the address"
    case .syn: "from the SYN that was answered to its SYN-ACK or RST"
    case .ack: "of captures: from the SYN-ACK to its acknowledgment"
    case .handshake: "of captures: from the SYN to the first ACK, Wireshark's initial round trip"
    case .confirm: "from the confirming keep-alive probe to its acknowledgment (`--confirm`)"
    case .request: "from the first byte of our data to the acknowledgment of the last"
    case .response: "from the first byte of our data to the first of the reply"
    case .transfer: "from the first byte of the reply to its last"
    case .fin: "from our FIN to its acknowledgment"
    case .peerFin: "from our FIN to the peer's, or from the peer's to the acknowledgment of ours"
    case .close: "from the first FIN to the last acknowledgment"
    }
  }
}
