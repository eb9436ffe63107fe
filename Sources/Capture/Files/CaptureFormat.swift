import Wire

/// The two formats of capture files.
public enum CaptureFormat: Hashable, Sendable {
  /// The classic one (draft-ietf-opsawg-pcap).
  case pcap
  /// The one of blocks (draft-ietf-opsawg-pcapng).
  case pcapng

  /// The format that the start of a file announces, or what else it is; nil where more of it is needed.
  ///
  /// `lengthOfHead` octets are enough.
  static func announced(by head: RawSpan) -> Result<CaptureFormat, Refusal>? {
    guard head.byteCount >= 4 else { return nil }
    let magic: UInt32 = head.load(bigEndian: 0)
    switch magic {
    case PCAPNG.Block.section: return .success(.pcapng)
    case PCAP.Magic.microseconds, PCAP.Magic.nanoseconds, PCAP.Magic.modified,
      PCAP.Magic.microseconds.byteSwapped, PCAP.Magic.nanoseconds.byteSwapped, PCAP.Magic.modified.byteSwapped:
      return .success(.pcap)
    default: break
    }
    if let program = compression(magic) { return .failure(Refusal(kind: .compressed(by: program))) }
    if let name = foreign(magic) { return .failure(Refusal(kind: .foreign(name))) }
    guard head.byteCount >= lengthOfHead else { return nil }
    return .failure(Refusal(kind: isExtensibleRecord(head) ? .foreign("an ERF file") : .notACapture))
  }

  /// How many octets tell of any file what it is.
  static var lengthOfHead: Int { 16 }

  /// Why a file is of neither format.
  struct Refusal: Error {
    var kind: CaptureFault.Kind
  }

  /// The program that undoes the compression that four octets announce.
  private static func compression(_ magic: UInt32) -> String? {
    if [0x1f8b, 0x1f9d].contains(magic >> 16) { return "gzip" }
    if magic >> 8 == 0x42_5a68 { return "bzip2" }
    if magic & 0xf0ff_ffff == 0x502a_4d18 { return "zstd" }  // a frame that is skipped stands first
    switch magic {
    case 0x28b5_2ffd: return "zstd"
    case 0xfd37_7a58: return "xz"
    case 0x0422_4d18, 0x0221_4c18: return "lz4"
    case 0x4c5a_4950: return "lzip"
    case 0x894c_5a4f: return "lzop"
    case 0x504b_0304: return "zip"
    default: return nil
    }
  }

  /// The capture files of other programs, by their first four octets.
  private static func foreign(_ magic: UInt32) -> String? {
    switch magic {
    case 0x736e_6f6f: "a snoop file"
    case 0x5254_5353, 0x474d_4255: "a NetMon file"
    case 0x2b2d_2d2d: "a K12 text file"
    case 0x0000_0200: "a K12 file"
    case 0x5452_534e, 0x5843_5000: "a Sniffer file"
    case 0x0110_4c00: "a LANalyzer file"
    case 0x4f62_7365: "an Observer file"
    case 0x6970_7472: "an iptrace file"
    case 0x5452_0064: "a nettl file"
    case 0x0556_4e46: "a Visual Networks file"
    case 0xaaaa_aaaa: "a 5View file"
    case 0x7f76_6572: "an EtherPeek file"
    case 0x6274_736e: "a btsnoop file"
    case 0xa1b2_34cd, 0xcd34_b2a1, 0xa12b_3c4d, 0x4d3c_2ba1: "a modified pcap file"
    default: nil
    }
  }

  /// Whether a file begins with a record of Endace's format, which has no mark.
  ///
  /// That is: no time or one of this epoch, a known type, and a length that holds the record's own header.
  private static func isExtensibleRecord(_ head: RawSpan) -> Bool {
    let time = head.load(bigEndian: 0, as: UInt64.self).byteSwapped
    let type = head.octet(at: 8) & 0x7f
    // Line ends and tabs are text's.
    return (time == 0 || time >> 32 > 0x2500_0000) && (1...27).contains(type) && ![9, 10, 13].contains(type)
      && head.load(bigEndian: 10, as: UInt16.self) >= 16
  }
}

extension CaptureFormat: CustomStringConvertible {
  /// The format's name.
  public var description: String {
    switch self {
    case .pcap: "pcap"
    case .pcapng: "pcapng"
    }
  }
}

extension RawSpan {
  /// Reads an integer in the byte order that a file is in, at any alignment; traps when it does not lie within the span.
  @inlinable func load<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, bigEndian: Bool) -> T {
    bigEndian ? load(bigEndian: offset) : T(littleEndian: load(native: offset))
  }
}
