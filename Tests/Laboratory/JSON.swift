import Foundation

/// A JSON value that tells an absent member from a null one.
public enum JSON: Hashable, Sendable, Decodable {
  case null
  case flag(Bool)
  case integer(Int64)
  case number(Double)
  case text(String)
  case list([JSON])
  case object([String: JSON])

  /// Reads a value: whole numbers as integers.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .flag(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSON].self) {
      self = .list(value)
    } else {
      self = .object(try container.decode([String: JSON].self))
    }
  }

  /// A member of an object; nil where it is absent, `.null` where it is null.
  public subscript(_ name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members[name]
  }
  /// The names of an object's members.
  public var names: Set<String> {
    guard case .object(let members) = self else { return [] }
    return Set(members.keys)
  }
  /// The value as a text.
  public var string: String? { if case .text(let value) = self { value } else { nil } }
  /// The value as a whole number.
  public var int: Int64? { if case .integer(let value) = self { value } else { nil } }
  /// The value as true or false.
  public var bool: Bool? { if case .flag(let value) = self { value } else { nil } }
  /// The value as a list.
  public var array: [JSON]? { if case .list(let value) = self { value } else { nil } }
  /// The value as any number.
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// Decodes JSON Lines: every line must be a whole object.
  public static func lines(_ text: String) throws -> [JSON] {
    guard text.isEmpty || text.hasSuffix("\n") else { throw LaboratoryError("the last line of JSON has no end") }
    return try text.split(separator: "\n").map { line in
      guard line.hasPrefix("{"), let value = try? JSONDecoder().decode(JSON.self, from: Data(line.utf8)) else {
        throw LaboratoryError("not a line of JSON: \(line)")
      }
      return value
    }
  }
}
