/// Quotes: whatever was sent and whatever is quoted, only what is there is compared, and a packet is not different from
/// itself, however early its quote ends.
@c(LLVMFuzzerTestOneInput)
public func fuzzQuote(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = unsafe UnsafeBufferPointer(start: start, count: count).span.raw
  guard count >= 2 else { return 0 }
  // The first two octets say where the packet that was sent ends.
  let cut = Int(bytes.load(bigEndian: 0, as: UInt16.self)) % (count - 1)
  let (sent, quote) = (bytes.extracting(2..<2 + min(cut, count - 2)), bytes.extracting(2 + min(cut, count - 2)..<count))
  let changes = QuoteComparison.changes(sent: sent, quote: quote)
  check(changes.allSatisfy { $0.from != $0.to }, "no change")
  // At most every field once, and as many options as there is room for, on both sides.
  check(changes.count <= QuoteChange.Field.allCases.count + 2 * 128, "more changes than there is room for")
  for end in [sent.byteCount, cut / 2, 28, 48] where end <= sent.byteCount {
    check(QuoteComparison.changes(sent: sent, quote: sent.extracting(first: end)).isEmpty, "different from itself")
  }
  _ = QuoteComparison.changes(sent: quote, quote: sent)
  return 0
}
