import Handshake
import Wire

/// A run of packets in the middle of a transfer that is drawn as one line: data and its ACKs, all of which arrived, with
/// no step, state or window to be seen in any of them.
struct LadderFold: Hashable {
  /// Packets of one direction, and the bytes in them.
  struct Count: Hashable {
    var packets = 0
    var bytes = 0

    /// `200 sent (289,600 bytes)`, or without the bytes.
    func words(_ verb: String, isBrief: Bool) -> String? {
      guard packets > 0 else { return nil }
      return "\(packets.grouped) \(verb)" + (bytes > 0 && !isBrief ? " (\(bytes.grouped) bytes)" : "")
    }
  }

  /// The places of the packets that are not drawn.
  let range: Range<Int>
  /// Ours among them.
  var sent = Count()
  /// The peer's among them.
  var received = Count()

  /// `396 packets: 200 sent (289,600 bytes), 196 received`; without the bytes where that is more than so many columns.
  func words(within columns: Int = .max) -> String {
    let whole = words(isBrief: false)
    return whole.columns > columns ? words(isBrief: true) : whole
  }

  private func words(isBrief: Bool) -> String {
    let counts = [sent.words("sent", isBrief: isBrief), received.words("received", isBrief: isBrief)].compactMap { $0 }
    return "\(range.count.grouped) packets: " + counts.joined(separator: ", ")
  }

  /// Runs below this length are drawn packet by packet.
  static let shortest = 12
  /// So many packets are drawn at either end of a run.
  static let drawn = 3

  /// The runs among the packets of an outcome; the packets that a step lies between are in none.
  static func folds(
    in outcome: Outcome, _ rows: [Ladder.Row], _ fates: [PacketFate], _ steps: [StepBracket]
  ) -> [LadderFold] {
    var isHeld = [Bool](repeating: false, count: rows.count)
    for bracket in steps {
      isHeld[bracket.begin] = true
      isHeld[bracket.end] = true
    }
    if let gap = outcome.log.gap, gap < rows.count { isHeld[gap] = true }
    var folds: [LadderFold] = []
    var start = 0
    for index in 0...rows.count {
      if index < rows.count, !isHeld[index], index > 0, isPlain(rows[index], after: rows[index - 1], fates[index]) {
        continue
      }
      if index - start >= shortest { folds.append(LadderFold(start + drawn..<index - drawn, rows)) }
      start = index + 1
    }
    return folds
  }

  private init(_ range: Range<Int>, _ rows: [Ladder.Row]) {
    self.range = range
    for row in rows[range] {
      guard case .segment(let segment) = row.entry.content else { continue }
      let bytes = Int(segment.textLength)
      if row.entry.direction == .sent {
        sent.packets += 1
        sent.bytes += bytes
      } else {
        received.packets += 1
        received.bytes += bytes
      }
    }
  }

  /// Whether nothing is to be seen in a packet but that the transfer goes on.
  private static func isPlain(_ row: Ladder.Row, after last: Ladder.Row, _ fate: PacketFate) -> Bool {
    guard case .segment(let segment) = row.entry.content, fate == .arrived, row.notes.isEmpty else { return false }
    guard segment.flags.subtracting([.ack, .psh]).isEmpty, segment.wnd > 0 else { return false }
    return row.state == last.state && row.peer == last.peer
      && !OptionWords.withoutPadding(segment.options).contains { $0.hasPrefix("sack ") }
  }
}

extension Int {
  /// With commas between thousands: `289,600`.
  var grouped: String {
    let digits = String(magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return (self < 0 ? "-" : "") + text
  }
}
