import Capture
import Wire

/// Interim.
enum FrameOpening {
  static func open(_ frame: borrowing CapturedFrame, _ body: (borrowing CapturedPacket) -> Void) {
    var offset = 0
    switch frame.link.rawValue {
    case 1:
      offset = 14
      while frame.octets.byteCount >= offset + 4,
        [0x8100, 0x88a8].contains(frame.octets.load(bigEndian: offset - 2, as: UInt16.self))
      { offset += 4 }
    case 0, 108: offset = 4
    case 113: offset = 16
    case 276: offset = 20
    default: offset = 0
    }
    guard frame.octets.byteCount > offset else { return }
    let version = frame.octets.octet(at: offset) >> 4
    guard version == 4 || version == 6 else { return }
    body(
      CapturedPacket(
        number: frame.number, stamp: frame.stamp, interface: frame.interface,
        octets: frame.octets.extracting(offset...), originalLength: frame.originalLength - offset))
  }
}
