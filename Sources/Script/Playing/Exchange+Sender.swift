import Handshake
import Timebase
import Wire

extension [Play.Exchanged] {
  /// What betrays that not the peer alone answered: hop limits that differ; nil where nothing does.
  ///
  /// What comes behind an RST is no sign here: a peer that rejects a segment by RST may go on with the connection.
  public var senderDoubt: String? {
    let (end, marks) = endMarks { $0.contains(.rst) }
    if let end {
      let origin = ResetOrigin(end, among: marks, .init(ownHopLimit: IPFields().hopLimit))
      let words = "the RST has TTL \(origin.hopLimit), other packets \(origin.peerHopLimit ?? 0)"
      if origin.sender == .path { return words + ": a middlebox may have sent it" }
      if origin.sender == .host { return words + ": this host or its next hop may have sent it" }
    }
    guard marks.packets > 1, marks.least != marks.most else { return nil }
    return "TTL \(marks.least) to \(marks.most): a middlebox may answer for the host"
  }

  /// Who sent the RST that came, or the FIN where there is no RST; nil where neither came.
  ///
  /// `ownHopLimit` is that of this host, nil where the peer is this host too.
  public func endOrigin(ownHopLimit: UInt8?) -> ResetOrigin? {
    let (reset, others) = endMarks { $0.contains(.rst) }
    let (end, marks) = reset == nil ? endMarks { $0.contains(.fin) } : (reset, others)
    return end.map { ResetOrigin($0, among: marks, .init(ownHopLimit: ownHopLimit, roundTrip: handshakeTime)) }
  }

  /// The time from our SYN to what answered it.
  private var handshakeTime: Interval? {
    guard let answer = first(where: { !$0.isSent }), let syn = first(where: \.isSent) else { return nil }
    return answer.after - syn.after
  }

  /// The first packet that ends the connection, and what the peer's others have in common.
  private func endMarks(_ isEnd: (TCPFlags) -> Bool) -> (EndMarks?, SenderMarks) {
    var marks = SenderMarks()
    var end: EndMarks?
    var lastSent: Interval?
    for (index, packet) in enumerated() {
      guard !packet.isSent, let arrived = packet.segment else {
        if packet.isSent { lastSent = packet.after }
        continue
      }
      let segment = arrived.segment
      let ip = IPMarks(
        hopLimit: arrived.timeToLive, identification: arrived.identification, dontFragment: arrived.dontFragment)
      let timestamp = segment.options.timestamps?.value
      if !isEnd(segment.flags) {
        if !segment.flags.contains(.rst) { marks.take(ip, window: segment.wnd, timestamp: timestamp) }
      } else if end == nil {
        end = EndMarks(
          isReset: segment.flags.contains(.rst), number: index, ip: ip, seq: segment.seq, window: segment.wnd,
          timestamp: timestamp, elapsed: lastSent.map { packet.after - $0 }, after: marks)
      }
    }
    return (end, marks)
  }
}
