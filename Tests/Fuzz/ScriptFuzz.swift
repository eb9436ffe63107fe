/// Any file of scenarios: it is read or refused by a line that it has, and a segment that was read is written and read back.
@c(LLVMFuzzerTestOneInput)
public func fuzzScript(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  do throws(ScriptMistake) {
    let segments = try Scenario.all(in: text, file: "f").flatMap(\.events).compactMap(\.segment)
    for segment in segments {
      var words = ScriptWords(segment.description)
      check((try? ScriptSegment(&words, isAwaited: false)) == segment, "read back it is another")
    }
  } catch {
    check(error.line > 0 && error.line <= text.utf8.count { $0 == 0x0a } + 1 && !error.text.isEmpty, "no such line")
  }
  return 0
}

extension Scenario.Event {
  fileprivate var segment: ScriptSegment? {
    switch action {
    case .awaits(let segment): segment
    case .sends(let packet): if case .segment(let segment) = packet.content { segment } else { nil }
    case .silence: nil
    }
  }
}
