import Handshake
import Wire

/// One target of a benchmark while it runs: its prepared packets, its free slots, its counts.
struct BenchTargetState: Sendable {
  let target: BenchTarget
  /// Which of the run's source addresses is its own.
  let home: Int
  /// A SYN with all its options.
  let syn: PacketTemplate
  /// Any other segment without options.
  let plain: PacketTemplate
  /// Any other segment with timestamps (RFC 7323 appendix A).
  let stamped: PacketTemplate
  /// Slots that no connection uses; the last one freed is used first, so that few ports serve a slow run.
  var free: [Int] = []
  /// How many connections are in flight.
  var underWay = 0
  var counts = BenchCounts()

  /// Prepares the packets; throws where the two addresses are not of one family.
  init(_ target: BenchTarget, home: Int) throws(WireError) {
    func prepared(_ options: TCPOptionList) throws(WireError) -> PacketTemplate {
      try PacketTemplate(from: target.source, to: target.remote, options: options, ipFields: target.ipFields)
    }
    self.target = target
    self.home = home
    syn = try prepared(target.offer.list(value: 0, echoReply: 0))
    plain = try prepared(TCPOptionList())
    stamped = try prepared(.timestampsOnly(value: 0, echoReply: 0))
  }
}

/// Which guarded port is whose: looked up for every packet that comes, hence a table.
struct BenchPorts: Sendable {
  /// The run's source addresses.
  let homes: [IPAddress]
  /// By home and port: the place of the port among all, or -1.
  private var places: [Int32]
  /// How many ports there are.
  private(set) var count = 0
  private var counts: [Int]

  init(homes: [IPAddress]) {
    self.homes = homes
    places = [Int32](repeating: -1, count: homes.count << 16)
    counts = [Int](repeating: 0, count: homes.count)
  }

  /// How many ports a home has.
  func count(of home: Int) -> Int { counts[home] }

  /// Takes a new port in and answers its place.
  mutating func add(_ port: UInt16, home: Int) -> Int {
    places[home << 16 | Int(port)] = Int32(count)
    counts[home] += 1
    count += 1
    return count - 1
  }

  /// The place of a port; nil where it is none of ours.
  func place(of port: UInt16, at address: IPAddress) -> Int? {
    for home in homes.indices where homes[home] == address {
      let place = places[home << 16 | Int(port)]
      return place < 0 ? nil : Int(place)
    }
    return nil
  }
}
