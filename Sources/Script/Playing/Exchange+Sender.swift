import Handshake
import Wire

extension [Play.Exchanged] {
  /// What betrays that not the peer alone answered: hop limits that differ; nil where nothing does.
  ///
  /// What comes behind an RST is no sign here: a peer that rejects a segment by RST may go on with the connection.
  public var senderDoubt: String? {
    var marks = SenderMarks()
    var end: EndMarks?
    for (index, packet) in enumerated() where !packet.isSent {
      guard let arrived = packet.segment else { continue }
      let segment = arrived.segment
      let ip = IPMarks(
        hopLimit: arrived.timeToLive, identification: arrived.identification, dontFragment: arrived.dontFragment)
      let timestamp = segment.options.timestamps?.value
      if !segment.flags.contains(.rst) {
        marks.take(ip, window: segment.wnd, timestamp: timestamp)
      } else if end == nil {
        end = EndMarks(
          isReset: true, number: index, ip: ip, seq: segment.seq, window: segment.wnd, timestamp: timestamp,
          after: marks
        )
      }
    }
    if let end {
      let origin = ResetOrigin(end, among: marks, .init(ownHopLimit: IPFields().hopLimit))
      let words = "the RST has TTL \(origin.hopLimit), other packets \(origin.peerHopLimit ?? 0)"
      if origin.sender == .path { return words + ": a middlebox may have sent it" }
      if origin.sender == .host { return words + ": this host or its next hop may have sent it" }
    }
    guard marks.packets > 1, marks.least != marks.most else { return nil }
    return "TTL \(marks.least) to \(marks.most): a middlebox may answer for the host"
  }
}
