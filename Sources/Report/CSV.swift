import Timebase

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

/// A table of comma-separated values: each column has its name and its field of a row in one place.
public struct CSVTable<Row>: Sendable {
  /// A column: its name, and what it says of a row; nil is an empty field.
  struct Column: Sendable {
    let name: String
    let field: @Sendable (Row) -> String?

    /// A column of words.
    static func text(_ name: String, _ field: @escaping @Sendable (Row) -> String?) -> Column {
      Column(name: name, field: field)
    }

    /// A column of whole numbers.
    static func number<Number: FixedWidthInteger & SendableMetatype>(
      _ name: String, _ field: @escaping @Sendable (Row) -> Number?
    ) -> Column {
      Column(name: name) { field($0).map { String($0) } }
    }

    /// A column of lengths of time.
    static func time(_ name: String, _ field: @escaping @Sendable (Row) -> Interval?) -> Column {
      Column(name: name) { field($0).map { String($0.nanoseconds) } }
    }
  }

  private let columns: [Column]

  init(_ columns: [Column]) { self.columns = columns }

  /// The line with the names of the columns.
  public var header: String { CSV.line(columns.map(\.name)) }

  /// The line of one row.
  public func line(_ row: Row) -> String { CSV.line(columns.map { $0.field(row) }) }
}
