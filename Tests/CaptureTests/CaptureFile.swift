import Timebase
import Wire

@testable import Capture

/// A capture file that a test makes, integer by integer, in either byte order.
struct CaptureFile {
  var octets: [UInt8] = []
  var isBigEndian = false

  mutating func append<each T: FixedWidthInteger>(_ values: repeat each T) {
    for value in repeat each values { append(one: value) }
  }

  private mutating func append<T: FixedWidthInteger>(one value: T) {
    let count = T.bitWidth / 8
    for i in 0..<count {
      let shift = 8 * (isBigEndian ? count - 1 - i : i)
      octets.append(UInt8(truncatingIfNeeded: value >> T(truncatingIfNeeded: shift)))
    }
  }

  mutating func append(octets more: [UInt8]) { octets += more }

  // MARK: - pcap

  static func pcap(
    magic: UInt32 = PCAP.Magic.microseconds, bigEndian: Bool = false, version: (UInt16, UInt16) = (2, 4),
    snapLength: UInt32 = 65_535, link: UInt32 = 101
  ) -> CaptureFile {
    var file = CaptureFile(isBigEndian: bigEndian)
    file.append(magic, version.0, version.1, 0 as UInt64, snapLength, link)
    return file
  }

  mutating func record(
    _ frame: [UInt8], seconds: UInt32 = 0, fraction: UInt32 = 0, captured: UInt32? = nil, original: UInt32? = nil,
    surplus: Int = 0
  ) {
    append(seconds, fraction, captured ?? UInt32(frame.count), original ?? UInt32(frame.count))
    octets += [UInt8](repeating: 0xee, count: surplus)
    octets += frame
  }

  // MARK: - pcapng

  mutating func block(
    _ type: UInt32, length: UInt32? = nil, trailer: UInt32? = nil, _ body: (inout CaptureFile) -> Void
  ) {
    var inner = CaptureFile(isBigEndian: isBigEndian)
    body(&inner)
    let padding = [UInt8](repeating: 0, count: PCAPNG.padding(of: inner.octets.count))
    let whole = length ?? UInt32(inner.octets.count + padding.count + 12)
    append(type, whole)
    octets += inner.octets + padding
    append(trailer ?? whole)
  }

  mutating func section(bigEndian: Bool = false, version: (UInt16, UInt16) = (1, 0)) {
    isBigEndian = bigEndian
    block(PCAPNG.Block.section) { $0.append(PCAPNG.byteOrderMagic, version.0, version.1, UInt64.max) }
  }

  mutating func interface(
    link: UInt16 = 101, snapLength: UInt32 = 0, name: String? = nil, resolution: UInt8? = nil, offset: Int64? = nil
  ) {
    block(PCAPNG.Block.interface) { body in
      body.append(link, 0 as UInt16, snapLength)
      if let name { body.option(PCAPNG.Option.interfaceName, Array(name.utf8)) }
      if let resolution { body.option(PCAPNG.Option.interfaceResolution, [resolution]) }
      if let offset {
        body.append(PCAPNG.Option.interfaceOffset, 8 as UInt16, offset)
      }
      if name != nil || resolution != nil || offset != nil { body.append(0 as UInt32) }
    }
  }

  mutating func option(_ code: UInt16, _ value: [UInt8]) {
    append(code, UInt16(value.count))
    octets += value + [UInt8](repeating: 0, count: PCAPNG.padding(of: value.count))
  }

  mutating func packet(
    _ frame: [UInt8], on interface: UInt32 = 0, at units: UInt64 = 0, captured: UInt32? = nil, original: UInt32? = nil,
    comment: String? = nil
  ) {
    block(PCAPNG.Block.enhancedPacket) { body in
      body.append(interface, UInt32(units >> 32), UInt32(truncatingIfNeeded: units))
      body.append(captured ?? UInt32(frame.count), original ?? UInt32(frame.count))
      body.octets += frame + [UInt8](repeating: 0, count: PCAPNG.padding(of: frame.count))
      if let comment { body.option(PCAPNG.Option.comment, Array(comment.utf8)) }
      if comment != nil { body.append(0 as UInt32) }
    }
  }
}

/// What a reader made of a file.
struct Readout: Equatable {
  struct Frame: Equatable {
    var number: Int
    var stamp: Int64?
    var link: UInt32
    var interface: Int
    var octets: [UInt8]
    var originalLength: Int
  }

  var frames: [Frame] = []
  var count = 0
  var fault: CaptureFault?
  var faultCount = 0
  var interfaces: [CaptureInterface] = []
  var format: CaptureFormat?

  /// Hands out the frames of a whole file.
  static func frames(of octets: [UInt8], _ body: (borrowing CapturedFrame) -> Void) {
    var reader = CaptureReader()
    reader.feed(octets.span.raw, body)
  }

  /// Reads octets in pieces of a length; the whole at once where it is nil.
  init(_ octets: [UInt8], pieces length: Int? = nil) {
    var reader = CaptureReader()
    var at = 0
    while at < octets.count {
      let piece = Array(octets[at..<min(at + (length ?? octets.count), octets.count)])
      at += piece.count
      reader.feed(piece.span.raw) { frame in
        frames.append(
          Frame(
            number: frame.number, stamp: frame.stamp?.nanoseconds, link: frame.link.rawValue,
            interface: frame.interface,
            octets: frame.octets.octets, originalLength: frame.originalLength))
      }
    }
    reader.finish()
    (count, fault, faultCount) = (reader.frameCount, reader.fault, reader.faultCount)
    (interfaces, format) = (reader.interfaces, reader.format)
  }
}
