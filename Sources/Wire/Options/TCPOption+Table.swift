extension TCPOption {
  /// One kind of option as every notation has it: a new kind is a row here (IANA, "TCP Option Kind Numbers").
  public struct Row: Sendable {
    /// The kind's number.
    public let kind: UInt8
    /// tcpdump's word for it, which all output uses; empty where tcpdump has none.
    public let name: String
    /// How its value is laid out.
    public let value: Value
    /// Whether `TCPOption` has a case for it; the others are known by name alone.
    public let isModelled: Bool

    /// Whether it only fills room.
    public var isPadding: Bool { kind == Kind.endOfList || kind == Kind.noOperation }

    /// The layouts of values.
    public enum Value: Hashable, Sendable {
      /// No value.
      case empty
      /// One number of so many octets.
      case number(octets: Int)
      /// As each notation writes it, since its RFC gives it a form of its own.
      case own
    }

    fileprivate init(_ kind: UInt8, _ name: String, _ value: Value, isModelled: Bool = true) {
      self.kind = kind
      self.name = name
      self.value = value
      self.isModelled = isModelled
    }
  }

  /// Every kind that has a name, those first that are padding or lie in most SYNs.
  public static let table: [Row] = [
    Row(Kind.endOfList, "eol", .empty),
    Row(Kind.noOperation, "nop", .empty),
    Row(Kind.maximumSegmentSize, "mss", .number(octets: 2)),
    Row(Kind.windowScale, "wscale", .number(octets: 1)),
    Row(Kind.sackPermitted, "sackOK", .empty),
    Row(Kind.sack, "sack", .own),
    Row(Kind.timestamps, "TS", .own),
    Row(Kind.fastOpen, "tfo", .own),
    Row(Kind.md5, "md5", .own),
    Row(Kind.multipath, "mptcp", .own),
    Row(6, "echo", .number(octets: 4), isModelled: false),
    Row(7, "echoreply", .number(octets: 4), isModelled: false),
    Row(11, "cc", .number(octets: 4), isModelled: false),
    Row(12, "ccnew", .number(octets: 4), isModelled: false),
    Row(13, "", .number(octets: 4), isModelled: false),
    Row(20, "scps", .own, isModelled: false),
    Row(28, "uto", .own, isModelled: false),
    Row(29, "tcp-ao", .own, isModelled: false),
    Row(Kind.experiment254, "exp", .own, isModelled: false),
  ]

  /// The row of a kind; nil where it has no name.
  public static func row(of kind: UInt8) -> Row? { table.first { $0.kind == kind } }

  /// The option's name in all output: `mss`, or `unknown-253` for a kind without a case of its own.
  public var name: String {
    guard case .other = self else { return TCPOption.row(of: kind)?.name ?? "" }
    return "unknown-\(kind)"
  }

  /// Whether it only fills room.
  public var isPadding: Bool { self == .noOperation || self == .endOfList }
}
