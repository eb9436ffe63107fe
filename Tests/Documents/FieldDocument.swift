import Report

/// The tables of fields as the documentation has them.
enum FieldDocument {
  /// Every kind of line, and every object that several have, by name.
  static var tables: [(name: String, rows: [FieldRow])] {
    var tables = JSONLines.kinds.map { (name: "fields \($0.name)", rows: ownRows(of: $0)) }
    for shape in FieldShape.all(in: JSONLines.kinds) { tables.append((name: "object \(shape.name)", rows: shape.rows)) }
    return tables
  }

  /// The members that the plain kind of the type does not have, where a kind is that and more.
  private static func ownRows(of kind: RecordKind) -> [FieldRow] {
    guard kind.name != kind.type, let plain = JSONLines.kinds.first(where: { $0.name == kind.type }) else {
      return kind.rows
    }
    let isMore = kind.rows.map(\.name).starts(with: plain.rows.map(\.name))
    return isMore ? Array(kind.rows.dropFirst(plain.rows.count)) : kind.rows
  }

  /// A table of rows, one for each member, those of an object behind it.
  static func markdown(_ rows: [FieldRow]) -> String {
    "| field | type | what |\n|---|---|---|\n" + lines(of: rows, in: "").joined()
  }

  private static func lines(of rows: [FieldRow], in path: String) -> [String] {
    rows.flatMap { row in
      let name = path + row.name
      let line = "| `\(name)` | \(words(of: row)) | \(row.meaning) |\n"
      return [line] + inner(row.type, of: name)
    }
  }

  private static func inner(_ type: FieldType, of name: String) -> [String] {
    switch type {
    // The names are all that differs among the times of the steps.
    case .object(let rows) where isUniform(rows): []
    case .object(let rows): lines(of: rows, in: name + ".")
    case .list(let element): inner(element, of: name + "[]")
    default: []
    }
  }

  private static func words(of row: FieldRow) -> String {
    words(of: row.type) + (row.isNullable ? " or null" : "") + (row.isOptional ? ", or absent" : "")
  }

  private static func words(of type: FieldType) -> String {
    switch type {
    case .integer, .number: "number"
    case .truth: "true or false"
    case .text, .word: "text"
    case .numberOrText: "number or text"
    case .instant: "instant"
    case .object(let rows): shape(of: rows).map { "object of `\($0)` objects" } ?? "object"
    case .shape(let shape): "`\(shape.name)` object"
    case .counts: "object of numbers"
    case .list(let element):
      switch element {
      case .text, .word: "list of texts"
      case .integer, .number: "list of numbers"
      case .shape(let shape): "list of `\(shape.name)` objects"
      default: "list"
      }
    }
  }

  private static func isUniform(_ rows: [FieldRow]) -> Bool { shape(of: rows) != nil }

  /// The shape that all members have, which are absent where there is none.
  private static func shape(of rows: [FieldRow]) -> String? {
    let names = rows.map { row in if case .shape(let shape) = row.type, row.isOptional { shape.name } else { "" } }
    guard let name = names.first, !name.isEmpty, names.allSatisfy({ $0 == name }) else { return nil }
    return name
  }
}

extension FieldShape {
  /// Every shape that these lines have, each once.
  static func all(in kinds: [RecordKind]) -> [FieldShape] {
    var shapes: [FieldShape] = []
    func take(_ type: FieldType) {
      switch type {
      case .shape(let shape):
        guard !shapes.contains(where: { $0.name == shape.name }) else { return }
        shapes.append(shape)
        for row in shape.rows { take(row.type) }
      case .object(let rows): for row in rows { take(row.type) }
      case .list(let element): take(element)
      default: break
      }
    }
    for kind in kinds { for row in kind.rows { take(row.type) } }
    return shapes
  }
}
