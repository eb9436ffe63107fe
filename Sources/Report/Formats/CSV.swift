/// Results for spreadsheets: comma-separated values (RFC 4180), a header line and then a line for each.
///
/// Durations are whole nanoseconds; what is absent is an empty field; lines end by CR LF, as the RFC has it.
public enum CSV {
  /// One line of fields, with its end; nil is an empty field.
  public static func line(_ fields: [String?]) -> String {
    fields.map { $0.map(quoted) ?? "" }.together(by: ",") + "\r\n"
  }

  /// A field between quotation marks where it has a comma, one of them, or a line end (RFC 4180 §2).
  private static func quoted(_ field: String) -> String {
    let isPlain = !field.utf8.contains { [UInt8(ascii: ","), UInt8(ascii: "\""), 10, 13].contains($0) }
    if isPlain { return field }
    var text = "\""
    for scalar in field.unicodeScalars {
      if scalar == "\"" { text += "\"" }
      text.unicodeScalars.append(scalar)
    }
    return text + "\""
  }
}

/// A table of comma-separated values, whose columns are members of the JSON lines or made as they are.
public struct CSVTable<Row>: Sendable {
  private let columns: [Field<Row>]

  init(_ columns: [Field<Row>]) { self.columns = columns }

  /// The line with the names of the columns.
  public var header: String { CSV.line(columns.map(\.name)) }

  /// The line of one row.
  public func line(_ row: Row) -> String { CSV.line(columns.map { $0.cell(row) }) }
}
