import Handshake
import Judging
import Path
import Timebase
import Wire

@testable import Report

/// Paths that the golden texts and pictures tell of, by name.
enum RouteScenes {
  static let all: KeyValuePairs<String, RouteRecord> = [
    "six": six, "two": two, "sixteen": sixteen, "thirty": thirty, "silent": silent, "names": names, "ipv6": ipv6,
    "packets": packets, "moved": moved, "dead": dead,
  ]

  /// A path that is put together hop by hop.
  struct Builder {
    var table = RouteTable(target: RouteScenes.target)
    private var number = 0

    /// Answers of a hop in so many rounds; `lost` says which are missing.
    mutating func hop(
      _ ttl: UInt8, _ address: String, flow: Int = 0, rounds: Range<Int> = 0..<10, us: Int64 = 100,
      kind: PathProbe.Answer.Kind = .timeExceeded, changes: [QuoteChange] = [], extensions: [ICMPExtension] = [],
      reason: Reason? = nil, trafficClass: UInt8 = 0, isExtra: Bool = false, lost: (Int) -> Bool = { _ in false }
    ) {
      for round in rounds {
        var probe = PathProbe(
          number: number, round: round, flow: flow, sourcePort: 40_000 + UInt16(flow), ttl: ttl,
          trafficClass: trafficClass, isExtra: isExtra,
          sent: WallTime(nanoseconds: Scene.epoch + Int64(round) * 200_000_000))
        number += 1
        if !lost(round), let address = IPAddress(parsing: address) {
          let rtt = Measurement(.nanoseconds(us * 1_000 + Int64(round * 7_919 % 10) * us * 20), clock: .kernel)
          var answer = PathProbe.Answer(kind: kind, address: address, rtt: rtt, hopLimit: 65 - ttl, reason: reason)
          answer.changes = changes
          answer.extensions = extensions
          answer.quotedLength = kind == .timeExceeded || kind == .unreachable ? 40 : nil
          probe.answer = answer
        }
        table.take(probe)
      }
    }

    func record(_ name: String = "web.test:80", names: [String: String] = [:]) -> RouteRecord {
      var record = RouteRecord(
        target: name, remote: table.target, source: IPAddress(parsing: "10.0.0.1"), table: table)
      record.elapsed = .milliseconds(2_400)
      for (address, name) in names {
        if let address = IPAddress(parsing: address) { record.names[address] = name }
      }
      return record
    }
  }

  static let target = Endpoint(.v4(IPv4Address(10, 0, 6, 2)), 80)
  static let clamped = QuoteChange(.mss, from: .number(1_460), to: .number(1_400))
  static let marked = QuoteChange(.dscp, from: .number(0), to: .number(10))

  /// Six hops: the second limits its ICMP, the third clamps the MSS, the fourth rewrites the DSCP and loses one in five.
  static var six: RouteRecord {
    var path = Builder()
    let rounds = 0..<50
    path.hop(1, "10.0.1.1", rounds: rounds, us: 80)
    path.hop(2, "10.0.2.2", rounds: rounds, us: 150) { $0 % 5 > 1 }
    path.hop(3, "10.0.3.2", rounds: rounds, us: 240, changes: [clamped])
    for ttl in UInt8(4)...5 {
      path.hop(ttl, "10.0.\(ttl).2", rounds: rounds, us: 60 * Int64(ttl), changes: [clamped, marked]) { $0 % 5 == 3 }
    }
    path.hop(6, "10.0.6.2", rounds: rounds, us: 400, kind: .synAck) { $0 % 5 == 3 }
    path.hop(3, "10.0.3.2", rounds: 0..<1, changes: [clamped], trafficClass: 2, isExtra: true)
    path.hop(
      4, "10.0.4.2", rounds: 0..<1, changes: [clamped, QuoteChange(.ecn, from: .number(2), to: .number(0))],
      trafficClass: 2, isExtra: true)
    return path.record(names: ["10.0.1.1": "gw.test", "10.0.6.2": "web.test"])
  }

  /// Two branches of three hops, the second slower.
  static var two: RouteRecord {
    var path = Builder()
    for flow in 0..<8 {
      let isSecond = flow % 2 == 1
      path.hop(1, "10.0.1.1", flow: flow, us: 80)
      path.hop(
        2, "10.0.2.\(isSecond ? 3 : 2)", flow: flow, us: isSecond ? 5_100 : 150, changes: isSecond ? [clamped] : [])
      path.hop(
        3, "10.0.3.\(isSecond ? 3 : 2)", flow: flow, us: isSecond ? 5_200 : 250, changes: isSecond ? [clamped] : [])
      path.hop(4, "10.0.4.2", flow: flow, us: isSecond ? 5_300 : 350, changes: isSecond ? [clamped] : []) {
        $0 == 4 && isSecond
      }
      path.hop(5, "10.0.6.2", flow: flow, us: isSecond ? 5_400 : 400, kind: .synAck) { $0 == 4 && isSecond }
    }
    path.table.isComplete = true
    return path.record()
  }

  /// Sixteen branches between two hops.
  static var sixteen: RouteRecord {
    var path = Builder()
    for flow in 0..<16 {
      path.hop(1, "10.0.1.1", flow: flow)
      for ttl in UInt8(2)...3 { path.hop(ttl, "10.0.\(ttl).\(flow + 1)", flow: flow, us: 200 + Int64(flow * 40)) }
      path.hop(4, "10.0.6.2", flow: flow, us: 400 + Int64(flow * 40), kind: .rst)
    }
    path.table.isComplete = false
    return path.record()
  }

  /// Thirty hops.
  static var thirty: RouteRecord {
    var path = Builder()
    for ttl in UInt8(1)...29 { path.hop(ttl, "10.0.\(ttl).1", us: 900 * Int64(ttl)) { _ in ttl % 7 == 0 } }
    path.hop(30, "10.0.6.2", us: 27_000, kind: .synAck)
    return path.record()
  }

  /// Hops without answers between two that answer, and a branch that is hidden by one of them.
  static var silent: RouteRecord {
    var path = Builder()
    for flow in 0..<6 {
      path.hop(1, "10.0.1.1", flow: flow)
      path.hop(2, "", flow: flow)
      path.hop(3, flow % 3 == 2 ? "" : "10.0.3.\(flow % 3 + 1)", flow: flow, us: 300)
      path.hop(4, "", flow: flow)
      path.hop(5, "10.0.6.2", flow: flow, us: 400, kind: .synAck)
    }
    path.table.isComplete = true
    return path.record()
  }

  /// Long names, one of which a terminal would obey, and what routers add.
  static var names: RouteRecord {
    var path = Builder()
    let labels = ICMPExtension.labels([MPLSLabelStackEntry(rawValue: 16_001 << 12 | 0x101)])
    let interface = ICMPExtension.interface(
      InterfaceInformation(role: .incoming, index: 2, name: "eth0\u{1b}[31m", mtu: 1_500))
    path.hop(1, "192.0.2.129")
    path.hop(2, "198.51.100.254", us: 4_100, extensions: [labels])
    path.hop(3, "203.0.113.77", us: 12_345, extensions: [interface])
    path.hop(4, "10.0.6.2", us: 123_456, kind: .synAck)
    return path.record(
      "a-very-long-host-name.region-7.example.test:8443",
      names: [
        "192.0.2.129": "gateway-of-a-long-named-network.example.test", "198.51.100.254": "core\u{1b}[2J.test",
        "203.0.113.77": "ae-17.r23.amstnl02.nl.bb.example-carrier.test",
      ])
  }

  static var ipv6: RouteRecord {
    var path = Builder()
    path.table = RouteTable(target: Endpoint(.v6(IPv6Address(0x2001_0db8_0006 << 80 | 2)), 443))
    path.hop(1, "2001:db8:1::1", us: 90)
    path.hop(2, "2001:db8:2222:3333:4444:5555:6666:7777", us: 1_234)
    path.hop(3, "2001:db8:6::2", us: 2_345, kind: .synAck)
    return path.record("[2001:db8:6::2]:443")
  }

  /// Packets spread over two next hops, and a change that disappears.
  static var packets: RouteRecord {
    var path = Builder()
    path.hop(1, "10.0.1.1")
    for round in 0..<10 {
      path.hop(2, "10.0.2.\(2 + round % 2)", rounds: round..<round + 1, changes: [clamped])
      path.hop(3, "10.0.3.2", rounds: round..<round + 1, us: 200)
    }
    path.hop(4, "10.0.6.2", us: 300, kind: .synAck)
    return path.record()
  }

  /// Another way since the seventh round.
  static var moved: RouteRecord {
    var path = Builder()
    path.hop(1, "10.0.1.1")
    for ttl in UInt8(2)...3 {
      path.hop(ttl, "10.0.\(ttl).2", rounds: 0..<6, us: 200)
      path.hop(ttl, "10.0.\(ttl).3", rounds: 6..<10, us: 250)
    }
    path.hop(4, "10.0.6.2", us: 300, kind: .synAck)
    return path.record()
  }

  /// Nothing behind a firewall that says so.
  static var dead: RouteRecord {
    var path = Builder()
    path.hop(1, "10.0.1.1")
    path.hop(2, "10.0.2.2", kind: .unreachable, reason: .icmpAdminProhibited)
    for ttl in UInt8(3)...30 { path.hop(ttl, "") }
    return path.record()
  }
}
