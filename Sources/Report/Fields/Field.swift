import Path
import Timebase
import Wire

/// A member of a record of machine output: its name, its type, its meaning, and what it says of a value.
///
/// JSON Lines, columns of CSV, the tables of the documentation and the JSON Schema are all made from it. `orNull` is a
/// member that is null where nothing is known, `absentOr` one that is left out.
struct Field<Value>: Sendable {
  /// What is documented: one row, or those of the members that stand in its place.
  let rows: [FieldRow]
  /// Writes the member, if it is there.
  let write: @Sendable (inout JSONWriter, Value) -> Void
  /// What a column of CSV says of a value; nil leaves the field empty.
  let cell: @Sendable (Value) -> String?
  /// The members that stand in its place; empty where it is a member itself.
  var parts: @Sendable () -> [Field] = { [] }

  /// Its name.
  var name: String { rows.first?.name ?? "" }
}

/// How a member may be missing.
private enum Presence {
  case always, orNull, orAbsent
}

extension Field {
  private init<Content>(
    _ name: String, _ type: FieldType, _ presence: Presence, _ meaning: String,
    _ read: @escaping @Sendable (Value) -> Content?, put: @escaping @Sendable (inout JSONWriter, Content) -> Void,
    cell: @escaping @Sendable (Content) -> String?
  ) {
    let (isNullable, isOptional) = (presence == .orNull, presence == .orAbsent)
    rows = [FieldRow(name: name, type: type, isNullable: isNullable, isOptional: isOptional, meaning: meaning)]
    write = { json, value in
      let content = read(value)
      if isOptional, content == nil { return }
      json.key(name)
      guard let content else { return json.null() }
      put(&json, content)
    }
    self.cell = { read($0).flatMap(cell) }
  }

  private static func scalar(
    _ name: String, _ type: FieldType, _ presence: Presence, _ meaning: String,
    _ read: @escaping @Sendable (Value) -> String?
  ) -> Field {
    Field(name, type, presence, meaning, read) {
      $0.value($1)
    } cell: {
      $0.printable
    }
  }

  private static func integer<Number: FixedWidthInteger & SendableMetatype>(
    _ name: String, _ presence: Presence, _ meaning: String, _ read: @escaping @Sendable (Value) -> Number?
  ) -> Field {
    let type = FieldType.integer(
      least: Number.isSigned ? nil : 0,
      most: Number.isSigned || Number.bitWidth > 32 ? nil : UInt64(truncatingIfNeeded: Number.max))
    return Field(name, type, presence, meaning, read) {
      $0.value($1)
    } cell: {
      String($0)
    }
  }

  private static func duration(
    _ name: String, _ presence: Presence, _ meaning: String, _ read: @escaping @Sendable (Value) -> Interval?
  ) -> Field {
    Field(name, .integer(least: nil, most: nil), presence, meaning, read) {
      $0.value($1.nanoseconds)
    } cell: {
      String($0.nanoseconds)
    }
  }

  private static func truth(
    _ name: String, _ presence: Presence, _ meaning: String, _ read: @escaping @Sendable (Value) -> Bool?
  ) -> Field {
    Field(name, .truth, presence, meaning, read) {
      $0.value($1)
    } cell: {
      $0 ? "true" : "false"
    }
  }

  private static func object<Content>(
    _ name: String, _ presence: Presence, _ meaning: String, _ table: FieldTable<Content>,
    _ read: @escaping @Sendable (Value) -> Content?
  ) -> Field {
    Field(name, table.type, presence, meaning, read) {
      $0.object(table, $1)
    } cell: { _ in
      nil
    }
  }

  private static func counts(
    _ name: String, _ presence: Presence, _ meaning: String, among names: [String],
    _ read: @escaping @Sendable (Value) -> [(name: String, count: Int)]?
  ) -> Field {
    Field(name, .counts(names), presence, meaning, read) { json, counts in
      json.object { for count in counts { $0.member(count.name, count.count) } }
    } cell: { _ in
      nil
    }
  }
}

/// Texts and words.
extension Field {
  static func text(_ name: String, _ meaning: String, _ read: @escaping @Sendable (Value) -> String) -> Field {
    scalar(name, .text, .always, meaning, read)
  }

  static func text(orNull name: String, _ meaning: String, _ read: @escaping @Sendable (Value) -> String?) -> Field {
    scalar(name, .text, .orNull, meaning, read)
  }

  static func word(
    _ name: String, among words: [String], _ meaning: String, _ read: @escaping @Sendable (Value) -> String
  ) -> Field {
    scalar(name, .word(words), .always, meaning, read)
  }

  static func word(
    orNull name: String, among words: [String], _ meaning: String, _ read: @escaping @Sendable (Value) -> String?
  ) -> Field {
    scalar(name, .word(words), .orNull, meaning, read)
  }

  static func instant(_ name: String, _ meaning: String, _ read: @escaping @Sendable (Value) -> WallTime) -> Field {
    scalar(name, .instant, .always, meaning) { read($0).rfc3339 }
  }

  static func instant(
    orNull name: String, _ meaning: String, _ read: @escaping @Sendable (Value) -> WallTime?
  ) -> Field {
    scalar(name, .instant, .orNull, meaning) { read($0)?.rfc3339 }
  }

  /// A list of texts; in a column they stand with spaces between.
  static func texts(_ name: String, _ meaning: String, _ read: @escaping @Sendable (Value) -> [String]) -> Field {
    Field(name, .list(.text), .always, meaning, read) { json, texts in
      json.array { for text in texts { $0.value(text) } }
    } cell: {
      $0.together(by: " ").printable
    }
  }

  /// A list of words out of a fixed set.
  static func words(
    _ name: String, among words: [String], _ meaning: String, _ read: @escaping @Sendable (Value) -> [String]
  ) -> Field {
    let texts = texts(name, meaning, read)
    let row = FieldRow(name: name, type: .list(.word(words)), isNullable: false, isOptional: false, meaning: meaning)
    return Field(rows: [row], write: texts.write, cell: texts.cell)
  }
}

/// Numbers, times and truth.
extension Field {
  static func number<Number: FixedWidthInteger & SendableMetatype>(
    _ name: String, _ meaning: String, _ read: @escaping @Sendable (Value) -> Number
  ) -> Field { integer(name, .always, meaning, read) }

  static func number<Number: FixedWidthInteger & SendableMetatype>(
    orNull name: String, _ meaning: String, _ read: @escaping @Sendable (Value) -> Number?
  ) -> Field { integer(name, .orNull, meaning, read) }

  /// A list of whole numbers; in a column they stand with spaces between.
  static func numbers(_ name: String, _ meaning: String, _ read: @escaping @Sendable (Value) -> [Int]) -> Field {
    Field(name, .list(.integer(least: 0, most: nil)), .always, meaning, read) { json, numbers in
      json.array { for number in numbers { $0.value(number) } }
    } cell: {
      $0.map(\.description).together(by: " ")
    }
  }

  /// A list of lists of whole numbers; no column.
  static func answers(_ name: String, _ meaning: String, _ read: @escaping @Sendable (Value) -> [[Int]]) -> Field {
    Field(name, .list(.list(.integer(least: 0, most: nil))), .always, meaning, read) { json, lists in
      json.array { for list in lists { $0.array { for number in list { $0.value(number) } } } }
    } cell: { _ in
      nil
    }
  }

  /// A list of numbers that may have fractions; in a column they stand with spaces between.
  static func decimals(_ name: String, _ meaning: String, _ read: @escaping @Sendable (Value) -> [Double]) -> Field {
    Field(name, .list(.number), .always, meaning, read) { json, numbers in
      json.array { for number in numbers { $0.value(number) } }
    } cell: {
      $0.map(\.description).together(by: " ")
    }
  }

  /// A number that may have a fraction; null where JSON has no number for it.
  static func decimal(orNull name: String, _ meaning: String, _ read: @escaping @Sendable (Value) -> Double?) -> Field {
    Field(name, .number, .orNull, meaning, read) {
      $0.value($1)
    } cell: {
      $0.isFinite ? $0.description : nil
    }
  }

  /// What may be a whole number or a text, as it was sent or received.
  static func value(
    orNull name: String, _ meaning: String, _ read: @escaping @Sendable (Value) -> QuoteChange.Value
  ) -> Field {
    Field(name, .numberOrText, .orNull, meaning) { value -> QuoteChange.Value? in
      let content = read(value)
      return content == .absent ? nil : content
    } put: { json, content in
      switch content {
      case .number(let number): json.value(number)
      case .text(let text): json.value(text)
      case .absent: json.null()
      }
    } cell: {
      $0.description.printable
    }
  }

  static func time(_ name: String, _ meaning: String, _ read: @escaping @Sendable (Value) -> Interval) -> Field {
    duration(name, .always, meaning, read)
  }

  static func time(orNull name: String, _ meaning: String, _ read: @escaping @Sendable (Value) -> Interval?) -> Field {
    duration(name, .orNull, meaning, read)
  }

  static func truth(_ name: String, _ meaning: String, _ read: @escaping @Sendable (Value) -> Bool) -> Field {
    truth(name, .always, meaning, read)
  }

  static func truth(orNull name: String, _ meaning: String, _ read: @escaping @Sendable (Value) -> Bool?) -> Field {
    truth(name, .orNull, meaning, read)
  }

  /// A member that is there only where it is true.
  static func mark(_ name: String, _ meaning: String, _ read: @escaping @Sendable (Value) -> Bool) -> Field {
    truth(name, .orAbsent, meaning) { read($0) ? true : nil }
  }
}

/// Objects and lists.
extension Field {
  static func object<Content>(
    _ name: String, _ meaning: String, _ table: FieldTable<Content>, _ read: @escaping @Sendable (Value) -> Content
  ) -> Field { object(name, .always, meaning, table, read) }

  static func object<Content>(
    orNull name: String, _ meaning: String, _ table: FieldTable<Content>,
    _ read: @escaping @Sendable (Value) -> Content?
  ) -> Field { object(name, .orNull, meaning, table, read) }

  static func object<Content>(
    absentOr name: String, _ meaning: String, _ table: FieldTable<Content>,
    _ read: @escaping @Sendable (Value) -> Content?
  ) -> Field { object(name, .orAbsent, meaning, table, read) }

  static func list<Content>(
    _ name: String, _ meaning: String, _ table: FieldTable<Content>, _ read: @escaping @Sendable (Value) -> [Content]
  ) -> Field {
    Field(name, .list(table.type), .always, meaning, read) { json, contents in
      json.array { for content in contents { $0.object(table, content) } }
    } cell: { _ in
      nil
    }
  }

  /// Counts under names that the value has.
  static func counts(
    _ name: String, _ meaning: String, among names: [String],
    _ read: @escaping @Sendable (Value) -> [(name: String, count: Int)]
  ) -> Field { counts(name, .always, meaning, among: names, read) }

  static func counts(
    absentOr name: String, _ meaning: String, among names: [String],
    _ read: @escaping @Sendable (Value) -> [(name: String, count: Int)]?
  ) -> Field { counts(name, .orAbsent, meaning, among: names, read) }

  /// The members of another table, in this place.
  static func members<Content>(
    of table: FieldTable<Content>, _ read: @escaping @Sendable (Value) -> Content
  ) -> Field {
    Field(
      rows: table.rows, write: { table.write(&$0, read($1)) }, cell: { _ in nil },
      parts: { table.leaves.map { Field($0, of: read) } })
  }

  /// A member of a part of the value.
  init<Content>(_ field: Field<Content>, of read: @escaping @Sendable (Value) -> Content) {
    self.init(rows: field.rows, write: { field.write(&$0, read($1)) }, cell: { field.cell(read($0)) })
  }

  /// The members of another table, in this place, where there is what they are read from.
  static func members<Content>(
    absentOr table: FieldTable<Content>, _ read: @escaping @Sendable (Value) -> Content?
  ) -> Field {
    let rows = table.rows.map { row in
      var row = row
      row.isOptional = true
      return row
    }
    return Field(
      rows: rows,
      write: { json, value in
        guard let content = read(value) else { return }
        table.write(&json, content)
      }, cell: { _ in nil })
  }
}

/// The members of an object, in their order.
struct FieldTable<Value>: Sendable {
  /// The name under which several records have it; nil where it is one record's own.
  let name: String?
  /// Its members.
  let fields: [Field<Value>]

  /// A table that several records have, under a name.
  init(_ name: String, _ fields: [Field<Value>]) { (self.name, self.fields) = (name, fields) }

  /// A record's own table.
  init(_ fields: [Field<Value>]) { (name, self.fields) = (nil, fields) }

  /// What is documented.
  var rows: [FieldRow] { fields.flatMap(\.rows) }

  /// What an object of it is.
  var type: FieldType { name.map { .shape(FieldShape(name: $0, rows: rows)) } ?? .object(rows) }

  /// Writes all members of an object that was begun.
  func write(_ json: inout JSONWriter, _ value: Value) {
    for field in fields { field.write(&json, value) }
  }

  /// Each member by itself.
  var leaves: [Field<Value>] {
    fields.flatMap { field in
      let parts = field.parts()
      return parts.isEmpty ? [field] : parts
    }
  }

  /// The members of these names, in this order: columns.
  func columns(_ names: [String]) -> [Field<Value>] {
    let leaves = leaves
    return names.compactMap { name in leaves.first { $0.name == name } }
  }
}

/// The lines of one kind: `schema`, `type`, and the members of a table.
struct RecordTable<Value>: Sendable {
  private let type: String
  private let name: String
  /// Its members behind `schema` and `type`.
  let table: FieldTable<Value>

  /// Lines of a type; `kind` names those that only some commands write.
  init(_ type: String, kind: String? = nil, _ fields: [Field<Value>]) {
    self.type = type
    name = kind.map { "\(type)-\($0)" } ?? type
    table = FieldTable(fields)
  }

  /// What is documented.
  var kind: RecordKind { RecordKind(type: type, name: name, rows: table.rows) }

  /// One line, with its end.
  func line(_ value: Value) -> String {
    var json = JSONWriter()
    json.object {
      $0.member("schema", JSONLines.schema)
      $0.member("type", type)
      table.write(&$0, value)
    }
    return json.text + "\n"
  }
}

extension JSONWriter {
  /// An object with the members of a table.
  mutating func object<Value>(_ table: FieldTable<Value>, _ value: Value) { object { table.write(&$0, value) } }
}

/// What a member of a record holds, as its documentation and its JSON Schema state it.
package indirect enum FieldType: Sendable {
  /// A whole number, and the smallest and the largest that there can be.
  case integer(least: UInt64?, most: UInt64?)
  /// A number that may have a fraction.
  case number
  /// True or false.
  case truth
  /// Any text.
  case text
  /// A whole number, or any text.
  case numberOrText
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
