import Handshake
import Timebase
import Wire

/// What a benchmark does, and how much of it: policy, handed to the engine as a value.
public struct BenchPlan: Hashable, Sendable {
  /// How far each connection goes.
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    /// SYN and answer, then RST: nothing reaches the peer's application.
    case halfOpen = "syn"
    /// The whole handshake, then the close.
    case full
    /// The handshake, one HTTP request and its response, then the close.
    case http
  }

  /// How each connection that was opened is ended.
  public enum Close: String, Hashable, Sendable, CaseIterable {
    /// By FIN: the four-way close.
    case fin
    /// By RST: the peer's application sees a reset.
    case rst
  }

  /// How far each connection goes.
  public var mode = Mode.full
  /// How each connection is ended.
  public var close = Close.fin
  /// Connections a second to each target; above 0.
  public var rate = 10.0
  /// How many connections are due to each target; nil for as many as the duration holds.
  public var count: Int?
  /// How long connections are begun; nil for as long as the count takes.
  public var duration: Interval? = .seconds(10)
  /// The most connections that may be in flight at once, over all targets.
  public var concurrency = 1_000
  /// How often a SYN, and later anything else of ours, is retransmitted.
  public var retries = 2
  /// The wait for the answer to the first transmission; it doubles with each further one (RFC 6298 §5.5).
  public var wait = Interval.seconds(1)
  /// How long a connection may last, from when it was due, however much its response still brings: or one that comes an
  /// octet at a time would keep a run from its end.
  public var lifetime = Interval.seconds(60)

  /// The plan of a plain `probe bench HOST:PORT`.
  public init() {}

  /// The latest that a connection may begin after it was due; what is later counts as not started.
  public static let latest = Interval.seconds(1)

  /// How long a peer is given for what no timer of TCP's waits for: its own FIN, or its response.
  var patience: Interval {
    var plan = Plan()
    plan.retries = retries
    plan.wait = wait
    return plan.patience
  }
}

/// One target of a benchmark.
public struct BenchTarget: Sendable {
  /// Our address towards it.
  public var source: IPAddress
  /// Its address and port.
  public var remote: Endpoint
  /// The options that its SYNs carry.
  public var offer: SynOptions
  /// Our receive window in octets.
  public var window: UInt16
  /// The IP fields that are ours to choose.
  public var ipFields: IPFields
  /// The octets of the request, for HTTP; they must fit one segment.
  public var request: [UInt8]

  /// A target from its parts.
  public init(
    source: IPAddress, remote: Endpoint, offer: SynOptions = SynOptions(), window: UInt16 = 64_240,
    ipFields: IPFields = IPFields(),
    request: [UInt8] = []
  ) {
    self.source = source
    self.remote = remote
    self.offer = offer
    self.window = window
    self.ipFields = ipFields
    self.request = request
  }
}
