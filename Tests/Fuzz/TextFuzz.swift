/// Any octets: they are kept, and nothing of them that a terminal obeys is written.
@c(LLVMFuzzerTestOneInput)
public func fuzzText(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let octets = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let text = String(preserving: octets)
  check(text.octets == octets, "octets are lost")
  check(!text.printable.unicodeScalars.contains(where: \.isUnprintable), "something is printed that is not shown")
  check(text.printable.escapedForOutput == text.printable, "what is printable is escaped again")
  let written = text.escapedForOutput
  let marks = ColourMark.allCases.reduce(into: 0) { sum, mark in
    sum += text.unicodeScalars.count { $0.value == mark.rawValue }
  }
  check(written.utf8.count { $0 == 0x1b } == marks, "an escape character that is not ours")
  let bad = written.unicodeScalars.filter { $0.isUnprintable && !["\n", "\t", "\r", "\u{1b}"].contains($0) }
  check(bad.isEmpty, "something is written that is not shown")
  return 0
}
