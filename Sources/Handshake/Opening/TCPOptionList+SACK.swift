import Wire

extension TCPOptionList {
  /// Calls `body` with each block of each SACK option of proper length (RFC 2018 §3).
  func forEachSACKBlock(_ body: (SACKBlock) -> Void) {
    let bytes = bytes
    var cursor = TCPOptionCursor(bytes)
    while let option = try? cursor.next() {
      guard option.kind == TCPOption.Kind.sack, option.payload.count % 8 == 0 else { continue }
      for at in stride(from: option.payload.lowerBound, to: option.payload.upperBound, by: 8) {
        let left: UInt32 = bytes.load(bigEndian: at)
        let right: UInt32 = bytes.load(bigEndian: at + 4)
        body(SACKBlock(left: SequenceNumber(left), right: SequenceNumber(right)))
      }
    }
  }
}
