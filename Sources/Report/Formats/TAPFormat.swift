/// The Test Anything Protocol.
struct TAPFormat: ResultWriter {
  /// Whether it was said that no more comes.
  private var isOver = false

  mutating func write(_ event: Event, into sheet: inout Sheet) {
    if isOver { return }
    switch event {
    case .checksBegin(let count, _): sheet.results += TAP.header(count)
    case .check(let result, let number, _): sheet.results += TAP.line(result, number: number)
    case .interrupted:
      isOver = true
      sheet.results += TAP.bailOut("interrupted")
    default: break
    }
  }
}
