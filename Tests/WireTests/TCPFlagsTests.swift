// RFC 9293 §3.1, RFC 9768 §3.1: the twelve bits and their spellings.

import Testing
import Wire

@Suite struct TCPFlagsTests {
  struct Row: Sendable, CustomStringConvertible {
    let flags: TCPFlags
    let tcpdump: String
    let packetdrill: String
    let description: String
  }

  static let rows = [
    Row(flags: [], tcpdump: "none", packetdrill: "-", description: "none"),
    Row(flags: .syn, tcpdump: "S", packetdrill: "S", description: "SYN"),
    Row(flags: [.syn, .ack], tcpdump: "S.", packetdrill: "S.", description: "SYN,ACK"),
    Row(flags: [.fin, .ack], tcpdump: "F.", packetdrill: "F.", description: "FIN,ACK"),
    Row(flags: [.rst, .ack], tcpdump: "R.", packetdrill: "R.", description: "RST,ACK"),
    Row(flags: [.psh, .ack], tcpdump: "P.", packetdrill: "P.", description: "PSH,ACK"),
    Row(flags: [.syn, .ece, .cwr], tcpdump: "SEW", packetdrill: "SEW", description: "SYN,ECE,CWR"),
    Row(flags: [.syn, .ece, .cwr, .ae], tcpdump: "SEWe", packetdrill: "SEWA", description: "SYN,ECE,CWR,ACCECN"),
    Row(flags: [.fin, .psh, .urg], tcpdump: "FPU", packetdrill: "FPU", description: "FIN,PSH,URG"),
    Row(flags: .ae, tcpdump: "e", packetdrill: "A", description: "ACCECN"),
    Row(flags: [.syn, .reserved], tcpdump: "S", packetdrill: "S", description: "SYN,0xe00"),
    Row(flags: TCPFlags(rawValue: 0x200), tcpdump: "none", packetdrill: "-", description: "0x200"),
  ]

  @Test(arguments: rows)
  func spellings(row: Row) {
    #expect(row.flags.tcpdumpLetters == row.tcpdump)
    #expect(row.flags.packetdrillLetters == row.packetdrill)
    #expect(row.flags.description == row.description)
  }

  @Test func everySetIsReadBackFromItsNames() {
    for bits in 0...UInt16(0xfff) {
      let flags = TCPFlags(rawValue: bits)
      #expect(TCPFlags(parsing: flags.description) == flags, "\(flags)")
    }
  }

  static let texts: [(String, UInt16)] = [
    ("S", 0x002), ("SA", 0x012), ("AS", 0x012), ("SYN,ACK", 0x012), ("syn,ack", 0x012), ("ACK,SYN", 0x012),
    ("FPU", 0x029), ("none", 0), ("None", 0), ("SEC", 0x0c2), ("SECN", 0x1c2), ("S.", 0x012), ("SEWe", 0x1c2),
    ("AE", 0x050), ("SYN,AE", 0x102), ("SYN,NS", 0x102), ("N", 0x100), ("0xfff", 0xfff), ("0x0", 0),
    ("SYN,0x200", 0x202),
    ("FIN", 0x001), ("R", 0x004), ("FSRPAUECN", 0x1ff),
  ]

  @Test(arguments: texts)
  func isRead(text: String, bits: UInt16) {
    #expect(TCPFlags(parsing: text)?.rawValue == bits)
  }

  @Test(arguments: ["", ",", "SYN,", ",SYN", "SS", "A.", "X", "SYNACK", "S A", "S,A", "0x1000", "0x", "sa", "nothing"])
  func isRefused(text: String) { #expect(TCPFlags(parsing: text) == nil) }

  @Test func bitsAboveTheTwelfthAreDropped() { #expect(TCPFlags(rawValue: 0xffff).rawValue == 0x0fff) }
}
