/// What a member of a record holds, as its documentation and its JSON Schema state it.
package indirect enum FieldType: Sendable {
  /// A whole number, and the least and the greatest that there can be.
  case integer(least: UInt64?, most: UInt64?)
  /// A number that may have a fraction.
  case number
  /// True or false.
  case truth
  /// Any text.
  case text
  /// One of these words.
  case word([String])
  /// An instant: RFC 3339 in UTC with nanoseconds.
  case instant
  /// An object of this record's own.
  case object([FieldRow])
  /// An object that several records have.
  case shape(FieldShape)
  /// An object of whole numbers whose names are among these.
  case counts([String])
  /// A list.
  case list(FieldType)
}

/// A member of a record without the value that it is read from.
package struct FieldRow: Sendable {
  /// The member's name.
  package let name: String
  /// What it holds.
  package let type: FieldType
  /// Whether it may be null.
  package var isNullable: Bool
  /// Whether it may be absent.
  package var isOptional: Bool
  /// One sentence, or a noun phrase.
  package let meaning: String
}

/// An object that several records have, described once.
package struct FieldShape: Sendable {
  /// Its name in the documentation and among the definitions of a schema.
  package let name: String
  /// Its members.
  package let rows: [FieldRow]
}

/// A kind of line: its type, and what tells it from others of the same type.
package struct RecordKind: Sendable {
  /// The member `type`.
  package let type: String
  /// The kind's name: its type, and the command that writes it where others write another: `summary-bench`.
  package let name: String
  /// Its members behind `schema` and `type`.
  package let rows: [FieldRow]
}
