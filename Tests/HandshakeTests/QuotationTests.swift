import Testing
import Timebase
import Wire

@testable import Handshake

/// What an ICMP error quotes, and what stands beside the quote.
@Suite struct QuotationTests {
  private static let us = IPv4Address(192, 0, 2, 1)
  private static let router = IPv4Address(203, 0, 113, 9)
  private static let us6 = IPv6Address(1)
  private static let router6 = IPv6Address(9)

  /// The SYN that is quoted.
  private func syn(_ family: AddressFamily) throws -> [UInt8] {
    let flow =
      switch family {
      case .v4:
        Flow(
          local: Endpoint(.v4(Self.us), 40_000), remote: Endpoint(.v4(IPv4Address(198, 51, 100, 7)), 80))
      case .v6: Flow(local: Endpoint(.v6(Self.us6), 40_000), remote: Endpoint(.v6(IPv6Address(7)), 80))
      }
    var frame = FrameBuffer()
    let segment = Segment(seq: SequenceNumber(1), flags: .syn, wnd: 3)
    let count = try frame.build { (out) throws(WireError) in
      try PacketAssembly.write(segment, flow: flow, text: RawSpan(), ipFields: IPFields(), into: &out)
    }
    return frame.view(first: count).octets
  }

  private let structure: [UInt8] = [0x20, 0, 0, 0, 0, 8, 1, 1, 0, 1, 1, 1]

  /// A Time Exceeded from its type on.
  private func message(_ family: AddressFamily, quote: [UInt8], length: Int) -> [UInt8] {
    let head: [UInt8] =
      switch family {
      case .v4: [11, 0, 0, 0, 0, UInt8(length / 4), 0, 0]
      case .v6: [3, 0, 0, 0, UInt8(length / 8), 0, 0, 0]
      }
    return head + quote
  }

  private func inBand(_ message: [UInt8]) throws -> [UInt8] {
    let header = IPv4Header(
      source: Self.router, destination: Self.us, protocolNumber: 1, totalLength: UInt16(20 + message.count),
      timeToLive: 61)
    var frame = FrameBuffer()
    let count = try frame.build { (out) throws(WireError) in try header.serialize(into: &out) }
    return frame.view(first: count).octets + message
  }

  private func envelope(_ count: Int) -> Envelope {
    Envelope(
      source: .v6(Self.router6), destination: .v6(Self.us6), protocolNumber: 58, timeToLive: 60, transportLength: count)
  }

  @Test func aQuoteEndsWithItsPacketAndNotWithItsPadding() throws {
    let old = try syn(.v4)
    let padded = old + [UInt8](repeating: 0, count: 128 - old.count)
    let octets = try inBand(message(.v4, quote: padded + structure, length: 128))
    let packet = ReceivedPacket(octets.span.raw, framing: .inBand, mayBeUnfinished: false)
    guard let quotation = packet.quotation else {
      Issue.record("nothing is quoted")
      return
    }
    #expect(quotation.quote.octets == old && quotation.source == .v4(Self.router) && quotation.hopLimit == 61)
    #expect(quotation.extensions == [.labels([MPLSLabelStackEntry(rawValue: 0x0001_0101)])])
    #expect(quotation.extensionStructure.octets == structure)
  }

  @Test func theSameInIPv6() throws {
    let new = try syn(.v6)
    let padded = new + [UInt8](repeating: 0, count: 128 - new.count)
    let octets = message(.v6, quote: padded + structure, length: 128)
    let packet = ReceivedPacket(
      octets.span.raw, framing: .outOfBand(envelope(octets.count)), mayBeUnfinished: false)
    guard let quotation = packet.quotation else {
      Issue.record("nothing is quoted")
      return
    }
    #expect(quotation.quote.octets == new && quotation.source == .v6(Self.router6) && quotation.hopLimit == 60)
    #expect(quotation.extensions == [.labels([MPLSLabelStackEntry(rawValue: 0x0001_0101)])])
  }

  @Test func aShortQuoteIsWhatThereIs() throws {
    for count in [20, 28, 33] {
      let quote = try Array(syn(.v4).prefix(count))
      let octets = try inBand(message(.v4, quote: quote, length: 0))
      let packet = ReceivedPacket(octets.span.raw, framing: .inBand, mayBeUnfinished: false)
      guard let quotation = packet.quotation else {
        Issue.record("nothing is quoted")
        return
      }
      #expect(quotation.quote.octets == quote && quotation.extensions.isEmpty)
    }
  }

  @Test func whatIsNoErrorOrNoQuoteHasNone() throws {
    let echo = try inBand([8, 0, 0, 0, 0, 0, 0, 0] + syn(.v4))
    let short = try inBand(message(.v4, quote: Array(syn(.v4).prefix(19)), length: 0))
    for octets in [echo, short, try syn(.v4), []] {
      let packet = ReceivedPacket(octets.span.raw, framing: .inBand, mayBeUnfinished: false)
      if packet.quotation != nil { Issue.record("a quote in \(octets)") }
    }
    let whole = try inBand(message(.v4, quote: syn(.v4), length: 0))
    let cut = ReceivedPacket(whole.span.raw, framing: .inBand, mayBeUnfinished: false, isTruncated: true)
    if cut.quotation != nil { Issue.record("a quote whose end was lost") }
  }
}
