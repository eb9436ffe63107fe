/// Something that is different in the segment that an ICMP error quotes: a box on the way changed it.
public struct QuoteChange: Hashable, Sendable {
  /// What is different, in the names that the output uses.
  public enum Field: String, Hashable, Sendable, CaseIterable {
    case mss, wscale, sack, timestamps, option, isn, dscp, ecn, df, identification, source
    case sourcePort = "source_port"
    case destination
    case destinationPort = "destination_port"
    case flags, window, checksum
  }

  /// A value as it was sent or quoted.
  public enum Value: Hashable, Sendable, CustomStringConvertible {
    /// A number.
    case number(Int)
    /// Text, such as an address or an option in tcpdump's notation.
    case text(String)
    /// Nothing: the option is not there.
    case absent

    /// The value as text; `none` where nothing is there.
    public var description: String {
      switch self {
      case .number(let value): String(value)
      case .text(let text): text
      case .absent: "none"
      }
    }
  }

  /// What is different.
  public var field: Field
  /// What was sent.
  public var from: Value
  /// What is quoted.
  public var to: Value

  /// A difference from its parts.
  public init(_ field: Field, from: Value, to: Value) { (self.field, self.from, self.to) = (field, from, to) }
}
