import Handshake
import Wire

/// What a packet is and how it was classified, in words that stand beside it in a capture file.
///
/// Numbers count from both initial ones: `SYN-ACK, ack = ISN+1: accepted`.
public struct PacketRemark: Sendable {
  /// The words.
  public let text: String

  /// The comment on a packet of a connection.
  public init(_ judgement: Judgement) {
    switch judgement.entry.direction {
    case .sent: text = PacketRemark.sent(judgement)
    case .received: text = PacketRemark.received(judgement)
    }
  }

  /// The comment on a packet that came and belongs to no connection.
  public static let stray = "no matching connection, ignored"

  /// The comment on a segment of ours that no connection remembers.
  public init(unremembered segment: Segment) {
    text = PacketRemark.name(segment) + ": reply to a packet of no connection"
  }

  private static func sent(_ judgement: Judgement) -> String {
    let entry = judgement.entry
    guard case .segment(let segment) = entry.content else { return "ours" }
    if segment.flags.contains(.syn), segment.ack == nil {
      return judgement.copies > 1 ? "SYN, transmission \(judgement.copies)" : "SYN, first transmission"
    }
    var words = name(segment)
    if segment.seq == judgement.iss, segment.flags == .ack { words = "keep-alive probe, seq = SND.NXT-1" }
    if let ack = segment.ack, let irs = judgement.irs { words += ", ack = " + offset(ack, from: irs, named: "IRS") }
    return entry.isRetransmission ? words + ", retransmission" : words
  }

  private static func received(_ judgement: Judgement) -> String {
    let entry = judgement.entry
    let words = what(entry, iss: judgement.iss)
    if let refusal = entry.refusal { return words + ": rejected: \(refusal.rawValue), \(refusal.explanation)" }
    if judgement.isLate { return words + ": after close, ignored" }
    guard case .icmp = entry.content else { return words + ": accepted" }
    return words + ": kept; counts only if no TCP reply arrives"
  }

  private static func what(_ entry: PacketLog.Entry, iss: SequenceNumber) -> String {
    switch entry.content {
    case .segment(let segment):
      return name(segment) + (segment.ack.map { ", ack = " + offset($0, from: iss, named: "ISN") } ?? "")
    case .icmp(let type, let code): return "ICMP error \(type)/\(code)"
    case .unreadable: return "cannot be read"
    }
  }

  /// What a person calls a segment: by SYN, FIN and RST, then by its text.
  private static func name(_ segment: Segment) -> String {
    let flags = segment.flags
    var names: [String] = []
    if flags.contains(.syn) { names.append("SYN") }
    if flags.contains(.fin) { names.append("FIN") }
    if flags.contains(.rst) { names.append("RST") }
    if flags.contains(.ack), flags.contains(.syn) || names.isEmpty && segment.textLength == 0 { names.append("ACK") }
    let kind = names.together(by: "-")
    guard segment.textLength > 0 else { return kind.isEmpty ? "segment without ACK" : kind }
    let text = "\(segment.textLength) bytes of payload"
    return kind.isEmpty ? text : "\(kind) with \(text)"
  }

  /// `ISN+1`; what lies before it is counted backwards.
  private static func offset(_ number: SequenceNumber, from base: SequenceNumber, named name: String) -> String {
    let distance = Int32(truncatingIfNeeded: number.distance(from: base))
    return distance < 0 ? "\(name)\(distance)" : "\(name)+\(distance)"
  }
}

/// What became of a packet, as far as our end can tell.
enum PacketFate: Hashable, Sendable {
  /// It came, or nothing says that it did not.
  case arrived
  /// Nothing answered it in its time: it was retransmitted, or never answered at all.
  case unanswered
  /// An ICMP error answered it: how far it came is not known.
  case turnedBack
  /// It came and was not believed.
  case refused(Refusal)
  /// It came from somewhere on the way, or from an end's network layer: an ICMP error.
  case error

  /// The fates of a connection's packets, in their order.
  ///
  /// In a capture nothing but another copy says that a packet was not answered: the answer may have passed elsewhere, or
  /// behind the end.
  static func fates(of outcome: Outcome) -> [PacketFate] {
    let entries = outcome.log.entries
    let inTheEnd: PacketFate = outcome.mode == .capture ? .arrived : .unanswered
    return entries.indices.map { index in
      let entry = entries[index]
      if let refusal = entry.refusal { return .refused(refusal) }
      switch (entry.direction, entry.content) {
      case (_, .icmp): return .error
      case (.sent, .segment(let segment)): return fate(of: segment, at: index, entries) ?? inTheEnd
      default: return .arrived
      }
    }
  }

  /// What takes sequence space is answered before it is retransmitted, or not in time; nil where neither was seen.
  private static func fate(of segment: Segment, at index: Int, _ entries: [PacketLog.Entry]) -> PacketFate? {
    guard segment.len > 0, !segment.flags.contains(.rst) else { return .arrived }
    for later in entries[(index + 1)...] {
      if let other = later.sentSegment, later.isRetransmission, other.seq == segment.seq, other.len > 0 {
        return .unanswered
      }
      guard answers(later, segment) else { continue }
      if case .icmp = later.content { return .turnedBack }
      return .arrived
    }
    return nil
  }

  private static func answers(_ entry: PacketLog.Entry, _ segment: Segment) -> Bool {
    guard entry.direction == .received, entry.refusal == nil else { return false }
    switch entry.content {
    case .icmp: return segment.flags.contains(.syn)
    case .unreadable: return false
    case .segment(let answer):
      if segment.flags.contains(.syn), answer.flags.contains(.syn) || answer.flags.contains(.rst) { return true }
      return answer.ack.map { !$0.precedes(segment.end) } ?? answer.flags.contains(.rst)
    }
  }
}
