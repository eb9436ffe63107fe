import Judging
import Timebase

/// One HTTP request of a connection, as it is told.
public struct RequestRecord: Sendable {
  /// Which one it was on its connection, from 1.
  public var number: Int
  /// `GET` or `HEAD`.
  public var method: String
  /// Path and query.
  public var target: String
  /// The version that the response has; nil where none came.
  public var version: String?
  /// The response's status code; nil where none came.
  public var status: UInt16?
  /// The response's reason phrase; nil where none came.
  public var reason: String?
  /// The response's header fields, name and value; none where they are not to be told.
  public var fields: [(name: String, value: String)] = []
  /// The length of the response's head in octets; nil where none came.
  public var headLength: Int?
  /// How many octets of content came.
  public var contentLength: UInt64
  /// How many interim responses came before the final one.
  public var interim: Int
  /// From the request's first octet to the acknowledgment of its last.
  public var request: Measurement?
  /// From the request's first octet to the answer's first.
  public var response: Measurement?
  /// From the answer's first octet to its last.
  public var transfer: Measurement?
  /// From the request's first octet to the answer's last.
  public var total: Measurement?
  /// Whether times are missing because the request was sent more than once.
  public var isAmbiguous: Bool
  /// What was wrong; nil where nothing was.
  public var fault: String?

  /// A request that nothing answered yet.
  public init(number: Int, method: String, target: String) {
    self.number = number
    self.method = method
    self.target = target
    contentLength = 0
    interim = 0
    isAmbiguous = false
  }
}

/// What one or several connections cost.
public struct CostRecord: Hashable, Sendable {
  /// How many connections.
  public var connections: Int
  /// How many requests on them.
  public var requests: Int
  /// Packets that we sent and that came.
  public var packetsSent: Int
  /// Packets that came.
  public var packetsReceived: Int
  /// How often something of ours was awaited until it was acknowledged.
  public var roundTrips: Int
  /// Octets of the packets that we sent, IP headers included.
  public var octetsSent: Int
  /// Octets of the packets received, IP headers included.
  public var octetsReceived: Int
  /// From the first packet to the last.
  public var elapsed: Interval?

  /// A cost from its parts.
  public init(
    connections: Int, requests: Int, packetsSent: Int, packetsReceived: Int, roundTrips: Int, octetsSent: Int,
    octetsReceived: Int, elapsed: Interval?
  ) {
    self.connections = connections
    self.requests = requests
    self.packetsSent = packetsSent
    self.packetsReceived = packetsReceived
    self.roundTrips = roundTrips
    self.octetsSent = octetsSent
    self.octetsReceived = octetsReceived
    self.elapsed = elapsed
  }
}

/// One connection with its requests.
public struct HTTPRecord: Sendable {
  /// The connection.
  public var record: Record
  /// The requests that were sent on it.
  public var requests: [RequestRecord]
  /// How many more were asked for and never sent.
  public var unsent: Int
  /// What it cost.
  public var cost: CostRecord

  /// A connection's record with what it carried.
  public init(record: Record, requests: [RequestRecord], unsent: Int, cost: CostRecord) {
    self.record = record
    self.requests = requests
    self.unsent = unsent
    self.cost = cost
  }
}
