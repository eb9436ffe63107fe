// ICMP errors in the words of tcpdump's print-icmp.c and print-icmp6.c, version 4.99.3.

extension PacketNotation {
  /// The line that `tcpdump -nn -t` prints for an ICMP error or echo; other messages are told by their number.
  public static func tcpdump(
    _ message: borrowing ICMPv4MessageView, source: IPAddress, destination: IPAddress
  ) -> String {
    "IP \(source) > \(destination): \(words(for: message))"
  }

  /// The line that `tcpdump -nn -t` prints for an ICMPv6 error or echo; other messages are told by their number.
  public static func tcpdump(
    _ message: borrowing ICMPv6MessageView, source: IPAddress, destination: IPAddress
  ) -> String {
    "IP6 \(source) > \(destination): \(words(for: message))"
  }

  /// What tcpdump prints after the addresses of an ICMP message.
  static func words(for message: borrowing ICMPv4MessageView) -> String {
    let quote = try? QuotedPacket(lax: message.quote)
    let words: String?
    switch message.type {
    case .destinationUnreachable: words = quote.flatMap { unreachable(message, $0) }
    case .redirect: words = quote.map { redirect(message, $0) }
    case .timeExceeded: words = quote.map { _ in timeExceeded(message.code) }
    case .sourceQuench: words = "source quench"
    case .parameterProblem:
      words =
        "parameter problem - "
        + (message.code == 0 ? "octet \(message.parameter >> 24)" : "code \(message.code)")
    case .echoRequest: words = "echo request, \(identifierAndSequence(message.parameter))"
    case .echoReply: words = "echo reply, \(identifierAndSequence(message.parameter))"
    default: words = "type-#\(message.type.rawValue)"
    }
    guard let words else { return " [|icmp]" }  // tcpdump reads the quote before it prints a word
    return "ICMP \(words), length \(message.length)"
  }

  private static func identifierAndSequence(_ parameter: UInt32) -> String {
    "id \(parameter >> 16), seq \(parameter & 0xffff)"
  }

  /// Destination Unreachable; nil where the quote is too short for what the code needs.
  private static func unreachable(_ message: borrowing ICMPv4MessageView, _ quote: QuotedPacket) -> String? {
    let target = "\(quote.destination)"
    switch message.code {
    case 0: return "net \(target) unreachable"
    case 1: return "host \(target) unreachable"
    case 2: return "\(target) protocol \(quote.protocolNumber) unreachable"
    case 3: return quote.portWord.map { "\(target) \(portName(quote.protocolNumber)) \($0 & 0xffff) unreachable" }
    case 4: return "\(target) unreachable - need to frag" + (message.nextHopMTU.map { " (mtu \($0))" } ?? "")
    case 5: return "\(target) unreachable - source route failed"
    case 6: return "net \(target) unreachable - unknown"
    case 7: return "host \(target) unreachable - unknown"
    case 8: return "\(target) unreachable - source host isolated"
    case 9: return "net \(target) unreachable - admin prohibited"
    case 10: return "host \(target) unreachable - admin prohibited"
    case 11: return "net \(target) unreachable - tos prohibited"
    case 12: return "host \(target) unreachable - tos prohibited"
    case 13: return "host \(target) unreachable - admin prohibited filter"
    case 14: return "host \(target) unreachable - host precedence violation"
    case 15: return "host \(target) unreachable - precedence cutoff"
    default: return "\(target) unreachable - #\(message.code)"
    }
  }

  private static func portName(_ protocolNumber: UInt8) -> String {
    switch protocolNumber {
    case IPProtocol.tcp: "tcp port"
    case IPProtocol.udp: "udp port"
    default: "protocol \(protocolNumber) port"
    }
  }

  private static func redirect(_ message: borrowing ICMPv4MessageView, _ quote: QuotedPacket) -> String {
    let gateway = IPv4Address(message.parameter)
    switch message.code {
    case 0: return "redirect \(quote.destination) to net \(gateway)"
    case 1: return "redirect \(quote.destination) to host \(gateway)"
    case 2: return "redirect-tos \(quote.destination) to net \(gateway)"
    case 3: return "redirect-tos \(quote.destination) to host \(gateway)"
    default: return "redirect-#\(message.code) \(quote.destination) to \(gateway)"
    }
  }

  private static func timeExceeded(_ code: UInt8) -> String {
    switch code {
    case 0: "time exceeded in-transit"
    case 1: "ip reassembly time exceeded"
    default: "time exceeded-#\(code)"
    }
  }
}

extension PacketNotation {
  /// What tcpdump prints after the addresses of an ICMPv6 message.
  static func words(for message: borrowing ICMPv6MessageView) -> String {
    let quote = try? QuotedPacket(lax: message.quote)
    switch message.type {
    case .destinationUnreachable: return unreachable(message, quote)
    case .packetTooBig: return "ICMP6, packet too big, mtu \(message.parameter), length \(message.length)"
    case .timeExceeded: return timeExceeded(message, quote)
    case .parameterProblem:
      guard quote != nil else { return "ICMP6, parameter problem [|icmp6]" }
      return "ICMP6, parameter problem, \(parameterProblem(message)), length \(message.length)"
    case .echoRequest:
      return "ICMP6, echo request, \(identifierAndSequence(message.parameter)), length \(message.length)"
    case .echoReply:
      return "ICMP6, echo reply, \(identifierAndSequence(message.parameter)), length \(message.length)"
    default: return "ICMP6, icmp6 type (\(message.type.rawValue)), length \(message.length)"
    }
  }

  private static func unreachable(_ message: borrowing ICMPv6MessageView, _ quote: QuotedPacket?) -> String {
    let head = "ICMP6, destination unreachable, "
    let words: String
    switch message.code {
    case 0: words = "unreachable route"
    case 1: words = " unreachable prohibited"  // tcpdump's own two blanks
    case 2: words = "beyond scope"
    case 3: words = "unreachable address"
    case 4: words = "unreachable port"
    default: return head + "unknown unreach code (\(message.code))"  // a dump follows in place of the length
    }
    guard let quote else { return head + words + " [|icmp6]" }
    switch message.code {
    case 2: return "\(head)\(words) \(quote.destination), source address \(quote.source), length \(message.length)"
    case 4:
      guard let port = quote.destinationPort else { return head + words + " [|icmp6]" }
      let name = portName(quote.protocolNumber)
      return "\(head)\(words), \(quote.destination) \(name) \(port), length \(message.length)"
    default: return "\(head)\(words) \(quote.destination), length \(message.length)"
    }
  }

  private static func timeExceeded(_ message: borrowing ICMPv6MessageView, _ quote: QuotedPacket?) -> String {
    let head = "ICMP6, time exceeded in-transit"
    switch message.code {
    case 0:
      guard let quote else { return head + " for [|icmp6]" }
      return "\(head) for \(quote.destination), length \(message.length)"
    case 1: return "\(head) (reassembly), length \(message.length)"
    default: return "\(head), unknown code (\(message.code)), length \(message.length)"
    }
  }

  private static func parameterProblem(_ message: borrowing ICMPv6MessageView) -> String {
    switch message.code {
    case 0: "erroneous - octet \(message.parameter)"
    case 1: "next header - octet \(message.parameter)"
    case 2: "option - octet \(message.parameter)"
    case 3: "incomplete header chain - octet \(message.parameter)"
    default: "code-#\(message.code)"
    }
  }
}
