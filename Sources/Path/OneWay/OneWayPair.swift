import Timebase
import Wire

/// Two segments of an octet each that were sent one after the other, with a hole before each, and what came back.
///
///     hole   A   hole   B          octets base, base+1, base+2, base+3
///
/// A receiver acknowledges at once what comes out of order (RFC 9293 §3.10.7.4, RFC 5681 §4.2), and its first SACK block is
/// of the segment that came (RFC 2018 §4). Which of the two have arrived is known for certain once the holes are filled one
/// by one, since the acknowledgment then jumps over what was there.
public struct OneWayPair: Hashable, Sendable {
  /// One of the two.
  public enum Member: Hashable, Sendable { case a, b }

  /// An acknowledgment that one of them caused.
  public struct Echo: Hashable, Sendable {
    /// Which one; nil where it has no SACK blocks.
    public var cause: Member?
    /// Whether the other one had arrived before it.
    public var hasOther: Bool
  }

  /// Whether they kept their order.
  public enum Order: Hashable, Sendable { case kept, swapped, unknown }

  /// The octet of the first hole.
  public let base: SequenceNumber
  /// Whether both ends agreed on SACK.
  public let hasSACK: Bool
  /// The acknowledgments that they caused, in the order in which they came.
  public private(set) var echoes: [Echo] = []
  /// Those that data was the first to show: their acknowledgments may have ridden on it.
  private var ridden: Set<Member> = []
  /// Whether the first one arrived; nil while that is not known.
  public private(set) var hasA: Bool?
  /// Whether the second one arrived.
  public private(set) var hasB: Bool?

  /// How many octets a pair takes.
  public static let length: UInt32 = 4

  /// A pair that begins with a hole at an octet.
  public init(base: SequenceNumber, hasSACK: Bool) { (self.base, self.hasSACK) = (base, hasSACK) }

  /// Where its segments begin.
  public var starts: [SequenceNumber] { [base + 1, base + 3] }

  /// Takes an acknowledgment of the first hole: it was caused by one of the two, or is a duplicate.
  public mutating func takeEcho(_ blocks: [SACKBlock]) {
    guard hasSACK else {
      if echoes.count < 2 { echoes.append(Echo(cause: nil, hasOther: false)) }
      if echoes.count == 2 { (hasA, hasB) = (true, true) }
      return
    }
    let members = blocks.map { covered($0) }
    note(members)
    // A first block that the second one covers reports a duplicate (RFC 2883 §4).
    if blocks.count > 1, members[1].isSuperset(of: members[0]) { return }
    guard let first = members.first, first.count == 1, let cause = first.first else { return }
    guard !echoes.contains(where: { $0.cause == cause }) else { return }
    echoes.append(Echo(cause: cause, hasOther: members.dropFirst().contains { !$0.isEmpty }))
  }

  /// Takes the blocks of data that the peer sent meanwhile: they show what is there.
  ///
  /// Neither of the two caused it; but an acknowledgment that is due when the application writes leaves with the data, and
  /// there is no other.
  public mutating func takeData(_ blocks: [SACKBlock]) {
    let members = blocks.map { covered($0) }
    note(members)
    if let latest = members.first, latest.count == 1 { ridden.formUnion(latest) }
  }

  /// Takes an acknowledgment that came once the holes were filled up to an octet, in order.
  ///
  /// A block shows that something is there; that something is not there is shown by a jump alone, since not every segment
  /// carries blocks.
  public mutating func takeFill(_ ack: SequenceNumber, filled: UInt32, _ blocks: [SACKBlock]) {
    let reach = ack.distance(from: base)
    guard reach >= 1, reach <= OneWayPair.length else { return }
    // What lies before it reports a duplicate (RFC 2883 §4): a fill that was sent twice.
    let blocks = blocks.filter { ack.precedes($0.left) }
    note(blocks.map { covered($0) })
    if filled == 1 { hasA = hasA ?? (reach >= 2) }
    // Two octets of which one came by itself, and the second hole.
    if filled == 3, reach >= 3 { hasB = hasB ?? (reach >= 4) }
  }

  /// Up to which octet the holes are to be filled next, when the peer has so many: as far as it stays visible how far the
  /// acknowledgment jumps.
  public func nextFill(behind una: UInt32) -> UInt32 {
    if isKnown || isWhole { return OneWayPair.length }
    return hasA == nil ? una + 1 : max(una + 1, 3)
  }

  private mutating func note(_ members: [Set<Member>]) {
    for member in members {
      if member.contains(.a) { hasA = true }
      if member.contains(.b) { hasB = true }
    }
  }

  private func covered(_ block: SACKBlock) -> Set<Member> {
    let length = block.right.distance(from: block.left)
    var members: Set<Member> = []
    if (base + 1).isIn(block.left, length: length) { members.insert(.a) }
    if (base + 3).isIn(block.left, length: length) { members.insert(.b) }
    return members
  }

  /// Whether nothing is left to be known of what arrived.
  public var isKnown: Bool { hasA != nil && hasB != nil }

  /// Whether both have arrived and their acknowledgments too.
  public var isWhole: Bool { echoes.count == 2 && isKnown }

  /// How many of the two arrived.
  public var arrived: Int { (hasA == true ? 1 : 0) + (hasB == true ? 1 : 0) }

  /// How many acknowledgments came of those that they caused.
  public var answered: Int { min(echoes.count, arrived) }

  /// How many arrived of which it is not known whether an acknowledgment of their own was sent.
  public var unclear: Int {
    min(ridden.count { member in !echoes.contains { $0.cause == member } }, arrived - answered)
  }

  /// Whether they arrived in the order in which they were sent.
  public var forward: Order {
    guard hasSACK, arrived == 2, let echo = echoes.first, let cause = echo.cause else { return .unknown }
    // What came first was alone when it was acknowledged.
    let first: Member = echo.hasOther ? (cause == .a ? .b : .a) : cause
    return first == .a ? .kept : .swapped
  }

  /// Whether their acknowledgments came in the order in which they were sent.
  public var reverse: Order {
    guard hasSACK, echoes.count == 2, echoes[0].hasOther != echoes[1].hasOther else { return .unknown }
    return echoes[0].hasOther ? .swapped : .kept
  }
}
