/// A JSON value; the members of an object stay in their order.
public enum JSONValue: Hashable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case truth(Bool)
  /// A whole number without exponent that 64 bits hold.
  case integer(Int64)
  /// Any other number.
  case number(Double)
  /// A text.
  case text(String)
  /// An array.
  case list([JSONValue])
  /// An object.
  case object([Member])

  /// A member of an object.
  public struct Member: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Its value.
    public var value: JSONValue

    /// A member from its two parts.
    public init(name: String, value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// The first member of a name; nil where there is none, or this is no object.
  public subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// The whole number; nil for anything else.
  public var integer: Int64? { if case .integer(let number) = self { number } else { nil } }
  /// The truth value; nil for anything else.
  public var truth: Bool? { if case .truth(let truth) = self { truth } else { nil } }
  /// The text; nil for anything else.
  public var text: String? { if case .text(let text) = self { text } else { nil } }
  /// The values of an array; nil for anything else.
  public var list: [JSONValue]? { if case .list(let values) = self { values } else { nil } }
}
