/// What the peer of a scenario sends: a segment or an ICMP error, and the tricks that are played with it.
///
///     S. 0:0(0) ack 1                 a segment
///     icmp 3/1|1/0 quote=8            an ICMP error, type/code of IPv4 and of IPv6, about the program's latest packet
///
/// | trick | effect |
/// |---|---|
/// | `checksum=bad` | the TCP or ICMP checksum is wrong |
/// | `checksum=unfinished` | it is only the sum of the pseudo-header, as an offload that never happens leaves it |
/// | `offset=N`, `reserved=N` | that data offset, in words; those reserved bits |
/// | `from=other`, `port=N` | from another address than the target's; from another port |
/// | `duplicate` | twice |
/// | `fragments=24,16` | in fragments of so many octets behind the IP header, and the rest |
/// | `ipchecksum=bad`, `ipoptions=1,1,1,1` | IPv4: a wrong header checksum; header options, in decimal |
/// | `extensions=hop-by-hop,routing,destination,fragment` | IPv6: these headers before the transport |
/// | `quote=N` | the error quotes N octets behind the IP header |
/// | `quote=none`, `other-seq`, `other-port`, `other-peer` | nothing; a sequence number, a flow that is not ours |
/// | `quote=nested`, `extended` | an ICMP error about ours; ours behind an extension header |
/// | `word=N` | the second word of the error: an MTU |
struct ScenarioPacket: Sendable {
  enum Content: Sendable {
    case segment(ScenarioSegment)
    case icmp(ICMPError, Quote)
  }

  enum Quote: Sendable {
    case whole
    case octets(Int)
    case none
    case otherSequence
    case otherPort
    case otherPeer
    case nested
    case extended
  }

  private var content: Content
  private var checksum = PeerSegment.Checksum.right
  private var dataOffset: UInt8?
  private var reserved: UInt8 = 0
  private var isFromOther = false
  private var port: UInt16?
  private var copies = 1
  private var envelope = ScenarioEnvelope()

  init(_ words: inout ScenarioWords, family: Int) throws(ScenarioWords.Mistake) {
    if words.take("icmp") {
      let kinds = try words.next("type/code").split(separator: "|")
      guard let kind = family == 4 ? kinds.first : kinds.last, kinds.count <= 2 else { throw .init("no type/code") }
      let numbers = kind.split(separator: "/")
      guard numbers.count == 2 else { throw .init("say icmp 3/1, not '\(kind)'") }
      content = .icmp(
        ICMPError(try ScenarioWords.octet(numbers[0]), try ScenarioWords.octet(numbers[1])), .whole)
    } else {
      content = .segment(try ScenarioSegment(&words, isAwaited: false))
    }
    while let word = words.peek {
      if words.take("duplicate") {
        copies = 2
      } else {
        let (key, value) = try ScenarioWords.pair(word)
        var isKnown = try read(key, value)
        if !isKnown { isKnown = try envelope.read(key, value, family: family) }
        guard isKnown else { throw .init("what is '\(word)'?") }
        _ = try words.next("a trick")
      }
    }
  }

  private mutating func read(_ key: String, _ value: String) throws(ScenarioWords.Mistake) -> Bool {
    switch (key, content) {
    case ("checksum", _):
      guard let known = ["bad": PeerSegment.Checksum.corrupted, "unfinished": .unfinished][value] else { return false }
      checksum = known
    case ("from", _):
      guard value == "other" else { throw .init("from=other is all there is") }
      isFromOther = true
    case ("offset", .segment): dataOffset = UInt8(try ScenarioWords.number(value, in: 0...15))
    case ("reserved", .segment): reserved = UInt8(try ScenarioWords.number(value, in: 0...15))
    case ("port", .segment): port = UInt16(try ScenarioWords.number(value, in: 1...65_535))
    case ("word", .icmp(var error, let quote)):
      error.word = try ScenarioWords.number(value)
      content = .icmp(error, quote)
    case ("quote", .icmp(let error, _)): content = .icmp(error, try ScenarioPacket.quote(value))
    default: return false
    }
    return true
  }

  private static func quote(_ value: String) throws(ScenarioWords.Mistake) -> Quote {
    switch value {
    case "whole": .whole
    case "none": .none
    case "other-seq": .otherSequence
    case "other-port": .otherPort
    case "other-peer": .otherPeer
    case "nested": .nested
    case "extended": .extended
    default: .octets(Int(try ScenarioWords.number(value, in: 0...1000)))
    }
  }

  /// The IP packets, in answer to the program's latest segment; `other` is the address of `from=other`.
  func packets(answering latest: PeerSegment, ours: UInt32, theirs: UInt32, other: [UInt8]) -> [[UInt8]] {
    let packet: [UInt8]
    switch content {
    case .segment(let words):
      var segment = words.segment(answering: latest, ours: ours, theirs: theirs)
      segment.reserved = reserved
      if let port { segment.sourcePort = port }
      if isFromOther { segment.source = other }
      packet = segment.packet(checksum: checksum, dataOffset: dataOffset)
    case .icmp(var error, let quote):
      if isFromOther { error.sender = other }
      if case .corrupted = checksum { error.isCorrupted = true }
      apply(quote, to: &error, about: latest, other: other)
      packet = error.packet(about: latest)
    }
    let sent = envelope.packets(packet)
    return (0..<copies).flatMap { _ in sent }
  }

  private func apply(_ quote: Quote, to error: inout ICMPError, about latest: PeerSegment, other: [UInt8]) {
    switch quote {
    case .whole: break
    case .octets(let count): error.quoted = count
    case .none: error.quote = []
    case .otherSequence: error.sequenceShift = 1
    case .otherPort: error.portShift = 1
    case .otherPeer:
      var elsewhere = latest
      elsewhere.destination = other
      error.quote = elsewhere.packet()
    case .nested: error.quote = ICMPError(error.type, error.code).packet(about: latest)
    case .extended:
      var extended = ScenarioEnvelope()
      extended.extensions = [60]
      error.quote = extended.packets(latest.packet()).first
    }
  }
}
