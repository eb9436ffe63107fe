import Handshake
import Path
import Timebase
import Wire

/// What came of the probes of one flow with one time to live, in bounded memory.
struct RouteCell: Sendable {
  /// An address that answered.
  struct Sighting: Hashable, Sendable {
    var address: IPAddress
    var count = 1
  }

  /// When another address began to answer.
  struct Switch: Hashable, Sendable {
    var round: Int
    var at: WallTime
    var from: IPAddress
    var to: IPAddress
    /// Answers before it, and since.
    var before: Int
    var since = 1
  }

  /// The most addresses that are kept: what balances per packet has fewer, and what has more is hostile.
  static let mostAddresses = 16
  /// The most extensions of an answer that are kept.
  static let mostExtensions = 8

  private(set) var sent = 0
  private(set) var answered = 0
  private(set) var times = RouteTimes(.coarse)
  private(set) var addresses: [Sighting] = []
  /// Answers from addresses that are not kept.
  private(set) var others = 0
  /// How often the address was another one than before.
  private(set) var switches = 0
  private(set) var lastSwitch: Switch?
  private(set) var quotes = QuoteTally()
  /// Answers of the target itself, and the round of the latest.
  private(set) var targetAnswers = 0
  private(set) var targetRound = -1
  /// Why packets go no further, by the latest answer.
  private(set) var reason: Reason?
  private(set) var extensions: [ICMPExtension] = []
  private(set) var hopLimit: UInt8?
  private(set) var quotedTTL: UInt8?
  private var latest: IPAddress?
  private var latestRound = -1

  mutating func take(_ probe: PathProbe) {
    if let answer = probe.answer, let length = answer.quotedLength {
      quotes.take(answer.changes, length: length, probe)
    }
    guard !probe.isExtra else { return }
    sent += 1
    guard let answer = probe.answer else { return }
    answered += 1
    if let rtt = answer.rtt {
      // The target's times are those of the path: told finely.
      if times.count == 0, answer.isTargets { times = RouteTimes() }
      times.record(rtt)
    }
    if answer.isTargets {
      targetAnswers += 1
      targetRound = max(targetRound, probe.round)
    }
    // That the time to live ran out is what was asked for.
    reason = answer.kind == .unreachable ? answer.reason : nil
    (hopLimit, quotedTTL) = (answer.hopLimit, answer.quotedTTL)
    extensions = Array(answer.extensions.prefix(RouteCell.mostExtensions))
    sight(answer.address, probe)
  }

  private mutating func sight(_ address: IPAddress, _ probe: PathProbe) {
    if let place = addresses.firstIndex(where: { $0.address == address }) {
      addresses[place].count += 1
    } else if addresses.count < RouteCell.mostAddresses {
      addresses.append(Sighting(address: address))
    } else {
      others += 1
    }
    // An answer that comes late says nothing of the order.
    guard probe.round >= latestRound else { return }
    if let latest, latest != address {
      switches += 1
      lastSwitch = Switch(round: probe.round, at: probe.sent, from: latest, to: address, before: answered - 1)
    } else if lastSwitch != nil {
      lastSwitch?.since += 1
    }
    (latest, latestRound) = (address, probe.round)
  }

  /// Whether the target answered.
  var isTarget: Bool { targetAnswers > 0 }

  /// The address with the most answers; of equals the latest.
  var address: IPAddress? {
    guard let most = addresses.map(\.count).max() else { return nil }
    if let latest, addresses.contains(where: { $0.address == latest && $0.count == most }) { return latest }
    return addresses.first { $0.count == most }?.address
  }

  /// How one flow can have several addresses at a hop.
  enum Variation: Hashable, Sendable {
    /// Answers come from all of them in turns: something balances by packets.
    case perPacket
    /// There was one before and another one since.
    case changed(Switch)
    /// There are too few answers to say.
    case unclear
  }

  /// The largest share of one address where packets are balanced.
  static let mostOfOne = 0.7

  /// Why there are several; nil where there is one, or none.
  var variation: Variation? {
    guard addresses.count > 1, let most = addresses.map(\.count).max() else { return nil }
    if switches == 1, let lastSwitch, lastSwitch.before > 1, lastSwitch.since > 1 { return .changed(lastSwitch) }
    let isSpread = Double(most) <= RouteCell.mostOfOne * Double(answered)
    return switches > 1 && isSpread && answered >= 4 ? .perPacket : .unclear
  }
}

/// What the segments that errors quote show to be different, of one flow at one hop.
struct QuoteTally: Sendable {
  /// What is told apart: a field, and what was sent in it where that says which change it is.
  struct Key: Hashable, Sendable {
    var field: QuoteChange.Field
    var sent: QuoteChange.Value?
    /// An option that was added, of which nothing was sent.
    var added: QuoteChange.Value?

    init(_ change: QuoteChange) {
      field = change.field
      switch change.field {
      case _ where change.field.variesBySegment: break
      default:
        sent = change.from
        if change.from == .absent { added = change.to }
      }
    }
  }

  /// A change, and in how many quotes.
  struct Entry: Hashable, Sendable {
    var key: Key
    /// The latest of them.
    var change: QuoteChange
    var count = 1
  }

  /// Quotes of so much of a segment that was sent with a traffic class.
  private struct Reach: Hashable, Sendable {
    var trafficClass: UInt8
    var length: Int
    var count = 1
  }

  /// The most changes that are kept.
  static let mostEntries = 32
  /// The most kinds of quotes that are told apart.
  private static let mostReaches = 32

  private(set) var entries: [Entry] = []
  private var reaches: [Reach] = []

  mutating func take(_ changes: [QuoteChange], length: Int, _ probe: PathProbe) {
    let length = min(max(length, 0), 60)
    if let place = reaches.firstIndex(where: { $0.trafficClass == probe.trafficClass && $0.length == length }) {
      reaches[place].count += 1
    } else if reaches.count < QuoteTally.mostReaches {
      reaches.append(Reach(trafficClass: probe.trafficClass, length: length))
    }
    for change in changes.prefix(QuoteTally.mostEntries) {
      let key = Key(change)
      if let place = entries.firstIndex(where: { $0.key == key }) {
        entries[place].count += 1
        entries[place].change = change
      } else if entries.count < QuoteTally.mostEntries {
        entries.append(Entry(key: key, change: change))
      }
    }
  }

  /// Whether nothing was quoted.
  var isEmpty: Bool { reaches.isEmpty }

  /// How many quotes would show a change of the kind.
  func count(showing key: Key) -> Int {
    reaches.filter { $0.length >= key.field.quotedUpTo && key.isSent(with: $0.trafficClass) }.map(\.count).reduce(0, +)
  }
}

extension QuoteTally.Key {
  /// Whether a probe of the traffic class was sent with what is different here.
  fileprivate func isSent(with trafficClass: UInt8) -> Bool {
    switch (field, sent) {
    case (.ecn, .number(let ecn)): Int(trafficClass & 3) == ecn
    case (.dscp, .number(let dscp)): Int(trafficClass >> 2) == dscp
    default: true
    }
  }
}

extension QuoteChange.Field {
  /// Whether its values are others in every probe, so that only the fact of a change can be followed.
  var variesBySegment: Bool {
    switch self {
    case .isn, .checksum, .identification, .timestamps: true
    default: false
    }
  }

  /// How many octets of the segment must be quoted to show it.
  ///
  /// Options are all there, or all missing, where 8 octets, or everything, is quoted; half of them show nothing certain.
  fileprivate var quotedUpTo: Int {
    switch self {
    case .dscp, .ecn, .df, .identification, .source, .destination: 0
    case .sourcePort, .destinationPort: 4
    case .isn: 8
    case .flags: 14
    case .window: 16
    case .checksum: 18
    case .mss, .wscale, .sack, .timestamps, .option: 32
    }
  }
}
