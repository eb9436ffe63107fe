// draft-ietf-opsawg-pcapng §4: the blocks that matter to whoever looks for frames; all others are passed over.

import Timebase
import Wire

extension PCAPNGDecoder {
  /// Reads the body of a block; what is wrong within it spoils this block alone.
  mutating func readBlock(
    _ type: UInt32, _ body: RawSpan, _ progress: inout CaptureProgress, at: Int,
    _ deliver: (borrowing CapturedFrame) -> Void
  ) {
    switch type {
    case PCAPNG.Block.enhancedPacket: readPacket(body, .enhanced, &progress, at: at, deliver)
    case PCAPNG.Block.packet: readPacket(body, .obsolete, &progress, at: at, deliver)
    case PCAPNG.Block.simplePacket: readSimplePacket(body, &progress, at: at, deliver)
    case PCAPNG.Block.interface: readInterface(body, &progress, at: at)
    case PCAPNG.Block.section: beginSection(body, &progress, at: at)
    default: break
    }
  }

  /// §4.1: a byte order, a version, and no interface of those before.
  private mutating func beginSection(_ body: RawSpan, _ progress: inout CaptureProgress, at: Int) {
    guard body.byteCount >= 16 else {
      return progress.note(.length(UInt32(body.byteCount + PCAPNG.frameLength)), after: at)
    }
    let major: UInt16 = body.load(4, bigEndian: isBigEndian)
    let minor: UInt16 = body.load(6, bigEndian: isBigEndian)
    guard major == 1, minor == 0 || minor == 2 else {  // 1.2 was written for a while, and is 1.0
      return progress.note(.version(major: major, minor: minor), after: at)
    }
    firstInterface += describedInterfaces
    describedInterfaces = 0
    interfaces = []
  }

  /// §4.2: link type, snap length, and options.
  private mutating func readInterface(_ body: RawSpan, _ progress: inout CaptureProgress, at: Int) {
    describedInterfaces += 1
    guard interfaces.count < Self.interfaceLimit else { return progress.note(.tooManyInterfaces, after: at) }
    guard body.byteCount >= 8 else {
      return progress.note(.length(UInt32(body.byteCount + PCAPNG.frameLength)), after: at)
    }
    let link: UInt16 = body.load(0, bigEndian: isBigEndian)
    var interface = CaptureInterface(
      link: LinkType(rawValue: UInt32(link)), snapLength: body.load(4, bigEndian: isBigEndian), clock: .microseconds)
    var resolution: UInt8 = 6
    var offset: Int64 = 0
    var options = PCAPNGOptionCursor(body.extracting(droppingFirst: 8), bigEndian: isBigEndian)
    while let option = options.next() {
      let value = options.value(of: option)
      switch (option.code, value.byteCount) {
      case (PCAPNG.Option.interfaceName, _): interface.name = Self.text(value)
      case (PCAPNG.Option.interfaceResolution, 1): resolution = value.octet(at: 0)
      case (PCAPNG.Option.interfaceOffset, 8): offset = value.load(0, bigEndian: isBigEndian)
      default: break
      }
    }
    if options.isBroken { progress.note(.options, after: at) }
    interface.clock = CaptureClock(resolution: resolution, offset: offset)
    interfaces.append(interface)
  }

  /// A name of 255 octets at most, up to a zero; what is not UTF-8 in it is replaced.
  private static func text(_ value: RawSpan) -> String {
    String(preserving: value.extracting(first: min(value.byteCount, 255)).octets.prefix { $0 != 0 })
  }

  /// The two blocks that differ in the first eight octets alone.
  private enum PacketForm {
    /// §4.3.
    case enhanced
    /// Appendix A: the number of the interface shares its word with a count of drops.
    case obsolete
  }

  private func readPacket(
    _ body: RawSpan, _ form: PacketForm, _ progress: inout CaptureProgress, at: Int,
    _ deliver: (borrowing CapturedFrame) -> Void
  ) {
    progress.frames &+= 1
    guard body.byteCount >= 20 else { return progress.note(.overrun(captured: 0), after: at) }
    let interface: UInt32 =
      form == .enhanced
      ? body.load(0, bigEndian: isBigEndian) : UInt32(body.load(0, bigEndian: isBigEndian) as UInt16)
    let captured: UInt32 = body.load(12, bigEndian: isBigEndian)
    guard captured <= body.byteCount &- 20 else { return progress.note(.overrun(captured: captured), after: at) }
    guard captured <= CaptureReader.frameLimit else { return progress.note(.tooLong(captured), after: at) }
    guard interface < interfaces.count else { return progress.note(.undescribedInterface(interface), after: at) }
    let high: UInt32 = body.load(4, bigEndian: isBigEndian)
    let low: UInt32 = body.load(8, bigEndian: isBigEndian)
    let original: UInt32 = body.load(16, bigEndian: isBigEndian)
    let number = Int(interface)
    deliver(
      CapturedFrame(
        number: progress.frames, stamp: interfaces[number].clock.time(of: UInt64(high) << 32 | UInt64(low)),
        link: interfaces[number].link, interface: firstInterface &+ number,
        octets: body.extracting(20..<20 &+ Int(captured)), originalLength: Int(original),
        direction: form == .enhanced ? direction(body, behind: 20 &+ (Int(captured) &+ 3) & ~3) : nil))
  }

  /// What the flags of a packet say (§4.3.1); nil where it has none.
  private func direction(_ body: RawSpan, behind end: Int) -> FrameDirection? {
    // Nearly all packets of others have no options.
    guard end < body.byteCount else { return nil }
    var options = PCAPNGOptionCursor(body.extracting(droppingFirst: end), bigEndian: isBigEndian)
    while let option = options.next() {
      let value = options.value(of: option)
      guard option.code == PCAPNG.Option.packetFlags, value.byteCount == 4 else { continue }
      let flags: UInt32 = value.load(0, bigEndian: isBigEndian)
      return FrameDirection(rawValue: flags & 3)
    }
    return nil
  }

  /// §4.4: a frame of the first interface, without a stamp; how much was captured follows from the snap length.
  private func readSimplePacket(
    _ body: RawSpan, _ progress: inout CaptureProgress, at: Int, _ deliver: (borrowing CapturedFrame) -> Void
  ) {
    progress.frames &+= 1
    guard body.byteCount >= 4 else { return progress.note(.overrun(captured: 0), after: at) }
    guard let first = interfaces.first else { return progress.note(.undescribedInterface(0), after: at) }
    let original: UInt32 = body.load(0, bigEndian: isBigEndian)
    let captured = first.snapLength == 0 ? original : min(original, first.snapLength)
    guard captured <= body.byteCount &- 4 else { return progress.note(.overrun(captured: captured), after: at) }
    guard captured <= CaptureReader.frameLimit else { return progress.note(.tooLong(captured), after: at) }
    deliver(
      CapturedFrame(
        number: progress.frames, stamp: nil, link: first.link, interface: firstInterface,
        octets: body.extracting(4..<4 &+ Int(captured)), originalLength: Int(original)))
  }
}
