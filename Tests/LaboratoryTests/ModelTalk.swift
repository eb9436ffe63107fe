import Timebase

@testable import Laboratory

/// A client that talks to the model in virtual time, and writes down what it says.
///
/// Numbers count from each end's ISS; `0!` is the number 0 itself. `; ` is between segments, `-` is silence.
struct ModelTalk {
  typealias Flags = PeerSegment.Flags

  static let port: UInt16 = 80
  static let closedPort: UInt16 = 81

  var model: ModelTCP
  var now = Instant(nanoseconds: 5_000_000_000)
  var iss: UInt32 = 1_000_000
  /// The model's ISS, from its SYN-ACK.
  var irs: UInt32 = 7_000_000
  var source: [UInt8], destination: [UInt8]
  var destinationPort = port
  var sourcePort: UInt16 = 40_000
  /// The last value of the timestamps option that came.
  var peerClock: UInt32 = 0
  /// Whether later segments carry timestamps.
  var hasTimestamps = false

  init(family: Int, service: ModelTCP.Service, fault: ModelTCP.Fault?) {
    let prefix: [UInt8] = family == 4 ? [10, 9, 0] : [0xfd, 9] + [UInt8](repeating: 0, count: 13)
    (source, destination) = (prefix + [1], prefix + [2])
    model = ModelTCP(address: destination, ports: [ModelTalk.port], service: service, fault: fault)
  }

  /// A segment with numbers that count from the ISSs.
  func segment(_ flags: Flags, seq: Int = 0, ack: Int = 0, text: String = "", options: [UInt8] = []) -> PeerSegment {
    PeerSegment(
      source: source, destination: destination, sourcePort: sourcePort, destinationPort: destinationPort,
      seq: iss &+ UInt32(truncatingIfNeeded: seq),
      ack: flags.contains(.ack) ? irs &+ UInt32(truncatingIfNeeded: ack) : 0,
      flags: flags, options: options, payload: Array(text.utf8))
  }

  /// Sends a segment a millisecond later, as it is but for a change; returns the answer.
  mutating func say(
    _ flags: Flags, seq: Int = 1, ack: Int = 1, text: String = "", options: [UInt8] = [],
    checksum: PeerSegment.Checksum = .right, dataOffset: UInt8? = nil, change: (inout PeerSegment) -> Void = { _ in }
  ) -> String {
    var segment = segment(flags, seq: seq, ack: ack, text: text, options: options)
    if hasTimestamps, options.isEmpty {
      segment.options = .aligned(.timestamps(UInt32(now.nanoseconds / 1_000_000), echo: peerClock))
    }
    change(&segment)
    return say(segment.packet(checksum: checksum, dataOffset: dataOffset))
  }

  /// Sends a whole packet.
  mutating func say(_ packet: [UInt8]) -> String {
    now = now + .milliseconds(1)
    return words(model.receive(packet, at: now))
  }

  /// A SYN, by default without options.
  mutating func syn(_ options: [UInt8] = [], text: String = "", change: (inout PeerSegment) -> Void = { _ in })
    -> String
  {
    say(.syn, seq: 0, text: text, options: options, change: change)
  }

  /// A handshake, by default without options.
  mutating func open(_ options: [UInt8] = [], window: UInt16 = 65_000) {
    _ = syn(options) { $0.window = window }
    hasTimestamps = ModelOptions(options).timestamps != nil
    _ = say(.ack) { $0.window = window }
  }

  /// Lets time pass; what is sent in it, each with the seconds since the start.
  mutating func wait(_ seconds: Int64) -> String {
    let (start, end) = (now, now + .seconds(seconds))
    var said: [String] = []
    while let deadline = model.nextDeadline, deadline <= end {
      now = deadline
      let packets = model.expire(at: now)
      let passed = (now - start).nanoseconds / 100_000_000
      if !packets.isEmpty { said.append("\(passed / 10).\(passed % 10) \(words(packets))") }
    }
    now = end
    return said.isEmpty ? "-" : said.joined(separator: "; ")
  }

  /// Segments as words.
  mutating func words(_ packets: [[UInt8]]) -> String {
    packets.isEmpty ? "-" : packets.map { words($0) }.joined(separator: "; ")
  }

  private mutating func words(_ packet: [UInt8]) -> String {
    guard let segment = PeerSegment(packet: packet) else { return "no segment" }
    let upper = Array(packet[(packet[0] >> 4 == 4 ? 20 : 40)...])
    let isRight =
      upperLayerChecksum(upper, from: segment.source, to: segment.destination, protocolNumber: 6) == 0
    if segment.flags.isSuperset(of: [.syn, .ack]) || segment.flags == .syn { irs = segment.seq }
    if let value = segment.timestamp { peerClock = value }
    let letters: [(Flags, String)] = [
      (.syn, "S"), (.fin, "F"), (.rst, "R"), (.psh, "P"), (.ack, "A"), (.urg, "U"), (.ece, "E"), (.cwr, "W"),
    ]
    var text = letters.filter { segment.flags.contains($0.0) }.map(\.1).joined()
    if segment.reserved != 0 { text += "+\(segment.reserved)" }
    text += " \(number(segment.seq, from: irs))"
    if segment.flags.contains(.ack) { text += " ack \(number(segment.ack, from: iss))" }
    if segment.window == 0, !segment.flags.contains(.rst) { text += " win 0" }
    if !segment.payload.isEmpty {
      let isShort = segment.payload.count <= 20
      text += isShort ? " '\(String(decoding: segment.payload, as: UTF8.self))'" : " (\(segment.payload.count))"
    }
    text += segment.flags.contains(.syn) ? " <\(kinds(segment.options))>" : sack(segment)
    return isRight ? text : text + " bad checksum"
  }

  private func number(_ value: UInt32, from base: UInt32) -> String {
    value == 0 && base != 0 ? "0!" : "\(Int32(truncatingIfNeeded: value &- base))"
  }

  private func kinds(_ options: [UInt8]) -> String {
    var kinds: [String] = []
    var at = 0
    while at < options.count, options[at] != 0 {
      if options[at] != 1 { kinds.append("\(options[at])") }
      at += options[at] == 1 ? 1 : Int(options[at + 1])
    }
    return kinds.joined(separator: " ")
  }

  private func sack(_ segment: PeerSegment) -> String {
    guard let blocks = segment.option(5) else { return "" }
    return stride(from: 0, to: blocks.count, by: 8).map {
      " sack \(number(blocks.word32($0), from: iss))-\(number(blocks.word32($0 + 4), from: iss))"
    }.joined()
  }
}
