import Testing
import Vectors
import Wire

/// What must hold for every packet that another program wrote.
struct VectorTests {
  @Test func allGroupsAreThere() {
    #expect(Vector.all.count >= 500)
    #expect(Set(Vector.all.map(\.name)).count == Vector.all.count)
    #expect(Vector.all.allSatisfy { !$0.octets.isEmpty && !$0.outcome.isEmpty && !$0.origin.isEmpty })
  }

  @Test(arguments: Vector.all)
  func isJudgedAsItsOutcomeSays(vector: Vector) {
    #expect(outcome(of: vector.octets.span.raw) == vector.outcome)
  }

  @Test(arguments: Vector.all.filter(\.parses))
  func comesOutAgainOctetForOctet(vector: Vector) throws {
    #expect(try rewritten(vector.octets.span.raw) == vector.octets)
  }

  @Test(arguments: Vector.all.filter(\.parses))
  func printsAsTcpdumpPrinted(vector: Vector) {
    guard !unlikeTcpdump.contains(vector.name) else { return }
    #expect(PacketNotation.tcpdump(packet: vector.octets.span.raw) == vector.tcpdumpLine)
  }

  /// The whole packet ends where its own length says; every shorter one is incomplete, or a fragment is a fragment.
  @Test(arguments: Vector.all.filter(\.parses))
  func noPrefixParses(vector: Vector) {
    let whole = vector.octets.span.raw
    for count in 0..<vector.announcedLength {
      guard case .malformed(let error) = Dissection.ofIP(whole.extracting(first: count)) else {
        Issue.record("the first \(count) octets parse")
        return
      }
      guard case .truncated(_, let need, let have) = error else {
        Issue.record("the first \(count) octets are not incomplete, but: \(error)")
        return
      }
      #expect(need > have && have <= count)
    }
  }

  /// No prefix of anything traps, whoever reads it.
  @Test(arguments: Vector.all)
  func everyPrefixIsAnswered(vector: Vector) {
    let whole = vector.octets.span.raw
    for count in 0...whole.byteCount {
      let prefix = whole.extracting(first: count)
      #expect(!outcome(of: prefix).isEmpty)
      #expect(!PacketNotation.tcpdump(packet: prefix).isEmpty)
      guard let quote = try? QuotedPacket(lax: prefix) else { continue }
      #expect(quote.quotedLength <= count)
      #expect(quote.sequence == nil || quote.sourcePort != nil && quote.destinationPort != nil)
    }
  }

  @Test(arguments: Vector.all.filter { $0.outcome.hasSuffix("good") })
  func everyFlippedBitOfTheTransportIsSeen(vector: Vector) {
    var octets = vector.octets
    for index in vector.transportRange {
      for bit in 0..<8 {
        octets[index] ^= 1 << bit
        // A flip in the data offset may make the header malformed instead; good it must not be.
        let answer = outcome(of: octets.span.raw)
        if !answer.hasSuffix(" bad"), !answer.hasPrefix("malformed tcp") {
          Issue.record("bit \(bit) of octet \(index): \(answer)")
        }
        octets[index] ^= 1 << bit
      }
    }
  }

  @Test(arguments: Vector.all.filter { $0.parses && $0.octets[0] >> 4 == 4 && !$0.name.contains("header-checksum") })
  func everyFlippedBitOfAnIPv4HeaderIsSeen(vector: Vector) {
    var octets = vector.octets
    for index in 0..<vector.headerLength {
      for bit in 0..<8 {
        octets[index] ^= 1 << bit
        if let envelope = envelope(of: octets.span.raw), envelope.hasGoodHeaderChecksum, octets[0] >> 4 == 4 {
          Issue.record("bit \(bit) of octet \(index) passed")
        }
        octets[index] ^= 1 << bit
      }
    }
  }

  /// Where tcpdump reads a quote of the other version, or one with an impossible header length, as if nothing were wrong.
  private let unlikeTcpdump: Set = [
    "crafted-icmpv4/quote-ipv6", "crafted-icmpv4/quote-header-length-3", "crafted-icmpv6/quote-ipv4",
  ]
}
