// draft-ietf-opsawg-pcapng: one section, little-endian, with nanosecond stamps.

import Timebase
import Wire

/// Makes a pcapng file, block by block; whoever owns it writes `octets` out whenever that suits, and calls `removeAll`.
///
/// Every block is whole when the call that makes it returns, so a file that was written so far can be read.
public struct PCAPNGWriter: Sendable {
  /// The blocks that have been made and not yet taken away.
  public private(set) var octets: [UInt8] = []
  /// How many interfaces have been described.
  public private(set) var interfaceCount = 0

  /// Begins a section (§4.1), its length left open, and names the program that makes it; the comment tells readers what
  /// the packets do not.
  public init(application: String, comment: String? = nil) {
    block(PCAPNG.Block.section) { out in
      out.append(littleEndian: PCAPNG.byteOrderMagic)
      out.append(littleEndian: 1 as UInt16)  // version 1.0
      out.append(littleEndian: 0 as UInt16)
      out.append(littleEndian: UInt64.max)  // the section's length: not known
      if let comment { out.appendOption(PCAPNG.Option.comment, text: comment) }
      out.appendOption(PCAPNG.Option.sectionApplication, text: application)
      out.appendEndOfOptions()
    }
  }

  /// Forgets the blocks made so far, once they are written; the room that they took is kept for the next ones.
  public mutating func removeAll() { octets.removeAll(keepingCapacity: true) }

  /// Describes an interface (§4.2) and returns the number that its packets name; its stamps are in nanoseconds.
  public mutating func describe(_ interface: CaptureInterface) -> Int {
    block(PCAPNG.Block.interface) { out in
      out.append(littleEndian: UInt16(truncatingIfNeeded: interface.link.rawValue))
      out.append(littleEndian: 0 as UInt16)
      out.append(littleEndian: interface.snapLength)
      if let name = interface.name { out.appendOption(PCAPNG.Option.interfaceName, text: name) }
      out.appendOption(PCAPNG.Option.interfaceResolution, length: 1) { $0.append(9) }
      out.appendEndOfOptions()
    }
    interfaceCount += 1
    return interfaceCount - 1
  }

  /// Adds a packet (§4.3) as the interface's link type has it.
  ///
  /// - Parameters:
  ///   - packet: the octets that are kept.
  ///   - interface: what `describe` returned.
  ///   - stamp: when it passed; before 1970 it is written as 1970.
  ///   - originalLength: how long it was on the wire; nil where all of it is kept.
  ///   - direction: which way it went; nil where that is not known.
  ///   - comments: what a person reads beside it; cut where one is longer than 65 535 octets.
  public mutating func append(
    _ packet: RawSpan, on interface: Int, at stamp: WallTime, originalLength: Int? = nil,
    direction: FrameDirection? = nil, comments: [String] = []
  ) {
    block(PCAPNG.Block.enhancedPacket) { out in
      out.append(littleEndian: UInt32(truncatingIfNeeded: interface))
      out.appendStamp(stamp)
      out.append(littleEndian: UInt32(truncatingIfNeeded: packet.byteCount))
      out.append(littleEndian: UInt32(truncatingIfNeeded: max(originalLength ?? 0, packet.byteCount)))
      out.append(padding: packet)
      for comment in comments { out.appendOption(PCAPNG.Option.comment, text: comment) }
      if let direction {
        out.appendOption(PCAPNG.Option.packetFlags, length: 4) { $0.append(littleEndian: direction.rawValue) }
      }
      if direction != nil || !comments.isEmpty { out.appendEndOfOptions() }
    }
  }

  /// What became of an interface's packets, told when the capture ends.
  public struct Statistics: Hashable, Sendable {
    /// When the capture began.
    public var start: WallTime
    /// When it ended.
    public var end: WallTime
    /// How many packets passed.
    public var received: UInt64
    /// How many of them were lost for lack of room; nil where no one counted.
    public var dropped: UInt64?

    /// Statistics of these values.
    public init(start: WallTime, end: WallTime, received: UInt64, dropped: UInt64? = nil) {
      self.start = start
      self.end = end
      self.received = received
      self.dropped = dropped
    }
  }

  /// Adds an interface's statistics (§4.6).
  public mutating func append(_ statistics: Statistics, of interface: Int) {
    block(PCAPNG.Block.interfaceStatistics) { out in
      out.append(littleEndian: UInt32(truncatingIfNeeded: interface))
      out.appendStamp(statistics.end)
      out.appendOption(PCAPNG.Option.statisticsStart, length: 8) { $0.appendStamp(statistics.start) }
      out.appendOption(PCAPNG.Option.statisticsEnd, length: 8) { $0.appendStamp(statistics.end) }
      out.appendOption(PCAPNG.Option.statisticsReceived, length: 8) { $0.append(littleEndian: statistics.received) }
      if let dropped = statistics.dropped {
        out.appendOption(PCAPNG.Option.statisticsDropped, length: 8) { $0.append(littleEndian: dropped) }
      }
      out.appendEndOfOptions()
    }
  }

  /// Adds a block around what `body` writes; the length is written when it is known.
  private mutating func block(_ type: UInt32, _ body: (inout [UInt8]) -> Void) {
    let start = octets.count
    octets.append(littleEndian: type)
    octets.append(littleEndian: 0 as UInt32)
    body(&octets)
    let length = UInt32(truncatingIfNeeded: octets.count - start + 4)
    octets.append(littleEndian: length)
    for i in 0..<4 { octets[start + 4 + i] = UInt8(truncatingIfNeeded: length >> UInt32(8 * i)) }
  }
}

extension [UInt8] {
  /// Appends an integer, least significant octet first.
  fileprivate mutating func append<T: FixedWidthInteger>(littleEndian value: T) {
    var rest = value
    for _ in 0..<T.bitWidth / 8 {
      append(UInt8(truncatingIfNeeded: rest))
      rest = rest &>> 8
    }
  }

  /// Appends a stamp as its high and its low half (§4.3).
  fileprivate mutating func appendStamp(_ stamp: WallTime) {
    let units = UInt64(Swift.max(stamp.nanoseconds, 0))
    append(littleEndian: UInt32(truncatingIfNeeded: units >> 32))
    append(littleEndian: UInt32(truncatingIfNeeded: units))
  }

  /// Appends octets, and zeros up to the next 32 bits.
  fileprivate mutating func append(padding source: RawSpan) {
    append(copying: source)
    for _ in 0..<PCAPNG.padding(of: source.byteCount) { append(0) }
  }

  /// Appends an option (§3.5) of so many octets, which `value` writes.
  fileprivate mutating func appendOption(_ code: UInt16, length: Int, _ value: (inout [UInt8]) -> Void) {
    append(littleEndian: code)
    append(littleEndian: UInt16(truncatingIfNeeded: length))
    value(&self)
    for _ in 0..<PCAPNG.padding(of: length) { append(0) }
  }

  /// Appends an option that holds text, cut between characters where it is longer than an option can be.
  fileprivate mutating func appendOption(_ code: UInt16, text: String) {
    var kept = text[...]
    while kept.utf8.count > Int(UInt16.max) {
      kept = kept.dropLast(Swift.max(1, (kept.utf8.count - Int(UInt16.max)) / 4))
    }
    let octets = String(kept).octets
    appendOption(code, length: octets.count) { $0.append(contentsOf: octets) }
  }

  fileprivate mutating func appendEndOfOptions() { append(littleEndian: 0 as UInt32) }
}
