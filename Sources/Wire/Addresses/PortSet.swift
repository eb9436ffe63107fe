// RFC 9293 §3.1: ports are 16 bits wide.

/// A set of ports as a bit for each: cheap to make, to ask and to list in order.
public struct PortSet: Hashable, Sendable {
  private var words: [UInt64] = []
  /// How many ports are in it.
  public private(set) var count = 0

  /// An empty set.
  public init() {}

  /// Whether no port is in it.
  public var isEmpty: Bool { count == 0 }

  /// Whether a port is in it.
  public func contains(_ port: UInt16) -> Bool { !words.isEmpty && words[Int(port) >> 6] & bit(port) != 0 }

  /// Puts a port in; whether it is new.
  @discardableResult
  public mutating func insert(_ port: UInt16) -> Bool {
    if words.isEmpty { words = [UInt64](repeating: 0, count: 1_024) }
    guard !contains(port) else { return false }
    words[Int(port) >> 6] |= bit(port)
    count += 1
    return true
  }

  /// Takes a port out; whether it was in.
  @discardableResult
  public mutating func remove(_ port: UInt16) -> Bool {
    guard contains(port) else { return false }
    words[Int(port) >> 6] &= ~bit(port)
    count -= 1
    return true
  }

  /// The ports in ascending order.
  public var sorted: [UInt16] {
    var list: [UInt16] = []
    list.reserveCapacity(count)
    for index in words.indices {
      var word = words[index]
      while word != 0 {
        list.append(UInt16(truncatingIfNeeded: index << 6 + word.trailingZeroBitCount))
        word &= word - 1
      }
    }
    return list
  }

  private func bit(_ port: UInt16) -> UInt64 { 1 << UInt64(port & 63) }
}
