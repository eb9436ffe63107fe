// What the targets of the two capture formats share.

/// What comes of a file: a sum over all frames that forgets nothing, and a sum after each.
struct CaptureReading: Equatable {
  var sums: [UInt64] = []
  var counted = 0
  var fault: CaptureFault?
  var faults = 0

  init(_ file: [UInt8], pieces length: Int) {
    var reader = CaptureReader()
    var at = 0
    var octets = 0
    while at < file.count {
      let piece = Array(file[at..<min(at + length, file.count)])
      at += piece.count
      reader.feed(piece.span.raw) { frame in
        check(frame.originalLength >= frame.capturedLength, "less on the wire than was captured")
        octets += frame.capturedLength
        var sum = UInt64(frame.number) &* 31 &+ UInt64(frame.link.rawValue) &+ UInt64(frame.interface) &* 7
        sum = sum &* 31 &+ UInt64(bitPattern: frame.stamp?.nanoseconds ?? -1)
        for i in frame.octets.byteOffsets { sum = sum &* 31 &+ UInt64(frame.octets.octet(at: i)) }
        sums.append(sum)
      }
      check(reader.octetsHeld <= 2 * CaptureReader.recordLimit && reader.octetsHeld <= 64 + 2 * at, "too much is held")
    }
    reader.finish()
    check(octets <= file.count && reader.offset <= file.count, "more frames than file")
    check(sums.count <= reader.frameCount, "frames that were not counted")
    check(reader.hasStopped && (reader.fault == nil) == (reader.faultCount == 0), "a fault without a word")
    (counted, fault, faults) = (reader.frameCount, reader.fault, reader.faultCount)
  }
}

/// However a file is cut into pieces the same comes of it, and what comes of a file that ends early is where the whole
/// begins.
func checkCapture(_ file: [UInt8], manner: UInt8) {
  let whole = CaptureReading(file, pieces: max(file.count, 1))
  check(CaptureReading(file, pieces: 1) == whole, "octet by octet it is another")
  check(CaptureReading(file, pieces: Int(manner) + 2) == whole, "in pieces it is another")
  let cut = CaptureReading(Array(file[..<(file.count * Int(manner) / 256)]), pieces: file.count + 1)
  check(cut.sums.count <= whole.sums.count && cut.sums[...] == whole.sums[..<cut.sums.count], "cut it is no beginning")
  _ = whole.fault?.description
}
