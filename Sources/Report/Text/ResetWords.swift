import Handshake
import Timebase

/// Who sent an RST, in words.
extension ResetOrigin {
  /// `TTL 61, its other packets 52; IP ID 0 beside 4711: not from the peer, but from a box about 9 hops nearer`.
  ///
  /// `peer` is what the end is called whose address it bears: `the peer`, `the server`.
  func words(peer: String) -> String { facts.together(by: "; ") + ": " + conclusion(peer: peer) }

  /// What it is: `RST`, `rejected RST`.
  var subject: String { isReset ? (isAccepted ? "RST" : "rejected RST") : "FIN" }

  /// Who sent it, where it was not the peer: a word or two for the margin of a ladder.
  var mark: String? {
    switch sender {
    case .path: "not the peer's"
    case .host: "this host's?"
    case .peer, .unknown: nil
    }
  }

  private var facts: [String] {
    var words: [String] = [ttl]
    if let identification, let peerIdentification {
      if evidence.contains(.nextIdentification) {
        words.append("IP ID \(identification) continues \(peerIdentification)")
      } else if evidence.contains(.otherIdentification) || evidence.contains(.zeroIdentification) {
        words.append("IP ID \(identification) beside \(peerIdentification)")
      }
    }
    if evidence.contains(.otherFragmentBit) { words.append("no DF bit, unlike the others") }
    if evidence.contains(.nextTimestamp) { words.append("its timestamp continues") }
    if evidence.contains(.otherTimestamp) { words.append("its timestamp does not continue") }
    if evidence.contains(.sameWindow) { words.append("same window") }
    if let sequenceOffset {
      let distance = counted(sequenceOffset.magnitude, "byte")
      words.append("sequence number \(distance) " + (sequenceOffset < 0 ? "too low" : "too high"))
    }
    if evidence.contains(.early), let elapsed, let roundTrip {
      words.append("after \(elapsed.replyMilliseconds) ms, round trip \(roundTrip.replyMilliseconds) ms")
    }
    if evidence.contains(.wentOn) { words.append("the sender went on after it") }
    return words
  }

  private var ttl: String {
    guard let peerHopLimit else { return "TTL \(hopLimit), its only packet" }
    let others = evidence.contains(.otherConnections) ? "other connections" : "other packets"
    if evidence.contains(.sameHopLimit) {
      let own = evidence.contains(.undecremented) ? " and as this host sends" : ""
      return "TTL \(hopLimit) as in its \(others)\(own)"
    }
    return "TTL \(hopLimit), its \(others) \(peerHopLimit)"
  }

  private func conclusion(peer: String) -> String {
    switch sender {
    case .peer: return "from \(peer)"
    case .host: return "not from \(peer), but from this host or its next hop"
    case .path:
      guard let hopsNearer, hopsNearer != 0 else { return "not from \(peer)" }
      let distance = counted(hopsNearer.magnitude, "hop") + (hopsNearer > 0 ? " nearer" : " farther away")
      return "not from \(peer), but from a box about \(distance)"
    case .unknown:
      if evidence.contains(.onlyPacket) { return "nothing shows who sent it" }
      let isNear = evidence.contains(.undecremented) && evidence.isDisjoint(with: .oddities)
      return isNear ? "from \(peer) or this host" : "may not be from \(peer)"
    }
  }
}

extension ResetOrigin.Evidence {
  /// What makes it doubtful that the peer sent it.
  fileprivate static let oddities: ResetOrigin.Evidence = [
    .otherHopLimit, .sameDistance, .otherIdentification, .otherFragmentBit, .otherTimestamp, .otherSequence, .early,
  ]
}

extension Outcome {
  /// A line about the RST; empty without one, and where it says nothing that `isWhole` does not ask for.
  func resetLine(isWhole: Bool) -> String {
    guard let reset else { return "" }
    let isPlain = reset.evidence.contains(.onlyPacket) || !reset.isAccepted && reset.mark == nil
    guard isWhole || !isPlain else { return "" }
    let peer = mode == .capture ? (ending == .rst ? "the client" : "the server") : "the peer"
    return "\(reset.subject): \(reset.words(peer: peer))\n"
  }
}

extension ResetOrigin.Sender {
  /// What it says.
  package var meaning: Meaning {
    switch self {
    case .peer:
      Meaning(
        "the RST fits the peer's other packets",
        "Its TTL is theirs, and nothing else contradicts. A box that copies every field of the peer looks the same.",
        by: "RFC 791 §3.1")
    case .path:
      Meaning(
        "the RST does not come from the peer, but from a box on the way",
        "Its TTL shows another distance, or the peer sent data after it. Firewalls and censors reset connections so.",
        by: "RFC 3360")
    case .host:
      Meaning(
        "the RST comes from this host or its next hop",
        "Its TTL is the one that this host sends with, and no router has decremented it, unlike the peer's packets.",
        by: "RFC 791 §3.1")
    case .unknown:
      Meaning(
        "there is too little to compare, or it contradicts itself",
        "The RST may be the peer's only packet, or the peer is on the same link and its TTL is this host's as well.",
        by: "RFC 9293 §3.5.3")
    }
  }
}

extension ResetOrigin.Evidence {
  /// What each of them means, by its name.
  package static let meanings: [(name: String, text: String)] = names.map { ($0.name, text(of: $0.evidence)) }

  private static func text(of evidence: ResetOrigin.Evidence) -> String {
    switch evidence {
    case .sameHopLimit: "its TTL is that of the peer's other packets"
    case .otherHopLimit: "its TTL is not that of the peer's other packets: another distance"
    case .sameDistance: "its TTL is another, but as far below 64, 128 or 255 as theirs: the same distance"
    case .undecremented: "its TTL is the one that this host sends with: no router has decremented it"
    case .nextIdentification: "its IP ID continues the peer's"
    case .otherIdentification: "its IP ID is far from the peer's, which count up"
    case .zeroIdentification: "its IP ID is 0, unlike the peer's; hosts without the connection send that too"
    case .otherFragmentBit: "it has no DF bit, unlike the peer's other packets"
    case .nextTimestamp: "its TCP timestamp continues the peer's"
    case .otherTimestamp: "its TCP timestamp is far from the peer's"
    case .sameWindow: "its window is the peer's last one, and not 0"
    case .otherSequence: "its sequence number is not one that the peer would send next"
    case .early: "it came within half a round trip (of at least 1 ms) after the packet before it"
    case .wentOn: "the peer sent data, or a valid SYN-ACK, after it"
    case .onlyPacket: "it is the only packet of the peer in this connection"
    case .otherConnections: "it was compared with the peer's packets in other connections of this run"
    default: ""
    }
  }
}
