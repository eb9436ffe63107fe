import Foundation

/// One TCP or ICMP packet of a capture, as tshark sees it.
public struct CapturedPacket: Sendable {
  /// Its number in the capture.
  public var number: Int
  /// The wall clock of the capture, in nanoseconds.
  public var nanoseconds: Int64
  /// The addresses of the (outer) IP header.
  public var source: String, destination: String
  /// The ports; those of the quote where the packet is an ICMP error.
  public var sourcePort: Int?, destinationPort: Int?
  /// The flags octet and the bits above it.
  public var flags: Int
  /// The raw sequence and acknowledgment numbers.
  public var sequence: UInt32, acknowledgment: UInt32
  /// Octets of text.
  public var length: Int
  /// The window as it stands in the header.
  public var window: Int
  /// Time to live or hop limit.
  public var timeToLive: Int
  /// The octet of the type of service or traffic class.
  public var typeOfService: Int
  /// The option kinds in order.
  public var optionKinds: [Int]
  /// Maximum segment size and window shift, where offered.
  public var maximumSegmentSize: Int?, windowShift: Int?
  /// The timestamps option's value and echo.
  public var timestamp: UInt32?, timestampEcho: UInt32?
  /// tshark's judgement: "1" is good; nil where there is no such checksum.
  public var ipChecksum: String?, tcpChecksum: String?
  /// What tshark's experts say, with their severity.
  public var experts: [(severity: Int, message: String)]
  /// The ICMP type and code, of either family.
  public var icmpType: Int?, icmpCode: Int?
  /// The text that the segment carries.
  public var payload: [UInt8]
  /// The comments that stand beside the packet in the file.
  public var comments: [String]

  /// Whether all these flags are set (tcpdump's letters S F R P .).
  public func has(_ letters: String) -> Bool {
    let bits: [Character: Int] = ["F": 1, "S": 2, "R": 4, "P": 8, ".": 16, "U": 32, "E": 64, "W": 128]
    return letters.allSatisfy { flags & (bits[$0] ?? 1 << 20) != 0 }
  }
  /// A segment with SYN and without ACK.
  public var isSYN: Bool { has("S") && !has(".") }

  /// What tshark calls wrong: checksums that are not good, and experts of warning or error severity.
  public var complaints: [String] {
    var found: [String] = []
    if let ipChecksum, ipChecksum != "1" { found.append("IP checksum status \(ipChecksum)") }
    if icmpType == nil, tcpChecksum != "1" { found.append("TCP checksum status \(tcpChecksum ?? "absent")") }
    for expert in experts where expert.severity >= 0x0060_0000 { found.append(expert.message) }
    return found
  }
}

extension Capture {
  private static let fields = [
    "frame.number", "frame.time_epoch", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.srcport", "tcp.dstport",
    "tcp.flags", "tcp.seq_raw", "tcp.seq", "tcp.ack_raw", "tcp.len", "tcp.window_size_value", "ip.ttl", "ipv6.hlim",
    "ip.dsfield", "ipv6.tclass", "tcp.option_kind", "tcp.options.mss_val", "tcp.options.wscale.shift",
    "tcp.options.timestamp.tsval", "tcp.options.timestamp.tsecr", "ip.checksum.status", "tcp.checksum.status",
    "_ws.expert.severity", "_ws.expert.message", "icmp.type", "icmp.code", "icmpv6.type", "icmpv6.code", "tcp.payload",
    "frame.comment",
  ]

  /// Every TCP packet and ICMP error of the capture, in order.
  public func packets() throws -> [CapturedPacket] {
    var command = ["tshark", "-n", "-r", path, "-Y", "tcp || icmp || icmpv6.type < 128", "-T", "fields"]
    for preference in ["ip.check_checksum:TRUE", "tcp.check_checksum:TRUE", "tcp.relative_sequence_numbers:FALSE"] {
      command += ["-o", preference]
    }
    command += ["-E", "separator=|", "-E", "occurrence=a", "-E", "aggregator=~"]
    for field in Capture.fields { command += ["-e", field] }
    return try Program.must(command, seconds: 60).split(separator: "\n").map { try Capture.packet(String($0)) }
  }

  /// Every TCP segment of the capture, in order.
  public func segments() throws -> [CapturedPacket] { try packets().filter { $0.icmpType == nil } }

  private static func packet(_ line: String) throws -> CapturedPacket {
    let columns = line.split(separator: "|", omittingEmptySubsequences: false).map {
      $0.split(separator: "~").map(String.init)
    }
    guard columns.count == fields.count else { throw LaboratoryError("tshark's line does not fit: \(line)") }
    let values = Dictionary(uniqueKeysWithValues: zip(fields, columns))
    func all(_ names: String...) -> [String] { names.flatMap { values[$0] ?? [] } }
    func first(_ names: String...) -> String? { names.lazy.compactMap { values[$0]?.first }.first }
    func number(_ text: String?) -> Int? {
      guard let text else { return nil }
      return text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
    }
    let time = (first("frame.time_epoch") ?? "").split(separator: ".")
    let experts = zip(all("_ws.expert.severity"), all("_ws.expert.message"))
    return CapturedPacket(
      number: number(first("frame.number")) ?? 0,
      nanoseconds: time.count == 2 ? (Int64(time[0]) ?? 0) * 1_000_000_000 + (Int64(time[1]) ?? 0) : 0,
      source: first("ip.src", "ipv6.src") ?? "", destination: first("ip.dst", "ipv6.dst") ?? "",
      sourcePort: number(first("tcp.srcport")), destinationPort: number(first("tcp.dstport")),
      flags: number(first("tcp.flags")) ?? 0,
      // Of a segment that ICMP quotes only the latter may be there.
      sequence: UInt32(first("tcp.seq_raw", "tcp.seq") ?? "") ?? 0,
      acknowledgment: UInt32(first("tcp.ack_raw") ?? "") ?? 0,
      length: number(first("tcp.len")) ?? 0, window: number(first("tcp.window_size_value")) ?? 0,
      timeToLive: number(first("ip.ttl", "ipv6.hlim")) ?? 0,
      typeOfService: number(first("ip.dsfield", "ipv6.tclass")) ?? 0,
      optionKinds: all("tcp.option_kind").compactMap { Int($0) },
      maximumSegmentSize: number(first("tcp.options.mss_val")),
      windowShift: number(first("tcp.options.wscale.shift")),
      timestamp: first("tcp.options.timestamp.tsval").flatMap { UInt32($0) },
      timestampEcho: first("tcp.options.timestamp.tsecr").flatMap { UInt32($0) },
      ipChecksum: first("ip.checksum.status"), tcpChecksum: first("tcp.checksum.status"),
      experts: experts.map { (severity: number($0) ?? 0, message: $1) },
      icmpType: number(first("icmp.type", "icmpv6.type")), icmpCode: number(first("icmp.code", "icmpv6.code")),
      payload: hexadecimal(first("tcp.payload") ?? ""), comments: all("frame.comment"))
  }

  private static func hexadecimal(_ text: String) -> [UInt8] {
    let digits = text.filter { $0.isHexDigit }.compactMap { $0.hexDigitValue }
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
  }
}
