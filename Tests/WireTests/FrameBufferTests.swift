// One packet's room: what is built is what is seen; and the phrases of refusals.

import Testing
import Wire

@Suite struct FrameBufferTests {
  @Test func startsAsZeros() {
    let frame = FrameBuffer()
    #expect(frame.view.octets == [UInt8](repeating: 0, count: FrameBuffer.capacity))
  }

  @Test func showsWhatWasBuilt() throws {
    var frame = FrameBuffer()
    let count = try frame.build { out throws(WireError) in
      let count = try TCPHeader(sourcePort: 1, destinationPort: 2).serialize(into: &out, at: 2028)
      out.store(bigEndian: 0x0102 as UInt16, at: 0)
      return count
    }
    #expect(count == 20)
    #expect(frame.view(first: 3).octets == [1, 2, 0])
    let header = try TCPHeader(parsing: frame.view.extracting(2028...))
    #expect(header.destinationPort == 2)
  }

  @Test func passesErrorsOn() {
    var frame = FrameBuffer()
    let error = refusal { () throws(WireError) in
      try frame.build { out throws(WireError) in
        _ = try TCPHeader(sourcePort: 1, destinationPort: 2).serialize(into: &out, at: 2029)
      }
    }
    #expect(error == .noRoom(.tcp, need: 20, have: 19))
  }

  @Test func refusalsArePhrases() {
    let phrases: [(WireError, String)] = [
      (.truncated(.tcp, need: 20, have: 12), "TCP truncated: 12 of 20 bytes"),
      (.malformed(.ipv4, at: 2), "IPv4 malformed at byte 2"),
      (.badChecksum(.icmpv6), "ICMPv6 checksum is wrong"),
      (.noRoom(.tcpOptions, need: 41, have: 40), "no space for TCP options: 40 of 41 bytes"),
    ]
    for (error, phrase) in phrases { #expect(error.description == phrase) }
  }

  @Test func optionOctetsCompareByWhatTheyHold() {
    let hold = { (octets: [UInt8]) in OptionOctets(octets.span.raw) }
    let one = hold([1, 0])
    let two = hold([1])
    #expect(one != two)
    #expect(one?.paddedCount == two?.paddedCount)
    #expect(one?.description == "0100")
    #expect(hold([UInt8](repeating: 0, count: 40)) != nil)
    #expect(hold([UInt8](repeating: 0, count: 41)) == nil)
    #expect(Set([one, two, one]).count == 2)
  }
}
