// draft-ietf-opsawg-pcap: a header, then records.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +---------------------------------------------------------------+       +-------------------------------+
//   |                         Magic Number                          |       |      Timestamp (Seconds)      |
//   +-------------------------------+-------------------------------+       +-------------------------------+
//   |         Major Version         |         Minor Version         |       |     Timestamp (Fraction)      |
//   +-------------------------------+-------------------------------+       +-------------------------------+
//   |                   Reserved, 64 bits                           |       |     Captured Packet Length    |
//   +---------------------------------------------------------------+       +-------------------------------+
//   |                            SnapLen                            |       |     Original Packet Length    |
//   +-----------+---------------------------------------------------+       +-------------------------------+
//   | FCS, …    |                   LinkType, 26 bits               |       |            the frame          |
//   +-----------+---------------------------------------------------+       +-------------------------------+

import Timebase
import Wire

/// The numbers of the pcap format.
enum PCAP {
  static var headerLength: Int { 24 }

  enum Magic {
    static var microseconds: UInt32 { 0xa1b2_c3d4 }
    static var nanoseconds: UInt32 { 0xa1b2_3c4d }
    /// Alexey Kuznetzov's patch of 1998: records have eight more octets of header.
    static var modified: UInt32 { 0xa1b2_cd34 }
  }
}

/// Takes the records of a pcap file apart.
struct PCAPDecoder: Sendable {
  /// The one interface of the file; empty before its header has come.
  private(set) var interfaces: [CaptureInterface] = []

  private var isBigEndian = false
  private var recordHeaderLength = 16
  private var link = LinkType.null
  private var snapLength: UInt32 = 0
  /// Units of the fraction in a second, and nanoseconds in one of them.
  private var unitsPerSecond: UInt32 = 1_000_000
  private var nanosecondsPerUnit: Int64 = 1_000
  /// The two lengths of a record stood in the other order up to version 2.2, and in either in 2.3.
  private var minorVersion: UInt16 = 4

  /// Consumes the whole records among the octets, hands out their frames, and returns how many octets that were.
  mutating func decode(
    _ octets: RawSpan, _ progress: inout CaptureProgress, _ body: (borrowing CapturedFrame) -> Void
  ) -> Int {
    var at = 0
    if progress.passed > 0 { progress.endRecord() }
    if interfaces.isEmpty {
      guard octets.byteCount >= PCAP.headerLength else {
        progress.needed = PCAP.headerLength
        return 0
      }
      readHeader(octets, &progress)
      at = PCAP.headerLength
    }
    while !progress.hasStopped {
      let left = octets.byteCount &- at
      progress.needed = recordHeaderLength
      guard left >= recordHeaderLength else { break }
      var captured: UInt32 = octets.load(at &+ 8, bigEndian: isBigEndian)
      var original: UInt32 = octets.load(at &+ 12, bigEndian: isBigEndian)
      if minorVersion < 3 || minorVersion == 3 && captured > original { swap(&captured, &original) }
      guard captured <= CaptureReader.frameLimit else {
        passOver(captured, at: at, &progress)
        if !progress.hasStopped { at &+= recordHeaderLength }
        break
      }
      let length = recordHeaderLength &+ Int(captured)
      progress.needed = length
      guard left >= length else { break }
      let frame = octets.extracting(at &+ recordHeaderLength..<at &+ length)
      progress.frames &+= 1
      body(
        CapturedFrame(
          number: progress.frames, stamp: stamp(of: octets, at: at, &progress), link: link, interface: 0, octets: frame,
          originalLength: Int(original)))
      progress.endRecord()
      at &+= length
    }
    return at
  }

  /// When the record at an offset was stamped; a fraction of a second or more is counted as it stands.
  private func stamp(of octets: RawSpan, at: Int, _ progress: inout CaptureProgress) -> WallTime {
    let seconds: UInt32 = octets.load(at, bigEndian: isBigEndian)
    let fraction: UInt32 = octets.load(at &+ 4, bigEndian: isBigEndian)
    if fraction >= unitsPerSecond { progress.note(.fraction(fraction), after: at) }
    return WallTime(nanoseconds: Int64(seconds) &* 1_000_000_000 &+ Int64(fraction) &* nanosecondsPerUnit)
  }

  /// A record longer than any frame that is kept: its own file allows it, or its length is wrong.
  private func passOver(_ captured: UInt32, at: Int, _ progress: inout CaptureProgress) {
    guard captured <= snapLength else { return progress.note(.length(captured), after: at) }
    progress.note(.tooLong(captured), after: at)
    progress.frames += 1
    progress.passOver(Int64(captured), after: recordHeaderLength)
  }

  private mutating func readHeader(_ octets: RawSpan, _ progress: inout CaptureProgress) {
    let magic: UInt32 = octets.load(bigEndian: 0)
    let known = [PCAP.Magic.microseconds, PCAP.Magic.nanoseconds, PCAP.Magic.modified]
    isBigEndian = known.contains(magic)
    let kind = isBigEndian ? magic : magic.byteSwapped
    if kind == PCAP.Magic.modified { recordHeaderLength = 24 }
    if kind == PCAP.Magic.nanoseconds { (unitsPerSecond, nanosecondsPerUnit) = (1_000_000_000, 1) }
    let major: UInt16 = octets.load(4, bigEndian: isBigEndian)
    minorVersion = octets.load(6, bigEndian: isBigEndian)
    guard major == 2, minorVersion <= 4 else {
      return progress.note(.version(major: major, minor: minorVersion), isHeader: true)
    }
    snapLength = octets.load(16, bigEndian: isBigEndian)
    link = LinkType(rawValue: octets.load(20, bigEndian: isBigEndian) & 0x03ff_ffff)
    let clock: CaptureClock = nanosecondsPerUnit == 1 ? .nanoseconds : .microseconds
    interfaces = [CaptureInterface(link: link, snapLength: snapLength, clock: clock)]
  }
}
