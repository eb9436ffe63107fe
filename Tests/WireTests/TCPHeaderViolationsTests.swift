// RFC 9293 §3.1 and §3.2: what no conforming sender sends can be held, and is told.

import Testing
import Wire

@Suite struct TCPHeaderViolationsTests {
  struct Row: Sendable, CustomStringConvertible {
    let description: String
    var flags: TCPFlags = .ack
    var options = ""
    var ports: (UInt16, UInt16) = (1, 2)
    var acknowledgment: UInt32 = 0
    var urgentPointer: UInt16 = 0
    let violations: TCPHeader.Violations
  }

  static let rows = [
    Row(description: "a plain ACK", violations: []),
    Row(
      description: "Linux's SYN", flags: .syn, options: "020405b4 0402080a 00000001 00000000 01030307", violations: []),
    Row(description: "SYN with a cookie", flags: .syn, options: "220a 0102030405060708", violations: []),
    Row(description: "an unknown option", options: "fd04 0102", violations: []),
    Row(description: "port 0", ports: (0, 2), violations: .portZero),
    Row(description: "to port 0", ports: (1, 0), violations: .portZero),
    Row(description: "SYN and FIN", flags: [.syn, .fin], violations: .synWithFIN),
    Row(description: "SYN and RST", flags: [.syn, .rst], violations: .synWithRST),
    Row(description: "FIN and RST", flags: [.fin, .rst], violations: .finWithRST),
    Row(description: "null", flags: [], violations: .noneOfSynRstAck),
    Row(description: "Xmas", flags: [.fin, .psh, .urg], violations: .noneOfSynRstAck),
    Row(description: "a reserved bit", flags: [.ack, TCPFlags(rawValue: 0x400)], violations: .reservedBits),
    Row(description: "accurate ECN is not reserved", flags: [.ack, .ae], violations: []),
    Row(description: "ack without ACK", flags: .syn, acknowledgment: 1, violations: .strayAcknowledgment),
    Row(description: "urgent without URG", urgentPointer: 1, violations: .strayUrgentPointer),
    Row(description: "a length of one", options: "0801", violations: .malformedOptions),
    Row(description: "MSS of three octets", flags: .syn, options: "020305", violations: .wrongOptionLength),
    Row(description: "SACK without a block", options: "0502", violations: .wrongOptionLength),
    Row(description: "a cookie of odd length", flags: .syn, options: "2207 0102030405", violations: .wrongOptionLength),
    Row(description: "a short signature", options: "1304 0102", violations: .wrongOptionLength),
    Row(description: "an empty Multipath TCP", options: "1e02", violations: .wrongOptionLength),
    Row(description: "MSS in an ACK", options: "020405b4", violations: .optionOutsideSYN),
    Row(description: "window scale in an ACK", options: "030307", violations: .optionOutsideSYN),
    Row(description: "MSS twice", flags: .syn, options: "020405b4 020405b4", violations: .repeatedOption),
    Row(description: "NOP twice", flags: .syn, options: "0101 0402", violations: []),
    Row(description: "an acknowledgment", acknowledgment: 7, violations: []),
    Row(description: "a shift of 14", flags: .syn, options: "03030e", violations: []),
    Row(
      description: "the longest cookie", flags: .syn, options: "2212 00112233445566778899aabbccddeeff", violations: []),
    Row(
      description: "a longer cookie", flags: .syn, options: "2214 00112233445566778899aabbccddeeff0011",
      violations: .wrongOptionLength),
    Row(description: "a cookie too short", flags: .syn, options: "2204 0011", violations: .wrongOptionLength),
    Row(
      description: "a long signature", options: "1314 000102030405060708090a0b0c0d0e0f1011",
      violations: .wrongOptionLength),
    Row(description: "a shift of 15", flags: .syn, options: "03030f", violations: .windowScaleAbove14),
    Row(description: "data in the padding", options: "00 01 00 00", violations: .nonzeroPadding),
    Row(description: "zeros in the padding", options: "00 00 00 00", violations: []),
  ]

  @Test(arguments: rows)
  func isTold(row: Row) throws {
    let header = TCPHeader(
      sourcePort: row.ports.0, destinationPort: row.ports.1, acknowledgment: SequenceNumber(row.acknowledgment),
      flags: row.flags, urgentPointer: row.urgentPointer,
      options: try TCPOptionList(raw: octets(row.options).span.raw))
    #expect(header.violations == row.violations)
  }

  /// Only four bits of a data offset are written.
  @Test(arguments: [(UInt8(5), false), (0x15, false), (6, true), (0, true), (15, true)])
  func theOffsetWritten(offset: UInt8, isUntrue: Bool) {
    let header = TCPHeader(sourcePort: 1, destinationPort: 2, flags: .ack, dataOffset: offset)
    #expect(header.violations == (isUntrue ? .untrueDataOffset : []))
  }
}
