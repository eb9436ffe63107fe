import Wire

/// What becomes of the octets of a file: finds out its format, and consumes record after record.
struct CaptureDecoder: Sendable {
  private(set) var progress = CaptureProgress()
  private(set) var format: CaptureFormat?
  private var pcap = PCAPDecoder()
  private var pcapng = PCAPNGDecoder()

  var interfaces: [CaptureInterface] { format == .pcapng ? pcapng.interfaces : pcap.interfaces }
  var firstInterface: Int { format == .pcapng ? pcapng.firstInterface : 0 }

  /// Consumes what is whole among the octets and returns how many they were.
  ///
  /// Fewer than `progress.needed` are left, unless nothing more can be read.
  mutating func decode(_ octets: RawSpan, _ body: (borrowing CapturedFrame) -> Void) -> Int {
    var at = 0
    while !progress.hasStopped {
      at += progress.passOver(among: octets.byteCount - at)
      if progress.surplus > 0 { break }
      let consumed = decodeRecords(octets.extracting(droppingFirst: at), body)
      progress.offset += Int64(consumed)
      at += consumed
      if progress.surplus == 0 { break }
    }
    return at
  }

  private mutating func decodeRecords(_ octets: RawSpan, _ body: (borrowing CapturedFrame) -> Void) -> Int {
    if format == nil {
      guard octets.byteCount >= progress.needed else { return 0 }
      switch CaptureFormat.announced(by: octets) {
      case .success(let announced): format = announced
      case .failure(let refusal): progress.note(refusal.kind, isHeader: true)
      case nil: progress.needed = CaptureFormat.lengthOfHead
      }
    }
    switch format {
    case .pcap: return pcap.decode(octets, &progress, body)
    case .pcapng: return pcapng.decode(octets, &progress, body)
    case nil: return 0
    }
  }

  /// Shows that the file has ended while so many octets of a record were left.
  mutating func finish(left: Int) {
    guard !progress.hasStopped else { return }
    progress.hasStopped = true
    let have = progress.passed + Int64(left)
    if format == nil {
      progress.note(have == 0 ? .empty : .notACapture, isHeader: true)
    } else if progress.surplus > 0 {
      progress.note(.cut(have: have, need: have + progress.surplus))
    } else if left > 0 || progress.passed > 0 && format == .pcapng {
      progress.note(.cut(have: have, need: progress.passed + Int64(progress.needed)), isHeader: isInHeader)
    }
  }

  /// Whether the header of a pcap file has not come whole.
  private var isInHeader: Bool { format == .pcap && pcap.interfaces.isEmpty }
}
