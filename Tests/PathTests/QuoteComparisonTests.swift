import Path
import Repeatable
import Testing
import Wire

/// What is found to be different in a quoted packet, and what is not.
@Suite struct QuoteComparisonTests {
  // MARK: What boxes change

  /// One box: what it does to a packet, and what must be found.
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var change: @Sendable (inout Made) -> Void
    var found: [String]
    /// Octets of the transport that are quoted; nil for all of them.
    var quoted: Int?

    init(
      _ name: String, quoted: Int? = nil, _ found: String..., change: @escaping @Sendable (inout Made) -> Void
    ) {
      (testDescription, self.quoted, self.found, self.change) = (name, quoted, found, change)
    }
  }

  static let plain: [TCPOption] = [
    .maximumSegmentSize(1460), .sackPermitted, .timestamps(value: 7, echoReply: 0), .noOperation, .windowScale(7),
  ]

  static let rows = [
    Row("nothing") { _ in },
    Row("the hops left") { $0.hops = 1 },
    Row("eight octets of the transport", quoted: 8) { _ in },
    Row("a quote that ends within an option", quoted: 31) { _ in },
    Row("a quote of the IP header alone", quoted: 0) { _ in },
    Row("half a port", quoted: 1) { $0.tcp.sourcePort = 1 },
    Row("DSCP", "dscp 10 0") { $0.trafficClass = 0x02 },
    Row("ECN", "ecn 2 0") { $0.trafficClass = 0x28 },
    Row("ECN marked", "ecn 2 3") { $0.trafficClass = 0x2b },
    Row("DSCP and ECN, in eight octets", quoted: 8, "dscp 10 46", "ecn 2 0") { $0.trafficClass = 0xb8 },
    Row("MSS clamped", "mss 1460 1100") { $0.set(.maximumSegmentSize(1100)) },
    Row("MSS clamped, checksum not quoted", quoted: 8) { $0.set(.maximumSegmentSize(1100)) },
    Row("MSS clamped, the end not quoted", quoted: 24, "mss 1460 1100") { $0.set(.maximumSegmentSize(1100)) },
    Row("MSS clamped, quoted is only its checksum", quoted: 20, "checksum") { $0.set(.maximumSegmentSize(1100)) },
    Row("MSS clamped, checksum forgotten", "mss 1460 1100") {
      $0.set(.maximumSegmentSize(1100))
      $0.sum = .asSent
    },
    Row("MSS clamped, checksum wrong", "mss 1460 1100", "checksum") {
      $0.set(.maximumSegmentSize(1100))
      $0.sum = .value(0x1234)
    },
    Row("window scale", "wscale 7 0") { $0.set(.windowScale(0)) },
    Row("timestamps rewritten", "timestamps TS val 7 ecr 0 TS val 99 ecr 0") {
      $0.set(.timestamps(value: 99, echoReply: 0))
    },
    Row("SACK stripped by NOPs", "sack sackOK none") { $0.replace(.sackPermitted, by: [.noOperation, .noOperation]) },
    Row("SACK stripped by NOPs, the end not quoted", quoted: 30, "sack sackOK none") {
      $0.replace(.sackPermitted, by: [.noOperation, .noOperation])
    },
    Row("timestamps stripped, header shorter", "timestamps TS val 7 ecr 0 none") {
      $0.options = [
        .maximumSegmentSize(1460), .sackPermitted, .noOperation, .noOperation, .noOperation, .windowScale(7),
      ]
    },
    Row("all stripped", "mss 1460 none", "sack sackOK none", "timestamps TS val 7 ecr 0 none", "wscale 7 none") {
      $0.options = []
    },
    Row("all stripped, in eight octets", quoted: 8) { $0.options = [] },
    Row("shorter, the end not quoted", quoted: 24, "option 20 bytes of options 12 bytes of options") {
      $0.options = [.maximumSegmentSize(1460), .noOperation, .noOperation, .noOperation, .windowScale(7)]
    },
    Row("an option added", "option none md5 00000000000000000000000000000000") {
      $0.options.append(.md5([UInt8](repeating: 0, count: 16)))
    },
    Row("an unknown option added", "option none unknown-253 0x0102") {
      $0.options += [.other(kind: 253, payload: [1, 2])]
    },
    Row("reordered", "option mss,sackOK,TS,wscale sackOK,mss,TS,wscale") {
      $0.options = [
        .sackPermitted, .maximumSegmentSize(1460), .timestamps(value: 7, echoReply: 0), .noOperation, .windowScale(7),
      ]
    },
    Row("reordered, the end not quoted", quoted: 26) {
      $0.options = [
        .sackPermitted, .maximumSegmentSize(1460), .timestamps(value: 7, echoReply: 0), .noOperation, .windowScale(7),
      ]
    },
    Row("padding placed elsewhere") {
      $0.options = [
        .maximumSegmentSize(1460), .sackPermitted, .timestamps(value: 7, echoReply: 0), .windowScale(7), .endOfList,
      ]
    },
    Row("sequence number", "isn 305419896 1") { $0.tcp.sequence = SequenceNumber(1) },
    Row("sequence number, in eight octets", quoted: 8, "isn 305419896 1") { $0.tcp.sequence = SequenceNumber(1) },
    Row("sequence number, in seven octets", quoted: 7) { $0.tcp.sequence = SequenceNumber(1) },
    Row("flags", "flags SYN,ECE,CWR SYN") { $0.tcp.flags = .syn },
    Row("window", "window 64240 1000") { $0.tcp.window = 1000 },
    Row("window, not quoted", quoted: 15) { $0.tcp.window = 1000 },
    Row("source port", "source_port 40000 1024") { $0.tcp.sourcePort = 1024 },
    Row("destination port", "destination_port 443 8443") { $0.tcp.destinationPort = 8443 },
    Row("an acknowledgment that no one reads") { $0.tcp.acknowledgment = SequenceNumber(5) },
    Row("checksum", "checksum") { $0.sum = .value(0xbeef) },
    Row("checksum left to an offload") { $0.sum = .unfinished },
    Row("checksum left to an offload, the end not quoted", quoted: 20) { $0.sum = .unfinished },
  ]

  @Test(arguments: rows, [AddressFamily.v4, .v6]) func findsWhatABoxDid(_ row: Row, _ family: AddressFamily) throws {
    let sent = Made(family)
    var other = sent
    row.change(&other)
    let whole = try sent.octets()
    let quote = try other.octets(sum: sent.checksum(), quoted: row.quoted)
    #expect(words(whole, quote) == row.found)
    // The other way round the same fields differ.
    guard row.quoted == nil, other.sum == .right else { return }
    let back = QuoteComparison.changes(sent: quote.span.raw, quote: whole.span.raw)
    #expect(Set(back.map(\.field.rawValue)) == Set(row.found.map { String($0.prefix { $0 != " " }) }))
  }

  // MARK: Translation

  @Test func translationOfTheSource() throws {
    let sent = Made(.v4)
    var translated = sent
    translated.source = .v4(IPv4Address(203, 0, 113, 1))
    translated.tcp.sourcePort = 1024
    #expect(
      try found(sent, translated) == ["source 192.0.2.1 203.0.113.1", "source_port 40000 1024"])
    // A translator that puts the addresses back and forgets the checksum gives itself away.
    translated.source = sent.source
    translated.tcp.sourcePort = sent.tcp.sourcePort
    translated.sum = .value(0x4711)
    #expect(try found(sent, translated) == ["checksum"])
  }

  @Test func translationOfTheDestination() throws {
    let sent = Made(.v6)
    var translated = sent
    translated.destination = .v6(IPv6Address(77))
    #expect(try found(sent, translated) == ["destination ::7 ::4d"])
    translated.sum = .unfinished
    #expect(try found(sent, translated) == ["destination ::7 ::4d"])
  }

  // MARK: What only one of the two versions has

  static let recordRoute: [UInt8] = [7, 7, 4, 0, 0, 0, 0, 0]

  @Test func fieldsOfIPv4() throws {
    var sent = Made(.v4)
    sent.identification = 77
    var quoted = sent
    quoted.hops = 1
    #expect(try found(sent, quoted) == [])
    quoted.dontFragment = false
    #expect(try found(sent, quoted) == ["df 1 0"])
    quoted = sent
    quoted.identification = 78
    #expect(try found(sent, quoted) == ["identification 77 78"])
    // With zero the sending kernel chooses one.
    #expect(try found(Made(.v4), quoted) == [])
  }

  @Test func optionsOfIPv4() throws {
    let sent = Made(.v4)
    var routed = sent
    routed.networkOptions = Self.recordRoute
    #expect(try found(sent, routed) == ["option none IPv4 option 7"])
    #expect(try found(routed, sent) == ["option IPv4 option 7 none"])
    // A router that writes its address into it changes no kind.
    var recorded = routed
    recorded.networkOptions = [7, 7, 8, 1, 2, 3, 4, 0]
    #expect(try found(routed, recorded) == [])
    recorded.set(.maximumSegmentSize(1100))
    #expect(try found(routed, recorded) == ["mss 1460 1100"])
  }

  @Test func extensionHeadersOfIPv6() throws {
    let sent = Made(.v6)
    var padded = sent
    padded.networkOptions = [6, 0, 1, 4, 0, 0, 0, 0]
    #expect(try found(sent, padded) == ["option none IPv6 extension header 60"])
    #expect(try found(padded, sent) == ["option IPv6 extension header 60 none"])
    #expect(try found(padded, padded) == [])
    var clamped = padded
    clamped.set(.maximumSegmentSize(1100))
    #expect(try found(padded, clamped) == ["mss 1460 1100"])
    // A quote that ends within the extension header says nothing of it.
    let whole = try padded.octets()
    var cut = Array(whole.prefix(44))
    cut[7] = 1
    #expect(words(whole, cut) == [])
  }

  @Test func aLaterFragmentHasNoTransport() throws {
    let sent = Made(.v4)
    var octets = try sent.octets()
    octets[7] = 3
    octets[20] ^= 0xff
    #expect(try words(sent.octets(), octets) == [])
  }

  @Test func aLengthThatWasChangedIsNoReasonToDoubtTheChecksum() throws {
    let sent = Made(.v4)
    var clamped = sent
    clamped.set(.maximumSegmentSize(1100))
    var octets = try clamped.octets()
    // As hosts did that had swapped the field, or taken the header's length from it.
    (octets[2], octets[3]) = (octets[3], octets[2])
    #expect(try words(sent.octets(), octets) == ["mss 1460 1100"])
  }

  @Test func theOtherVersionIsNotCompared() throws {
    let (old, new) = try (Made(.v4).octets(), Made(.v6).octets())
    #expect(words(old, new) == [] && words(new, old) == [])
    #expect(words(old, []) == [] && words([], old) == [])
    #expect(words(old, Array(old.prefix(19))) == [] && words(new, Array(new.prefix(39))) == [])
  }

  // MARK: Hostile input

  @Test func whateverIsQuotedNothingTraps() throws {
    var random = Random(seed: 14)
    var routed = Made(.v4)
    routed.networkOptions = Self.recordRoute
    let packets = try [Made(.v4).octets(), Made(.v6).octets(), routed.octets()]
    for _ in 0..<20_000 {
      let sent = packets[Int.random(in: 0..<packets.count, using: &random)]
      var quote = packets[Int.random(in: 0..<packets.count, using: &random)]
      for _ in 0..<Int.random(in: 0...6, using: &random) {
        quote[Int.random(in: 0..<quote.count, using: &random)] = UInt8(truncatingIfNeeded: random.next())
      }
      quote = Array(quote.prefix(Int.random(in: 0...quote.count, using: &random)))
      let changes = QuoteComparison.changes(sent: sent.span.raw, quote: quote.span.raw)
      // At most each field once, and each option of 40 octets there and back.
      #expect(changes.count < 80)
      #expect(changes.allSatisfy { $0.from != $0.to })
    }
  }

  private func found(_ sent: Made, _ quoted: Made) throws -> [String] { try words(sent.octets(), quoted.octets()) }

  private func words(_ sent: [UInt8], _ quote: [UInt8]) -> [String] {
    QuoteComparison.changes(sent: sent.span.raw, quote: quote.span.raw).map { change in
      change.field == .checksum ? "checksum" : "\(change.field.rawValue) \(change.from) \(change.to)"
    }
  }
}

// MARK: Packets

extension QuoteComparisonTests {
  /// A packet by its values.
  struct Made: Sendable {
    enum Sum: Hashable, Sendable {
      case right, asSent, unfinished
      case value(UInt16)
    }

    var source: IPAddress
    var destination: IPAddress
    var trafficClass: UInt8 = 0x2a
    var hops: UInt8 = 9
    var identification: UInt16 = 0
    var dontFragment = true
    /// IPv4's options, or an extension header of IPv6.
    var networkOptions: [UInt8] = []
    var tcp = TCPHeader(
      sourcePort: 40_000, destinationPort: 443, sequence: SequenceNumber(0x1234_5678), flags: [.syn, .ece, .cwr],
      window: 64_240)
    var options = QuoteComparisonTests.plain
    var sum = Sum.right

    init(_ family: AddressFamily) {
      switch family {
      case .v4:
        source = .v4(IPv4Address(192, 0, 2, 1))
        destination = .v4(IPv4Address(198, 51, 100, 7))
      case .v6:
        source = .v6(IPv6Address(1))
        destination = .v6(IPv6Address(7))
      }
    }

    /// Gives the option of this kind another value.
    mutating func set(_ option: TCPOption) { options = options.map { $0.kind == option.kind ? option : $0 } }

    mutating func replace(_ option: TCPOption, by others: [TCPOption]) {
      options = options.flatMap { $0 == option ? others : [$0] }
    }

    /// The checksum that the segment should have.
    func checksum() throws -> UInt16 {
      let segment = try segment(0)
      var sum = InternetChecksum()
      sum.add(pseudoHeader(segment.count))
      sum.add(segment.span.raw)
      return sum.value
    }

    private func pseudoHeader(_ length: Int) -> PseudoHeader {
      PseudoHeader(source: source, destination: destination, protocolNumber: 6, length: length)
    }

    private func segment(_ checksum: UInt16) throws -> [UInt8] {
      var header = tcp
      for option in options where !header.options.append(option) { Issue.record("no room for \(option)") }
      header.checksum = checksum
      var frame = FrameBuffer()
      let count = try frame.build { (out) throws(WireError) in try header.serialize(into: &out) }
      return frame.view(first: count).octets
    }

    /// The packet from its IP header on, as much of it as a quote of so many octets of the transport has.
    func octets(sum other: UInt16 = 0, quoted: Int? = nil) throws -> [UInt8] {
      let field: UInt16
      switch sum {
      case .right: field = try checksum()
      case .asSent: field = other
      case .unfinished: field = try pseudoHeader(segment(0).count).folded
      case .value(let value): field = value
      }
      let segment = try segment(field)
      return try header(segment.count) + segment.prefix(quoted ?? segment.count)
    }

    private func header(_ length: Int) throws -> [UInt8] {
      switch (source, destination) {
      case (.v4(let source), .v4(let destination)): try header(length, from: source, to: destination)
      case (.v6(let source), .v6(let destination)): try header(length, from: source, to: destination)
      default: []
      }
    }

    private func header(_ length: Int, from source: IPv4Address, to destination: IPv4Address) throws -> [UInt8] {
      guard let options = OptionOctets(networkOptions.span.raw) else { preconditionFailure("more than 40 octets") }
      let header = IPv4Header(
        source: source, destination: destination, protocolNumber: 6,
        totalLength: UInt16(20 + networkOptions.count + length), typeOfService: trafficClass,
        identification: identification, dontFragment: dontFragment, timeToLive: hops, options: options)
      var frame = FrameBuffer()
      let count = try frame.build { (out) throws(WireError) in try header.serialize(into: &out) }
      return frame.view(first: count).octets
    }

    private func header(_ length: Int, from source: IPv6Address, to destination: IPv6Address) throws -> [UInt8] {
      let header = IPv6Header(
        source: source, destination: destination, nextHeader: networkOptions.isEmpty ? 6 : 60,
        payloadLength: UInt16(networkOptions.count + length), trafficClass: trafficClass, hopLimit: hops)
      var frame = FrameBuffer()
      let count = try frame.build { (out) throws(WireError) in try header.serialize(into: &out) }
      return frame.view(first: count).octets + networkOptions
    }
  }
}
