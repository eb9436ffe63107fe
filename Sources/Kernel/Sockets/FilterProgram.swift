import CLinux
import Wire

/// A classic BPF program that decides which packets enter a socket (linux/filter.h, filter.rst).
///
/// A raw IPv4 socket's program sees the packet from its IP header on, a raw IPv6 socket's from the TCP or ICMPv6
/// header on. A load beyond the packet's end refuses the packet.
public struct FilterProgram: Hashable, Sendable {
  /// One instruction: what to do, where to go on if true and if false (counted from the next one), and its operand.
  public struct Instruction: Hashable, Sendable {
    /// Class, size, mode and operation, `BPF_*`.
    public var code: UInt16
    /// Instructions to skip where a comparison holds.
    public var jt: UInt8
    /// Instructions to skip where it does not.
    public var jf: UInt8
    /// The operand.
    public var k: UInt32
  }

  /// The instructions in order; the last is always a return.
  public let instructions: [Instruction]

  /// The most ports that are compared one by one; beyond them a range from the lowest to the highest is let in.
  public static let largestPortList = 64

  /// Refuses every packet.
  public static let dropAll = FilterProgram(instructions: [.drop])

  /// Lets in TCP segments sent to one of the ports; with no port, nothing.
  public static func tcp(family: AddressFamily, destinationPorts ports: [UInt16]) -> FilterProgram {
    let load: [Instruction] =
      switch family {
      case .v4: [.outerHeaderLengthToX, .loadHalf(fromX: 2)]
      case .v6: [.loadHalf(at: 2)]
      }
    return FilterProgram(instructions: load + anyOf(ports))
  }

  /// Lets in ICMP errors that quote a TCP segment sent from one of the ports; with no port, none that says a port.
  ///
  /// Errors whose quote is too short to hold the ports, or hides them behind IPv6 extension headers, come in too:
  /// the reader classifies and counts them.
  public static func icmpErrors(family: AddressFamily, sourcePorts ports: [UInt16]) -> FilterProgram {
    switch family {
    case .v4: FilterProgram(instructions: errorTypesV4 + quoteV4 + anyOf(ports))
    case .v6: FilterProgram(instructions: quoteV6() + anyOf(ports))
    }
  }

  /// Lets in ICMP errors that quote a TCP segment, whatever its ports.
  ///
  /// Address translation on the way may have changed them. Errors whose quote is too short to tell come in too.
  public static func icmpErrors(family: AddressFamily) -> FilterProgram {
    switch family {
    case .v4: FilterProgram(instructions: errorTypesV4 + quoteV4 + [.take])
    case .v6: FilterProgram(instructions: quoteV6() + [.take])
    }
  }

  /// Destination unreachable, source quench, redirect, time exceeded, parameter problem (RFC 792).
  static let errorTypesV4: [Instruction] = [
    .outerHeaderLengthToX,
    .loadOctet(fromX: 0),
    .ifEqual(3, skip: 5), .ifEqual(4, skip: 4), .ifEqual(5, skip: 3), .ifEqual(11, skip: 2), .ifEqual(12, skip: 1),
    .drop,
  ]

  /// X is the ICMP header's offset, 8 octets before the quote; afterwards A holds the quoted source port.
  private static let quoteV4: [Instruction] = [
    .loadLength, .subtractX, .ifAtLeast(8 + 10, skip: 1), .take,
    .loadOctet(fromX: 8 + 9), .ifEqual(protocolTCP, skip: 1), .drop,
    .loadOctet(fromX: 8), .and(15), .shiftLeft(2), .addX, .moveToX,
    .loadLength, .subtractX, .ifAtLeast(8 + 2, skip: 1), .take,
    .loadHalf(fromX: 8),
  ]

  /// ICMPv6 errors are types 0 to 127 (RFC 4443 §2.1); the quoted IPv6 header begins at 8 of the message, TCP at 48.
  private static func quoteV6(at start: UInt32 = 0) -> [Instruction] {
    [
      .loadOctet(at: start), .ifAtLeast(128, skip: 0, otherwise: 1), .drop,
      .loadLength, .ifAtLeast(start + 48 + 2, skip: 1), .take,
      .loadOctet(at: start + 8 + 6), .ifEqual(protocolTCP, skip: 7),
      // Hop-by-hop, routing, fragment, authentication, destination options (RFC 8200 §4).
      .ifEqual(0, skip: 5), .ifEqual(43, skip: 4), .ifEqual(44, skip: 3), .ifEqual(51, skip: 2), .ifEqual(60, skip: 1),
      .drop,
      .take,
      .loadHalf(at: start + 48),
    ]
  }

  static let protocolTCP = UInt32(IPProtocol.tcp)

  /// The end of a program: takes the packet if A is one of the ports.
  ///
  /// Jumps are 8 bits wide, hence the range.
  static func anyOf(_ ports: [UInt16]) -> [Instruction] {
    // Sorted and each once, without a Set: the first one of a process costs more than the whole filter does.
    var sorted: [UInt16] = []
    for port in ports.sorted() where port != sorted.last { sorted.append(port) }
    guard let lowest = sorted.first, let highest = sorted.last else { return [.drop] }
    let isRange = Int(highest) - Int(lowest) == sorted.count - 1
    if sorted.count > largestPortList || (isRange && sorted.count > 2) {
      return [
        .ifAtLeast(UInt32(lowest), skip: 0, otherwise: 1), .ifGreater(UInt32(highest), skip: 0, otherwise: 1),
        .drop, .take,
      ]
    }
    let comparisons = sorted.enumerated().map { index, port in
      Instruction.ifEqual(UInt32(port), skip: UInt8(sorted.count - index))
    }
    return comparisons + [.drop, .take]
  }
}

extension FilterProgram.Instruction {
  private init(_ code: Int32, _ k: UInt32, skip jt: UInt8 = 0, otherwise jf: UInt8 = 0) {
    self.init(code: UInt16(code), jt: jt, jf: jf, k: k)
  }

  static let drop = Self(BPF_RET | BPF_K, 0)
  /// How much of the packet is kept: more than the longest one has, merged by offload or not.
  static let take = Self(BPF_RET | BPF_K, .max)
  static let outerHeaderLengthToX = Self(BPF_LDX | BPF_B | BPF_MSH, 0)
  static let loadLength = Self(BPF_LD | BPF_W | BPF_LEN, 0)
  static let subtractX = Self(BPF_ALU | BPF_SUB | BPF_X, 0)
  static let addX = Self(BPF_ALU | BPF_ADD | BPF_X, 0)
  static let moveToX = Self(BPF_MISC | BPF_TAX, 0)
  static func loadWord(at k: UInt32) -> Self { Self(BPF_LD | BPF_W | BPF_ABS, k) }
  static func loadOctet(at k: UInt32) -> Self { Self(BPF_LD | BPF_B | BPF_ABS, k) }
  static func loadHalf(at k: UInt32) -> Self { Self(BPF_LD | BPF_H | BPF_ABS, k) }
  static func loadOctet(fromX k: UInt32) -> Self { Self(BPF_LD | BPF_B | BPF_IND, k) }
  static func loadHalf(fromX k: UInt32) -> Self { Self(BPF_LD | BPF_H | BPF_IND, k) }
  static func and(_ k: UInt32) -> Self { Self(BPF_ALU | BPF_AND | BPF_K, k) }
  static func shiftLeft(_ k: UInt32) -> Self { Self(BPF_ALU | BPF_LSH | BPF_K, k) }
  static func ifEqual(_ k: UInt32, skip: UInt8, otherwise: UInt8 = 0) -> Self {
    Self(BPF_JMP | BPF_JEQ | BPF_K, k, skip: skip, otherwise: otherwise)
  }
  static func ifAtLeast(_ k: UInt32, skip: UInt8, otherwise: UInt8 = 0) -> Self {
    Self(BPF_JMP | BPF_JGE | BPF_K, k, skip: skip, otherwise: otherwise)
  }
  static func ifGreater(_ k: UInt32, skip: UInt8, otherwise: UInt8) -> Self {
    Self(BPF_JMP | BPF_JGT | BPF_K, k, skip: skip, otherwise: otherwise)
  }
}

/// What a packet socket lets in, whose program sees the packet from its IP header on, whatever the family.
extension FilterProgram {
  /// Lets in TCP segments sent to one of the ports, and ICMP errors that quote one sent from them; with no port, nothing.
  ///
  /// As above, what does not show its ports comes in too: short quotes, and what lies behind IPv6 extension headers.
  static func answers(family: AddressFamily, to ports: [UInt16]) -> FilterProgram {
    guard !ports.isEmpty else { return .dropAll }
    switch family {
    case .v4:
      let segments: [Instruction] = [.outerHeaderLengthToX, .loadHalf(fromX: 2)] + anyOf(ports)
      return FilterProgram(
        instructions: [.loadOctet(at: 9), .ifEqual(protocolTCP, skip: 0, otherwise: UInt8(segments.count))] + segments
          + [.ifEqual(UInt32(IPProtocol.icmpv4), skip: 1), .drop] + errorTypesV4 + quoteV4 + anyOf(ports))
    case .v6:
      let segments: [Instruction] = [.loadHalf(at: 40 + 2)] + anyOf(ports)
      return FilterProgram(
        instructions: [.loadOctet(at: 6), .ifEqual(protocolTCP, skip: 0, otherwise: UInt8(segments.count))] + segments
          + [.ifEqual(UInt32(IPProtocol.icmpv6), skip: 1), .take] + quoteV6(at: 40) + anyOf(ports))
    }
  }

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
