import CLinux
import Glibc
import Wire

/// What an interface's driver counts beyond what it is allowed, `ethtool -S`.
///
/// On a virtual machine of Amazon's these are the `*_allowance_exceeded` of its network adapter. Packets beyond an
/// allowance are dropped there, and counted nowhere else.
public final class InterfaceCounters {
  private let socket: FileDescriptor
  private let name: String
  /// Which of the driver's counters are meant.
  private let places: [Int]
  private let count: Int
  private var buffer: [UInt8]

  /// How many counters a driver may have; those of a card with many queues are several thousand.
  ///
  /// The kernel writes as many as there are, whatever it was told that there is room for: there is room for all of these.
  private static let most = 32_768
  private static let (nameLength, headLength) = (32, 8)

  /// Asks which counters there are; nil where the driver has none of them, or does not say.
  public init?(of interface: Interface) {
    name = interface.name
    guard let socket = try? InterfaceRequest.anySocket(), let count = InterfaceCounters.count(interface.name, socket),
      count > 0, count <= InterfaceCounters.most
    else { return nil }
    // An ethtool_gstrings: command, which set, how many, the names.
    var strings = [UInt8](repeating: 0, count: 12 + InterfaceCounters.most * InterfaceCounters.nameLength)
    strings.replace(at: 0, with: UInt32(ETHTOOL_GSTRINGS))
    strings.replace(at: 4, with: UInt32(ETH_SS_STATS.rawValue))
    strings.replace(at: 8, with: UInt32(count))
    guard InterfaceCounters.ask(interface.name, socket, &strings) else { return nil }
    places = InterfaceCounters.exceeded(in: strings.span.raw.extracting(12..<12 + count * InterfaceCounters.nameLength))
    guard !places.isEmpty else { return nil }
    buffer = [UInt8](repeating: 0, count: InterfaceCounters.headLength + InterfaceCounters.most * 8)
    self.count = count
    self.socket = socket
  }

  /// How many packets were beyond an allowance so far; nil where the driver does not say.
  public func exceeded() -> UInt64? {
    // An ethtool_stats: command, how many, the values.
    guard InterfaceCounters.count(name, socket) == count else { return nil }
    buffer.replace(at: 0, with: UInt32(ETHTOOL_GSTATS))
    buffer.replace(at: 4, with: UInt32(count))
    guard InterfaceCounters.ask(name, socket, &buffer) else { return nil }
    let octets = buffer
    return InterfaceCounters.sum(of: octets.span.raw.extracting(InterfaceCounters.headLength...), at: places)
  }

  /// The places of the counters that are meant, among names of 32 octets each.
  static func exceeded(in names: RawSpan) -> [Int] {
    (0..<names.byteCount / nameLength).filter {
      names.extracting($0 * nameLength..<($0 + 1) * nameLength).text().hasSuffix("_allowance_exceeded")
    }
  }

  /// The sum of some of the values, which wraps as they do; those beyond the end are 0.
  static func sum(of values: RawSpan, at places: [Int]) -> UInt64 {
    places.reduce(0) { $1 * 8 + 8 <= values.byteCount ? $0 &+ values.load(native: $1 * 8, as: UInt64.self) : $0 }
  }

  /// How many counters the driver has, by what it says of itself (an ethtool_drvinfo, n_stats at 180).
  private static func count(_ name: String, _ socket: borrowing FileDescriptor) -> Int? {
    var information = [UInt8](repeating: 0, count: 196)
    information.replace(at: 0, with: UInt32(ETHTOOL_GDRVINFO))
    return ask(name, socket, &information) ? Int(information.span.raw.load(native: 180, as: UInt32.self)) : nil
  }

  private static func ask(_ name: String, _ socket: borrowing FileDescriptor, _ octets: inout [UInt8]) -> Bool {
    guard var request = try? InterfaceRequest(name: name) else { return false }
    return unsafe octets.withUnsafeMutableBytes { bytes in
      request.store(UInt(bitPattern: bytes.baseAddress))
      return (try? request.ask(CInt(SIOCETHTOOL), through: socket, call: .ioctl)) != nil
    }
  }
}

extension [UInt8] {
  fileprivate mutating func replace(at offset: Int, with value: UInt32) {
    build { out in out.storeBytes(of: value, toByteOffset: offset, as: UInt32.self) }
  }
}
