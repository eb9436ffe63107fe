import Handshake
import Timebase

/// Where the arrows of a ladder's picture begin and end, by height alone.
///
/// Time runs downwards and not to scale: every packet has room for its words, and long waits are cut. When a packet
/// was at our end is known. When it was at the far end is not: it is taken to be half of the connection's shortest
/// round trip away. So no answer leaves the far end before what it answers has come there, and neighbours cross that
/// must have crossed on their way.
struct LadderGeometry {
  /// One packet's arrow.
  struct Arrow: Hashable {
    /// The height of its end on our side.
    var ours: Double
    /// The height of its end on the peer's side.
    var theirs: Double
    /// Whether its words and another one's would meet, so that they have only half of the way.
    var isCrossing = false
    /// The wait before it, where that was cut.
    var pause: Interval?
  }

  /// What the layout needs to know of a packet.
  struct Packet: Hashable {
    /// Whether it is one of ours.
    var isSent: Bool
    /// How long after the first packet it was at our end.
    var time: Interval
    /// How high its words are.
    var height: Double
    /// How high they are where they have only half of the way.
    var halvedHeight: Double
    /// Whether packets before it are not drawn: its arrow has room above for a line that says so.
    var isBehindFold = false
  }

  /// How far apart two packets are at our end at least: a state's name and a time are between them.
  static let pitch = 27.0
  /// The room that a cut wait takes.
  static let pauseHeight = 26.0

  /// The longest time that is told from longer ones: two years, so that no sum is too great to be one.
  private static let longest = Interval(nanoseconds: 1 << 56)

  /// The arrows in the packets' order.
  private(set) var arrows: [Arrow] = []
  /// How far an arrow falls on its way.
  let fall: Double
  /// Below everything that is drawn.
  private(set) var bottom: Double

  private let top: Double
  private let packets: [Packet]
  private var heights: [Double] = []
  private let roundTrip: Interval?
  private let longWait: Interval

  /// Lays packets out below a height; `roundTrip` is the shortest that was seen, nil where none was.
  init(_ packets: [Packet], roundTrip: Interval?, below top: Double) {
    self.top = top
    self.packets = packets.map { packet in
      var packet = packet
      packet.time = max(min(packet.time, LadderGeometry.longest), LadderGeometry.longest * -1)
      return packet
    }
    let packets = self.packets
    self.roundTrip = roundTrip.map { min($0, LadderGeometry.longest) }
    let roundTrip = self.roundTrip
    bottom = top
    let waits = zip(packets, packets.dropFirst()).filter { !$1.isBehindFold }
      .map { max($1.time - $0.time, .zero) }.sorted()
    let usual = waits.isEmpty ? Interval.zero : waits[waits.count / 2]
    longWait = Interval(nanoseconds: max((roundTrip ?? .zero).nanoseconds, usual.nanoseconds, 1)) * 16
    fall = LadderGeometry.fall(packets, roundTrip, usual)
    // Words that have only half of the way are higher, which may move others together: a few times at most.
    var halved = [Bool](repeating: false, count: packets.count)
    for _ in 0..<4 {
      layOut(halved)
      let next = packets.indices.map { halved[$0] || arrows[$0].isCrossing }
      if next == halved { break }
      halved = next
    }
  }

  private mutating func layOut(_ halved: [Bool]) {
    bottom = top
    arrows = []
    heights = packets.indices.map { halved[$0] ? packets[$0].halvedHeight : packets[$0].height }
    for index in packets.indices {
      place(index)
      if halved[index] { arrows[index].isCrossing = true }
    }
  }

  /// Steeper where packets are long on their way, compared with what passes between two of them.
  private static func fall(_ packets: [Packet], _ roundTrip: Interval?, _ usual: Interval) -> Double {
    guard let roundTrip else { return 14 }
    let share = Double(roundTrip.nanoseconds) / Double(max(usual.nanoseconds, 1))
    let meets = zip(packets, packets.dropFirst()).contains { mustHaveMet($0, $1, roundTrip) }
    return min(max(9 * share, meets ? 20 : 9), 30)
  }

  /// Whether a packet of ours was still on its way when the other left the far end.
  private static func mustHaveMet(_ sent: Packet, _ received: Packet, _ roundTrip: Interval?) -> Bool {
    guard let roundTrip, sent.isSent, !received.isSent else { return false }
    return received.time - sent.time < roundTrip
  }

  private mutating func place(_ index: Int) {
    let packet = packets[index]
    let lift = packet.isSent ? 0 : fall
    var arrow = Arrow(ours: bottom + heights[index] + lift, theirs: 0)
    if index > 0 {
      let above = arrows[index - 1].ours + max(heights[index], LadderGeometry.pitch)
      arrow.ours = max(above, belowSent(index))
      let wait = packet.time - packets[index - 1].time
      if wait >= longWait || packet.isBehindFold {
        arrow.pause = wait
        arrow.ours = max(arrow.ours, bottom + LadderGeometry.pauseHeight + heights[index] + lift)
      }
    }
    arrow.theirs = packet.isSent ? arrow.ours + fall : arrow.ours - fall
    arrow.isCrossing = crosses(index, at: arrow.ours)
    arrows.append(arrow)
    bottom = max(bottom, arrow.ours, arrow.theirs)
  }

  /// How low a packet that came must lie: below the last of ours that it cannot have met.
  private func belowSent(_ index: Int) -> Double {
    let packet = packets[index]
    guard !packet.isSent else { return 0 }
    let last = (0..<index).last { packets[$0].isSent && !LadderGeometry.mustHaveMet(packets[$0], packet, roundTrip) }
    return last.map { arrows[$0].ours + 2 * fall + heights[index] } ?? 0
  }

  /// Marks those of ours whose words a packet that came would meet, and says whether there are any.
  private mutating func crosses(_ index: Int, at height: Double) -> Bool {
    guard !packets[index].isSent else { return false }
    var crosses = false
    for other in (0..<index).reversed() {
      if height - arrows[other].ours > 2 * fall + heights[index] - 0.1 { break }
      guard packets[other].isSent else { continue }
      arrows[other].isCrossing = true
      crosses = true
    }
    return crosses
  }
}
