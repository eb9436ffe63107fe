import Kernel
import Testing
import Wire

/// Which packets a raw socket sends as they are; what Linux makes of the others is in `RawSocketTests`.
@Suite struct UnchangedPacketTests {
  private func octets(
    _ change: (inout IPv4Header) -> Void, length: Int = 40, isWrong: Bool = false
  ) throws -> [UInt8] {
    var header = IPv4Header(
      source: IPv4Address(192, 0, 2, 1), destination: IPv4Address(192, 0, 2, 2), protocolNumber: 6, totalLength: 40,
      identification: 7)
    change(&header)
    var frame = FrameBuffer()
    _ = try frame.build { (out) throws(WireError) in try header.serialize(into: &out) }
    var packet = frame.view(first: length).octets
    if isWrong { packet[11] ^= 1 }
    return packet
  }

  private func isUnchanged(_ packet: [UInt8]) -> Bool { SendSocket.sendsUnchanged(packet.span.raw) }

  @Test func whatIsRightIsSentAsItIs() throws {
    #expect(isUnchanged(try octets { _ in }))
    #expect(isUnchanged(try octets { $0.timeToLive = 0 }))
    #expect(isUnchanged(try octets { $0.reservedBit = true }))
    #expect(isUnchanged(try octets { $0.moreFragments = true }))
    #expect(isUnchanged(try octets { ($0.identification, $0.dontFragment) = (0, true) }))
  }

  @Test func whatTheKernelFillsIn() throws {
    #expect(!isUnchanged(try octets { $0.identification = 0 }))
    #expect(!isUnchanged(try octets { $0.source = IPv4Address(0) }))
    #expect(!isUnchanged(try octets({ _ in }, isWrong: true)))
    #expect(!isUnchanged(try octets({ _ in }, length: 41)))
    #expect(!isUnchanged(try octets({ _ in }, length: 39)))
    #expect(!isUnchanged([0x45]))
    #expect(!isUnchanged([0x44] + (try octets { _ in }).dropFirst()))
  }

  @Test func ipv6IsSentAsItIs() { #expect(isUnchanged([0x60, 0, 0])) }
}
