// draft-ietf-opsawg-pcapng §3.1: blocks, and their two lengths.

import Wire

/// Takes the blocks of a pcapng file apart.
struct PCAPNGDecoder: Sendable {
  /// Interfaces of a section beyond which none is kept.
  static var interfaceLimit: Int { 1_024 }

  /// The interfaces that the present section describes.
  var interfaces: [CaptureInterface] = []
  /// How many interfaces the present section describes, those among them that are not kept.
  var describedInterfaces = 0
  /// How many interfaces the sections before have described.
  var firstInterface = 0
  /// The byte order of the present section.
  var isBigEndian = false

  /// What the length behind a block that is passed over has to be.
  private var awaitedLength: UInt32?

  /// Consumes the whole blocks among the octets, hands out their frames, and returns how many octets that were.
  mutating func decode(
    _ octets: RawSpan, _ progress: inout CaptureProgress, _ body: (borrowing CapturedFrame) -> Void
  ) -> Int {
    var at = endPassedBlock(octets, &progress)
    while awaitedLength == nil, !progress.hasStopped {
      let left = octets.byteCount &- at
      progress.needed = PCAPNG.frameLength
      guard left >= PCAPNG.frameLength else { break }
      let rest = octets.extracting(droppingFirst: at)
      guard let (type, length) = readHead(rest, &progress, at: at) else { break }
      guard length <= CaptureReader.recordLimit else {
        passOver(type, length, &progress, at: at)
        if !progress.hasStopped { at &+= PCAPNG.headLength }
        break
      }
      let whole = Int(length)
      progress.needed = whole
      guard left >= whole else { break }
      let second: UInt32 = rest.load(whole &- 4, bigEndian: isBigEndian)
      guard second == length else {
        progress.note(.lengths(length, second), after: at)
        break
      }
      readBlock(type, rest.extracting(PCAPNG.headLength..<whole &- 4), &progress, at: at, body)
      if !progress.hasStopped {
        progress.endRecord()
        at &+= whole
      }
    }
    return at
  }

  /// The type and the length of the block that begins here; nil, and a fault, where they cannot be.
  private mutating func readHead(
    _ octets: RawSpan, _ progress: inout CaptureProgress, at: Int
  ) -> (type: UInt32, length: UInt32)? {
    let type: UInt32 = octets.load(0, bigEndian: isBigEndian)
    if type == PCAPNG.Block.section {  // the same in both orders
      let mark: UInt32 = octets.load(bigEndian: PCAPNG.headLength)
      guard mark == PCAPNG.byteOrderMagic || mark == PCAPNG.byteOrderMagic.byteSwapped else {
        progress.note(.byteOrder(mark), after: at)
        return nil
      }
      isBigEndian = mark == PCAPNG.byteOrderMagic
    }
    let length: UInt32 = octets.load(4, bigEndian: isBigEndian)
    guard length >= PCAPNG.frameLength, length & 3 == 0 else {
      progress.note(.length(length), after: at)
      return nil
    }
    return (type, length)
  }

  /// Begins to pass over a block that is longer than any that is kept.
  private mutating func passOver(_ type: UInt32, _ length: UInt32, _ progress: inout CaptureProgress, at: Int) {
    switch type {
    case PCAPNG.Block.section, PCAPNG.Block.interface:  // nothing behind it can be understood without it
      return progress.note(.length(length), after: at)
    case PCAPNG.Block.enhancedPacket, PCAPNG.Block.simplePacket, PCAPNG.Block.packet:
      progress.note(.tooLong(length), after: at)
      progress.frames += 1
    default: break
    }
    awaitedLength = length
    progress.passOver(Int64(length) - Int64(PCAPNG.frameLength), after: PCAPNG.headLength)
  }

  /// Looks at the length behind a block that was passed over, and returns how many octets that took.
  private mutating func endPassedBlock(_ octets: RawSpan, _ progress: inout CaptureProgress) -> Int {
    guard let first = awaitedLength else { return 0 }
    progress.needed = 4
    guard octets.byteCount >= 4 else { return 0 }
    awaitedLength = nil
    let second: UInt32 = octets.load(0, bigEndian: isBigEndian)
    guard second == first else {
      progress.note(.lengths(first, second))
      return 0
    }
    progress.endRecord()
    return 4
  }
}
