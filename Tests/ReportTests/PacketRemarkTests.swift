import Testing
import Wire

@testable import Handshake
@testable import Report

@Suite("What a packet is and how it was judged") struct PacketRemarkTests {
  /// The remarks on the packets of a scene, as they are made while it runs.
  private func remarks(_ name: String) throws -> [String] {
    let outcome = try LadderPictureTests.outcome(name)
    let iss = try #require(outcome.iss)
    return outcome.log.entries.indices.map { index in
      let entries = outcome.log.entries[...index]
      let copies = entries.count { $0.sentSegment?.flags.contains(.syn) ?? false }
      return PacketRemark(Judgement(entry: entries[index], iss: iss, irs: outcome.irs, copies: copies)).text
    }
  }

  @Test("a whole connection")
  func open() throws {
    #expect(
      try remarks("open") == [
        "SYN, first transmission", "SYN-ACK, ack = ISN+1: accepted", "ACK, ack = IRS+1", "FIN, ack = IRS+1",
        "ACK, ack = ISN+2: accepted", "FIN, ack = ISN+2: accepted", "ACK, ack = IRS+2",
      ])
  }

  @Test("what is refused says why")
  func refused() throws {
    let remarks = try remarks("invalid")
    #expect(remarks[1] == "SYN-ACK, ack = ISN+2: rejected: ack-mismatch, acknowledges what was never sent")
    #expect(remarks[2] == "RST, ack = IRS+1" || remarks[2] == "RST")
    #expect(remarks[3].hasPrefix("RST, ack = ISN+77: rejected: rst-mismatch, "))
    #expect(remarks[4].hasPrefix("ICMP error 3/1: rejected: bad-quote, "))
    #expect(remarks[5].hasSuffix("rejected: bad-checksum, checksum is wrong"))
  }

  @Test("copies, text, probes and errors are named")
  func names() throws {
    #expect(try remarks("retransmitted").prefix(2) == ["SYN, first transmission", "SYN, transmission 2"])
    let request = try remarks("request")
    #expect(request.contains("keep-alive probe, seq = SND.NXT-1, ack = IRS+1"))
    #expect(request.contains("1400 bytes of payload, ack = IRS+1"))
    #expect(request.contains("1400 bytes of payload, ack = ISN+1601: accepted"))
    #expect(try remarks("icmp")[1] == "ICMP error 3/13: kept; counts only if no TCP reply arrives")
    #expect(try remarks("closed")[1] == "RST, ack = ISN+1: accepted")
    #expect(try remarks("listen").prefix(2) == ["SYN: accepted", "SYN-ACK, ack = IRS+1"])
  }

  @Test("a number before ours is counted backwards, and a segment without anything has a name")
  func oddities() {
    var segment = Segment(seq: SequenceNumber(5), ack: SequenceNumber(98))
    var entry = PacketLog.Entry(
      direction: .received, content: .segment(segment), stamp: Scene().stamp, state: .synSent, peer: .listen,
      refusal: .ackMismatch, number: 0, isRetransmission: false)
    func remark(isLate: Bool = false) -> String {
      PacketRemark(Judgement(entry: entry, iss: SequenceNumber(100), irs: nil, copies: 1, isLate: isLate)).text
    }
    #expect(remark().hasPrefix("ACK, ack = ISN-2: rejected: "))
    segment.flags = []
    entry.content = .segment(segment)
    entry.refusal = nil
    #expect(remark() == "segment without ACK: accepted")
    #expect(remark(isLate: true) == "segment without ACK: after close, ignored")
  }
}
