import Capture
import Handshake
import Timebase

/// The flows of a capture as a table, a line each.
///
/// Columns are as wide as the flows of the first lot need; a later one that needs more moves its line's rest.
public struct FlowListing: Sendable {
  private let style: Style
  private var widths: [Int] = []

  private static let heads = ["flow", "client", "server", "syn ms", "open ms", "packets", "bytes", "end"]

  /// A table of which nothing is written yet.
  public init(style: Style = .plain) { self.style = style }

  /// The lines of the next flows, under the heads of the columns where they are the first; empty without any.
  public mutating func lines(_ flows: [TrackedFlow]) -> String {
    guard !flows.isEmpty else { return "" }
    let rows = flows.map(FlowListing.cells)
    var text = ""
    if widths.isEmpty {
      widths = FlowListing.heads.indices.map { column in
        ([FlowListing.heads] + rows).map { $0[column].columns }.max() ?? 0
      }
      text = line(FlowListing.heads) + "\n"
    }
    for (flow, row) in zip(flows, rows) {
      text += line(row.dropLast() + [style.paint(flow.endingWords, flow.endingColour)])
      let remarks = flow.listedRemarks(style)
      text += remarks.isEmpty ? "\n" : " (\(remarks.joined(separator: ", ")))\n"
    }
    return text
  }

  private static func cells(_ flow: TrackedFlow) -> [String] {
    [
      "\(flow.number)", flow.client.endpoint.description, flow.server.endpoint.description,
      time(of: .syn, flow), time(of: .handshake, flow),
      "\(flow.client.packets)/\(flow.server.packets)", "\(flow.client.octets)/\(flow.server.octets)",
      flow.endingWords,
    ]
  }

  private static func time(of kind: StepKind, _ flow: TrackedFlow) -> String {
    guard let step = flow.step(kind) else { return "-" }
    return step.time?.fixedMilliseconds ?? "?"
  }

  /// Numbers to the right, words to the left, and nothing behind the last.
  private func line(_ cells: [String]) -> String {
    var line = ""
    for (column, cell) in cells.enumerated() {
      if column > 0 { line += "  " }
      switch column {
      case 1, 2: line += cell.leading(widths[column])
      case cells.count - 1: line += cell
      default: line += cell.trailing(widths[column])
      }
    }
    return line
  }
}
