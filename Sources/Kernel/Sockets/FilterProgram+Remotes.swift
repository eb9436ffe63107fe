import CLinux
import Wire

/// What a packet socket lets in, whose program sees the packet from its IP header on, whatever the family.
extension FilterProgram {
  /// Lets in TCP segments that come from one of the addresses and one of the ports, and ICMP errors.
  ///
  /// For a program whose own ports are too many to be listed. Of an IPv6 address the last four octets are compared:
  /// the reader finds the flow anyway.
  static func from(_ addresses: [IPAddress], ports: [UInt16], family: AddressFamily) -> FilterProgram {
    let words = addresses.filter { $0.family == family }.map(lastWord)
    // Jumps are 8 bits wide: of more addresses than that all are let in.
    let list = words.count > 64 ? [] : words
    switch family {
    case .v4: return FilterProgram(instructions: v4(list, ports))
    case .v6: return FilterProgram(instructions: v6(list, ports))
    }
  }

  private static func v4(_ words: [UInt32], _ ports: [UInt16]) -> [Instruction] {
    let errors = errorTypesV4 + [.take]
    return [.loadOctet(at: 9), .ifEqual(UInt32(IPProtocol.icmpv4), skip: 0, otherwise: UInt8(errors.count))] + errors
      + [.ifEqual(protocolTCP, skip: 1), .drop] + [.loadWord(at: 12)] + anyWord(words)
      + [.outerHeaderLengthToX, .loadHalf(fromX: 0)] + anyOf(ports)
  }

  private static func v6(_ words: [UInt32], _ ports: [UInt16]) -> [Instruction] {
    // ICMPv6 errors are types 0 to 127 (RFC 4443 §2.1).
    let errors: [Instruction] = [.loadOctet(at: 40), .ifAtLeast(128, skip: 0, otherwise: 1), .drop, .take]
    return [.loadOctet(at: 6), .ifEqual(UInt32(IPProtocol.icmpv6), skip: 0, otherwise: UInt8(errors.count))] + errors
      // Behind an extension header it is the reader who looks.
      + [.ifEqual(protocolTCP, skip: 1), .take] + [.loadWord(at: 20)] + anyWord(words)
      + [.loadHalf(at: 40)] + anyOf(ports)
  }

  /// Goes on if A is one of the words, or if there are none.
  private static func anyWord(_ words: [UInt32]) -> [Instruction] {
    guard !words.isEmpty else { return [] }
    return words.enumerated().map { index, word in .ifEqual(word, skip: UInt8(words.count - index)) } + [.drop]
  }

  private static func lastWord(_ address: IPAddress) -> UInt32 {
    switch address {
    case .v4(let address): address.rawValue
    case .v6(let address): UInt32(truncatingIfNeeded: address.rawValue)
    }
  }
}
