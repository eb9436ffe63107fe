import Capture
import Handshake
import Timebase
import Wire

/// A connection as far as it can be compared with another: from a capture, or from a line of JSON.
public struct ComparedFlow: Hashable, Sendable {
  /// What is known of one end.
  public struct Side: Hashable, Sendable {
    /// The address.
    public var address: String
    /// The port; nil where it is not known.
    public var port: Int64?
    /// The initial sequence number; nil where no SYN was seen.
    public var isn: Int64?
    /// The options of its SYN in tcpdump's words, without padding; nil where they are not known.
    public var options: [String]?
    /// The window of its SYN.
    public var window: Int64?
    /// The hop limit of its packets where they were seen.
    public var hopLimit: Int64?
    /// Its packets; nil where they were not counted.
    public var packets: Int64?
    /// Octets of its text.
    public var octets: Int64?

    /// One end by what is known of it.
    public init(
      address: String, port: Int64? = nil, isn: Int64? = nil, options: [String]? = nil, window: Int64? = nil,
      hopLimit: Int64? = nil, packets: Int64? = nil, octets: Int64? = nil
    ) {
      self.address = address
      self.port = port
      self.isn = isn
      self.options = options
      self.window = window
      self.hopLimit = hopLimit
      self.packets = packets
      self.octets = octets
    }

    /// The TSval of its SYN, which few who rewrite addresses and numbers rewrite as well.
    var timestamp: String? { options?.first { $0.hasPrefix("TS val") }.map { String($0.prefix { $0 != "e" }) } }

    /// Address and port, as far as they are known.
    public var endpoint: String {
      port.map { "\(address.bracketedHost):\($0)" } ?? address.bracketedHost
    }
  }

  /// Its number in its file, from 0.
  public var number: Int
  /// The end that opened it.
  public var client: Side
  /// The other end.
  public var server: Side
  /// How it ended.
  public var end: End?
  /// The times of its steps that are known, by their names, in the order of a connection's life.
  public var times: [Time]

  /// How a connection ended, as far as files tell: two that say the same are equal.
  public enum End: Hashable, Sendable {
    /// A flow's ending by its word in machine output, who brought it about, and who reset it after that one's FIN.
    case flow(String, by: String?, thenReset: String?)
    /// A connection's state, and how it was closed.
    case connection(String, closedBy: String?)

    /// The ending of a flow by what machine output says of it.
    init(_ ending: String, closedBy: String?, resetBy: String?, isByFin: Bool) {
      let kind = TrackedFlow.Ending(rawValue: ending)
      let closer = kind?.isOfSomebody ?? true ? closedBy : nil
      guard kind == .rst, closer != nil, let resetBy else {
        self = .flow(ending, by: closer, thenReset: nil)
        return
      }
      self = isByFin ? .flow(ending, by: closer, thenReset: resetBy) : .flow(ending, by: resetBy, thenReset: nil)
    }

    /// The ending of a flow.
    public init(_ flow: TrackedFlow) {
      func name(_ isClient: Bool) -> String { isClient ? "client" : "server" }
      self.init(
        flow.ending.rawValue, closedBy: flow.isClosedByClient.map(name), resetBy: flow.isResetByClient.map(name),
        isByFin: flow.isClosedByFin)
    }
  }

  /// The time of one step.
  public struct Time: Hashable, Sendable {
    /// The step.
    public var step: String
    /// How long it took.
    public var interval: Interval

    /// The time of a step.
    public init(step: String, interval: Interval) {
      self.step = step
      self.interval = interval
    }
  }

  /// A connection by what is known of it.
  public init(number: Int, client: Side, server: Side, end: End? = nil, times: [Time] = []) {
    self.number = number
    self.client = client
    self.server = server
    self.end = end
    self.times = times
  }
}

extension ComparedFlow {
  /// A flow of a capture.
  public init(_ flow: TrackedFlow) {
    number = flow.number
    client = Side(flow.client)
    server = Side(flow.server)
    end = End(flow)
    times = flow.steps.compactMap { step in step.time.map { Time(step: step.kind.rawValue, interval: $0) } }
  }
}

extension ComparedFlow.Side {
  fileprivate init(_ side: FlowSide) {
    address = side.endpoint.address.description
    port = Int64(side.endpoint.port)
    isn = side.isn.map { Int64($0.value) }
    // Of what the capture cut short no one knows what was there.
    options = side.synchronization.flatMap { $0.areOptionsCut ? nil : OptionWords.withoutPadding($0.options) }
    window = side.synchronization.map { Int64($0.window) }
    hopLimit = side.packets > 0 ? Int64(side.hopLimit) : nil
    packets = Int64(side.packets)
    octets = Int64(clamping: side.octets)
  }
}

extension ComparedFlow {
  /// The version of the meaning of the members that are read, and that results are written in.
  public static let schema = 1

  /// A line of JSON: `flow` or `connection`; nil for anything else.
  public init?(_ json: JSONValue, number: Int) {
    guard json["schema"]?.integer == Int64(ComparedFlow.schema) else { return nil }
    self.number = number
    times = (json["steps"]?.list ?? []).compactMap { step in
      guard let name = step["step"]?.text, let time = step["rtt_ns"]?.integer, time >= 0 else { return nil }
      return Time(step: name, interval: .nanoseconds(time))
    }
    switch json["type"]?.text {
    case "flow":
      guard let client = Side(flow: json, "client", isn: "isn"), let server = Side(flow: json, "server", isn: "irs")
      else { return nil }
      (self.client, self.server) = (client, server)
      end = json["end"]?.text.map { end in
        let closer = json["closed_by"]?.text
        let finCopies = closer.flatMap { json[$0 + "_sent"]?["fin_copies"]?.integer } ?? 0
        return End(end, closedBy: closer, resetBy: json["reset_by"]?.text, isByFin: finCopies > 0)
      }
    case "connection":
      guard let client = Side(ofConnection: json, isOurs: true), let server = Side(ofConnection: json, isOurs: false)
      else { return nil }
      (self.client, self.server) = (client, server)
      end = json["state"]?.text.map { .connection($0, closedBy: json["closed_by"]?.text) }
    default: return nil
    }
  }
}

extension ComparedFlow.Side {
  fileprivate init?(flow json: JSONValue, _ name: String, isn: String) {
    guard let address = json[name]?.text, let sent = json[name + "_sent"] else { return nil }
    self.address = address
    port = json[name + "_port"]?.integer
    self.isn = json[isn]?.integer
    options = sent["syn"]?["options"]?.list.map { list in
      list.compactMap(\.text).filter { $0 != "nop" && $0 != "eol" }
    }
    window = sent["syn"]?["window"]?.integer
    hopLimit = sent["ttl"]?.integer
    packets = sent["packets"]?.integer
    octets = sent["octets"]?.integer
  }

  fileprivate init?(ofConnection json: JSONValue, isOurs: Bool) {
    guard let address = json[isOurs ? "source" : "address"]?.text else { return nil }
    self.address = address
    port = json[isOurs ? "source_port" : "port"]?.integer
    isn = json[isOurs ? "isn" : "irs"]?.integer
    guard !isOurs else { return }
    hopLimit = json["ttl"]?.integer
    window = json["peer"]?["window"]?.integer
    options = json["peer"].flatMap { peer in
      guard case .object = peer else { return nil }
      var words: [String] = []
      if let size = peer["mss"]?.integer { words.append("mss \(size)") }
      if peer["sack"]?.truth == true { words.append("sackOK") }
      if peer["timestamps"]?.truth == true { words.append("TS") }
      if let shift = peer["wscale"]?.integer { words.append("wscale \(shift)") }
      return words
    }
  }
}

extension TrackedFlow.Ending {
  /// Whether one of the ends brought it about, so that it is told by which.
  fileprivate var isOfSomebody: Bool {
    switch self {
    case .fin, .rst, .halfClosed, .closing: true
    case .refused, .unanswered, .unreachable, .halfOpen, .open: false
    }
  }
}
