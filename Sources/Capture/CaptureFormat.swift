/// The two formats of capture files.
public enum CaptureFormat: Hashable, Sendable {
  /// The classic one (draft-ietf-opsawg-pcap).
  case pcap
  /// The one of blocks (draft-ietf-opsawg-pcapng).
  case pcapng

  /// The format that four octets at the start of a file announce; what else they show is a fault.
  static func announced(by magic: UInt32) -> Result<CaptureFormat, Refusal> {
    switch magic {
    case PCAPNG.Block.section: .success(.pcapng)
    case PCAP.Magic.microseconds, PCAP.Magic.nanoseconds, PCAP.Magic.modified,
      PCAP.Magic.microseconds.byteSwapped, PCAP.Magic.nanoseconds.byteSwapped, PCAP.Magic.modified.byteSwapped:
      .success(.pcap)
    default: .failure(Refusal(kind: compression(magic).map { .compressed(by: $0) } ?? .notACapture))
    }
  }

  /// Why a file is of neither format.
  struct Refusal: Error {
    var kind: CaptureFault.Kind
  }

  /// The program that undoes the compression that four octets announce.
  private static func compression(_ magic: UInt32) -> String? {
    if magic >> 16 == 0x1f8b { return "gzip" }
    if magic >> 8 == 0x42_5a68 { return "bzip2" }
    switch magic {
    case 0x28b5_2ffd: return "zstd"
    case 0xfd37_7a58: return "xz"
    case 0x0422_4d18: return "lz4"
    default: return nil
    }
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
