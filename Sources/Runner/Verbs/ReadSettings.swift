import Capture
import Handshake
import Kernel
import Wire

/// Everything that `probe read` was asked for.
public struct ReadSettings: Sendable {
  /// What is told.
  public enum Telling: Hashable, Sendable {
    /// All flows, a line each.
    case flows
    /// One flow in full, by its number.
    case flow(Int)
    /// Every TCP packet, tcpdump's way.
    case packets
  }

  /// The files, in the order in which they are read; `-` is standard input.
  public var files: [FilePath] = []
  /// What is told.
  public var telling = Telling.flows
  /// Which flows are told; nil for all.
  public var filter: FlowFilter?
  /// Whether, as JSON, each packet is told as well.
  public var showsPackets = false
  /// Whether tunnels are looked into.
  public var looksIntoTunnels = false
  /// How much is remembered.
  public var policy = FlowTracker.Policy()
  /// How results are shown.
  public var presentation = Presentation()

  /// The settings of a plain `probe read FILE`.
  public init() {}
}

/// Which flows are meant: those of an address, of a port, or of both at one end.
public struct FlowFilter: Hashable, Sendable {
  /// The address; nil for any.
  public var address: IPAddress?
  /// The port; nil for any.
  public var port: UInt16?

  /// A filter by address, by port, or by both at one end.
  public init(address: IPAddress? = nil, port: UInt16? = nil) {
    self.address = address
    self.port = port
  }

  /// Whether one of two ends is meant.
  func matches(_ a: Endpoint, _ b: Endpoint) -> Bool { matches(a) || matches(b) }

  private func matches(_ end: Endpoint) -> Bool {
    (address.map { $0 == end.address } ?? true) && (port.map { $0 == end.port } ?? true)
  }
}

/// How a run of `probe read` went.
public struct ReadResult: Sendable {
  /// Whether every file was whole.
  public var isWhole = true
  /// Whether nothing of a file could be read; the others were.
  public var hasRefusals = false
  /// The signal that ended it; nil where it ended by itself.
  public var signal: Signal?
}
