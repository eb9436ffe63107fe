import Report

/// The JSON Schema (draft 2020-12) of all lines of one type.
///
/// Members that it does not know are allowed: a later version may add some.
struct JSONSchema {
  /// The text of the schema's file.
  let text: String

  /// The types of lines with their kinds, in the order in which they are documented.
  static var types: [(String, [RecordKind])] {
    var types: [(String, [RecordKind])] = []
    for kind in JSONLines.kinds {
      if let index = types.firstIndex(where: { $0.0 == kind.type }) {
        types[index].1.append(kind)
      } else {
        types.append((kind.type, [kind]))
      }
    }
    return types
  }

  /// The schema of a type with several kinds of lines: a line is of one of them.
  init(_ type: String, _ kinds: [RecordKind]) {
    var schema = Value.object([
      ("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
      ("title", .text("A line of type \(type) that probe writes")),
    ])
    let shapes = FieldShape.all(in: kinds)
    // The kind with the most members first: it tells the others apart.
    let lines = kinds.sorted { $0.rows.count > $1.rows.count }.map { Self.line($0) }
    schema.append(lines.count == 1 ? lines[0] : .object([("anyOf", .list(lines))]))
    if !shapes.isEmpty {
      schema.append(.object([("$defs", .object(shapes.map { ($0.name, Self.object($0.rows)) }))]))
    }
    text = schema.text(indented: 0) + "\n"
  }

  private static func line(_ kind: RecordKind) -> Value {
    var object = object(
      kind.rows,
      before: [
        ("schema", .object([("const", .integer("\(JSONLines.schema)"))])),
        ("type", .object([("const", .text(kind.type))])),
      ])
    if kind.name != kind.type { object.prepend(("title", .text(kind.name))) }
    return object
  }

  private static func object(_ rows: [FieldRow], before first: [(String, Value)] = []) -> Value {
    let required = first.map { Value.text($0.0) } + rows.filter { !$0.isOptional }.map { Value.text($0.name) }
    return .object([
      ("type", .text("object")), ("properties", .object(first + rows.map { ($0.name, member($0)) })),
      ("required", .list(required)),
    ])
  }

  private static func member(_ row: FieldRow) -> Value {
    var schema = Value.object([("description", .text(row.meaning))])
    schema.append(row.isNullable ? orNull(row.type) : type(row.type))
    return schema
  }

  private static func orNull(_ type: FieldType) -> Value {
    .object([("anyOf", .list([Self.type(type), .object([("type", .text("null"))])]))])
  }

  private static func type(_ type: FieldType) -> Value {
    switch type {
    case .integer(let least, let most):
      .object(
        [("type", .text("integer"))] + (least.map { [("minimum", Value.integer("\($0)"))] } ?? [])
          + (most.map { [("maximum", Value.integer("\($0)"))] } ?? []))
    case .number: .object([("type", .text("number"))])
    case .truth: .object([("type", .text("boolean"))])
    case .text: .object([("type", .text("string"))])
    case .numberOrText: .object([("type", .list([.text("integer"), .text("string")]))])
    case .word(let words): .object([("enum", .list(words.map { .text($0) }))])
    case .instant:
      .object([("type", .text("string")), ("pattern", .text(#"^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$"#))])
    case .object(let rows): object(rows)
    case .shape(let shape): .object([("$ref", .text("#/$defs/\(shape.name)"))])
    case .counts(let names):
      .object([
        ("type", .text("object")),
        ("properties", .object(names.map { ($0, .object([("type", .text("integer")), ("minimum", .integer("0"))])) })),
      ])
    case .list(let element): .object([("type", .text("array")), ("items", Self.type(element))])
    }
  }
}

extension JSONSchema {
  /// A JSON value whose members stay in their order.
  enum Value {
    case text(String)
    case integer(String)
    case list([Value])
    case object([(String, Value)])

    /// Adds the members of another object.
    mutating func append(_ other: Value) {
      guard case .object(let own) = self, case .object(let more) = other else { return }
      self = .object(own + more)
    }

    /// Adds a member in front.
    mutating func prepend(_ member: (String, Value)) {
      guard case .object(let own) = self else { return }
      self = .object([member] + own)
    }

    /// The text: what has no objects inside stands on one line.
    func text(indented depth: Int) -> String {
      let inner = String(repeating: "  ", count: depth + 1)
      let outer = String(repeating: "  ", count: depth)
      switch self {
      case .text(let text): return Value.quoted(text)
      case .integer(let digits): return digits
      case .list(let values):
        guard values.contains(where: \.isObject) else {
          return "[" + values.map { $0.text(indented: 0) }.joined(separator: ", ") + "]"
        }
        return "[\n" + values.map { inner + $0.text(indented: depth + 1) }.joined(separator: ",\n") + "\n\(outer)]"
      case .object(let members):
        guard members.contains(where: { $0.1.isObject || $0.1.hasObjects }) else {
          return "{" + members.map { "\(Value.quoted($0.0)): \($0.1.text(indented: 0))" }.joined(separator: ", ") + "}"
        }
        return "{\n"
          + members.map { "\(inner)\(Value.quoted($0.0)): \($0.1.text(indented: depth + 1))" }.joined(separator: ",\n")
          + "\n\(outer)}"
      }
    }

    private var isObject: Bool { if case .object = self { true } else { false } }
    private var hasObjects: Bool {
      if case .list(let values) = self { values.contains(where: \.isObject) } else { false }
    }

    private static func quoted(_ text: String) -> String {
      var quoted = "\""
      for character in text {
        if character == "\"" || character == "\\" { quoted += "\\" }
        quoted.append(character)
      }
      return quoted + "\""
    }
  }
}
