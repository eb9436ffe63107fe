// Parses a captured SYN: the IP packet comes as hexadecimal digits in the first argument.
import Glibc
import Wire

/// The octets that hexadecimal digits stand for; nil where there are other characters, or half an octet.
func octets(hexadecimal digits: String) -> [UInt8]? {
  let values = digits.compactMap(\.hexDigitValue)
  guard values.count == digits.count, values.count.isMultiple(of: 2) else { return nil }
  return stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
}

let sample =
  "4500003c1c46400040069ad6c0000201c0000202d4310050d3a1b2c400000000a002faf0"
  + "f8b10000020405b40402080a00bc614e0000000001030307"
guard let packet = octets(hexadecimal: CommandLine.arguments.dropFirst().first ?? sample) else {
  print("usage: parse-syn [IP PACKET IN HEXADECIMAL]")
  exit(2)
}

switch Dissection.ofIP(packet.span.bytes) {
case .tcp(let envelope, let header):
  print("\(envelope.source):\(header.sourcePort) > \(envelope.destination):\(header.destinationPort)")
  print("flags \(header.flags), seq \(header.sequence), window \(header.window), TTL \(envelope.timeToLive)")
  for option in try TCPOptionList(raw: header.options).options { print("option \(option)") }
case .malformed(let error): print("malformed: \(error)")
case .foreign, .icmpv4, .icmpv6: print("not a TCP segment")
}
