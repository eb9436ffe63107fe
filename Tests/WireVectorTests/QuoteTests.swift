import Testing
import Vectors
import Wire

/// What ICMP errors say, and what can be read of the packets that they quote.
struct QuoteTests {
  /// How much of a quoted TCP packet of each length is known; the ports are 49512 and 8443.
  @Test(arguments: [
    ("crafted-icmpv4/quote-20", false, false, false), ("crafted-icmpv4/quote-22", false, false, false),
    ("crafted-icmpv4/quote-24", true, false, false), ("crafted-icmpv4/quote-27", true, false, false),
    ("crafted-icmpv4/quote-28", true, true, false), ("crafted-icmpv4/quote-40", true, true, true),
    ("crafted-icmpv6/quote-40", false, false, false), ("crafted-icmpv6/quote-43", false, false, false),
    ("crafted-icmpv6/quote-44", true, false, false), ("crafted-icmpv6/quote-47", true, false, false),
    ("crafted-icmpv6/quote-48", true, true, false), ("crafted-icmpv6/quote-80", true, true, true),
    ("crafted-icmpv4/quote-with-options", true, true, false), ("crafted-icmpv6/quote-hop-by-hop", true, true, true),
    ("crafted-icmpv6/quote-two-extensions", true, true, true),
    ("crafted-icmpv6/quote-first-fragment", true, true, true),
    ("crafted-icmpv6/quote-authenticated", true, true, true),
    ("crafted-icmpv6/quote-extension-cut", false, false, false),
    ("crafted-icmpv6/quote-later-fragment", false, false, false),
    ("crafted-icmpv4/quote-later-fragment", false, false, false),
    ("linux-icmp/reject-port-unreachable-ipv4-1", true, true, true),
  ])
  func tellsWhatIsThere(name: String, ports: Bool, sequence: Bool, flags: Bool) throws {
    let quote = try #require(quotes[name] ?? nil)
    #expect((quote.sourcePort != nil) == ports)
    #expect((quote.destinationPort != nil) == ports)
    #expect((quote.sequence != nil) == sequence)
    #expect((quote.flags != nil) == flags)
    if flags { #expect(quote.flags == .syn) }
    guard name.hasPrefix("crafted"), ports else { return }
    #expect(quote.sourcePort == 49512 && quote.destinationPort == 8443)
    if sequence { #expect(quote.sequence == SequenceNumber(0x1234_5678)) }
  }

  @Test func tellsAddressesAndHops() throws {
    let old = try #require(quotes["crafted-icmpv4/quote-20"] ?? nil)
    #expect(old.source == IPAddress(parsing: "192.0.2.1"))
    #expect(old.destination == IPAddress(parsing: "198.51.100.7"))
    #expect(old.timeToLive == 1 && old.identification == 7 && old.protocolNumber == IPProtocol.tcp)
    #expect(!old.isComplete && old.totalLength == 60 && old.quotedLength == 20)
    let new = try #require(quotes["crafted-icmpv6/quote-80"] ?? nil)
    #expect(new.source == IPAddress(parsing: "2001:db8::1"))
    #expect(new.destination == IPAddress(parsing: "2001:db8:0:7::50"))
    #expect(new.timeToLive == 1 && new.identification == nil && new.isComplete)
  }

  @Test(arguments: [
    "crafted-icmpv4/quote-0", "crafted-icmpv4/quote-19", "crafted-icmpv4/quote-header-length-3",
    "crafted-icmpv6/quote-0", "crafted-icmpv6/quote-39",
  ])
  func refusesLessThanAHeader(name: String) throws {
    let quote = try #require(quotes[name])
    #expect(quote == nil)
  }

  @Test func readsTheOtherVersionWithoutMixingUp() throws {
    #expect(try #require(quotes["crafted-icmpv4/quote-ipv6"] ?? nil).source.family == .v6)
    #expect(try #require(quotes["crafted-icmpv6/quote-ipv4"] ?? nil).source.family == .v4)
  }

  /// The quote ends before the extensions of RFC 4884, which follow it here after 128 octets.
  @Test func endsBeforeExtensions() {
    let octets = Vector.named("crafted-icmpv4/multipart").octets
    guard case .icmpv4(_, let message) = Dissection.ofIPv4(octets.span.raw) else {
      Issue.record("no ICMP message")
      return
    }
    #expect(message.quote.byteCount == 128 && message.body.byteCount == 140)
  }

  @Test(
    arguments: [
      ("crafted-icmpv4/fragmentation-needed-0", nil), ("crafted-icmpv4/fragmentation-needed-1280", 1280),
      ("crafted-icmpv4/fragmentation-needed-65535", 65535), ("crafted-icmpv4/unreachable-3", nil),
      ("crafted-icmpv6/packet-too-big-0", nil), ("crafted-icmpv6/packet-too-big-1279", 1279),
      ("crafted-icmpv6/packet-too-big-65536", 65536), ("crafted-icmpv6/parameter-problem-0", nil),
    ] as [(String, UInt32?)])
  func tellsTheNextHopsLimit(name: String, mtu: UInt32?) {
    switch Dissection.ofIP(Vector.named(name).octets.span.raw) {
    case .icmpv4(_, let message): #expect(message.nextHopMTU == mtu && message.isError)
    case .icmpv6(_, let message): #expect(message.nextHopMTU == mtu && message.isError)
    default: Issue.record("no ICMP message")
    }
  }

  @Test(arguments: ["crafted-icmpv4/echo-request", "crafted-ipv6/echo-request"])
  func anEchoQuotesNothing(name: String) {
    switch Dissection.ofIP(Vector.named(name).octets.span.raw) {
    case .icmpv4(_, let message): #expect(!message.isError && message.quote.isEmpty)
    case .icmpv6(_, let message): #expect(!message.isError && message.quote.isEmpty)
    default: Issue.record("no ICMP message")
    }
  }

  @Test func isSealedToItsChecksum() throws {
    for vector in Vector.group("crafted-icmpv4") where vector.outcome == "icmpv4 good" {
      var octets = vector.octets
      octets[22] ^= 0xff
      var span = octets.mutableSpan
      var bytes = unsafe span.mutableBytes
      ICMPv4Message.seal(&bytes, in: 20..<vector.octets.count)
      #expect(octets == vector.octets, "\(vector)")
    }
  }

  /// The length of a quote counts words of 32 bits in ICMPv4 and of 64 bits in ICMPv6 (RFC 4884 §4.4 and §4.5).
  @Test func theLengthOfAQuoteHasAUnit() throws {
    func octets(_ head: [UInt8]) -> [UInt8] { head + [UInt8](repeating: 0x60, count: 140) }
    for type: UInt8 in [1, 3] {
      let message = octets([type, 0, 0, 0, 16, 0, 0, 0])
      #expect(try ICMPv6MessageView(checking: message.span.raw).quote.byteCount == 128, "type \(type)")
    }
    for type: UInt8 in [2, 4] {
      let message = octets([type, 0, 0, 0, 16, 0, 0, 0])
      #expect(try ICMPv6MessageView(checking: message.span.raw).quote.byteCount == 140, "type \(type) has none")
    }
    let old = octets([3, 1, 0, 0, 0, 32, 0, 0])
    #expect(try ICMPv4MessageView(checking: old.span.raw).quote.byteCount == 128)
    // As long as the body, and longer than it.
    for (length, count) in [(UInt8(17), 136), (18, 140), (255, 140), (0, 140)] {
      let message = octets([1, 0, 0, 0, length, 0, 0, 0])
      #expect(try ICMPv6MessageView(checking: message.span.raw).quote.byteCount == count, "\(length)")
    }
    let whole = [1, 0, 0, 0, 17, 0, 0, 0] + [UInt8](repeating: 0x60, count: 136)
    #expect(try ICMPv6MessageView(checking: whole.span.raw).quote.byteCount == 136)
  }

  @Test("a quote is complete where it has all that its packet had")
  func completeness() throws {
    func ipv4(_ total: UInt16, payload: Int) throws -> QuotedPacket {
      let header: [UInt8] = [0x45, 0, UInt8(total >> 8), UInt8(total & 0xff), 0, 0, 0, 0, 64, 6, 0, 0]
      return try QuotedPacket(lax: (header + [UInt8](repeating: 1, count: 8 + payload)).span.raw)
    }
    #expect(try ipv4(40, payload: 20).isComplete && ipv4(40, payload: 20).totalLength == 40)
    #expect(try !ipv4(41, payload: 20).isComplete)
    // Routers have changed it; a packet is never shorter than its header.
    #expect(try ipv4(0, payload: 8).totalLength == 20)
    func ipv6(_ length: UInt8, payload: Int) throws -> QuotedPacket {
      try QuotedPacket(lax: ([0x60, 0, 0, 0, 0, length, 6, 64] + [UInt8](repeating: 1, count: 32 + payload)).span.raw)
    }
    #expect(try ipv6(20, payload: 20).isComplete && ipv6(20, payload: 20).totalLength == 60)
    #expect(try !ipv6(21, payload: 20).isComplete)
  }

  @Test("a message fits where there are eight octets") func room() throws {
    let message = ICMPv4Message(type: .destinationUnreachable, code: 1, parameter: 7)
    for (capacity, offset, isWritten) in [(8, 0, true), (9, 1, true), (8, 1, false), (7, 0, false)] {
      var frame = FrameBuffer()
      let count = try? frame.build { (out) throws(WireError) in
        var window = out._mutatingExtracting(first: capacity)
        return try message.serialize(into: &window, at: offset)
      }
      #expect((count == 8) == isWritten)
    }
  }

  /// The quotes of all vectors: nil within where the message parses and its quote does not.
  private let quotes: [String: QuotedPacket?] = {
    var quotes: [String: QuotedPacket?] = [:]
    for vector in Vector.all {
      switch Dissection.ofIP(vector.octets.span.raw) {
      case .icmpv4(_, let message): quotes[vector.name] = .some(try? QuotedPacket(lax: message.quote))
      case .icmpv6(_, let message): quotes[vector.name] = .some(try? QuotedPacket(lax: message.quote))
      default: break
      }
    }
    return quotes
  }()
}
