import Capture
import Engines
import Foundation
import Handshake
import Kernel
import Testing
import Timebase
import Wire

@testable import Runner

/// The queue of `--pcap`: packets in the order of their stamps, whatever the order in which those are known.
@Suite("Packets on their way into a file") struct PacketFileTests {
  private static let flow = Flow(
    local: Endpoint(.v4(IPv4Address(127, 0, 0, 1)), 1_000), remote: Endpoint(.v4(IPv4Address(127, 0, 0, 2)), 80))

  /// Microseconds of both clocks.
  private func stamp(_ micros: Int64, kernel: Int64? = nil) -> Stamp {
    Stamp(
      instant: Instant(nanoseconds: micros * 1_000), wall: WallTime(nanoseconds: 1_000_000_000 + micros * 1_000),
      kernel: kernel.map { WallTime(nanoseconds: 1_000_000_000 + $0 * 1_000) })
  }

  private func token(_ number: UInt32) -> Token { Token(slot: 0, generation: 1, number: number) }

  private func send(_ number: UInt32, at micros: Int64, to file: PacketFile) {
    let segment = Segment(seq: SequenceNumber(number), flags: .syn)
    let transmission = Transmission(
      token: token(number), flow: PacketFileTests.flow, segment: segment, data: [], text: 0..<0)
    file.sent([UInt8(number)], transmission, through: nil, at: stamp(micros), nil)
  }

  private func receive(_ octet: UInt8, at micros: Int64, kernel: Int64?, by file: PacketFile) {
    let octets = [octet]
    let arrival = ReceivedPacket(octets.span.raw, framing: .inBand, mayBeUnfinished: false)
    file.received(arrival, by: 0, at: stamp(micros, kernel: kernel), nil)
  }

  /// The frames of a file: their octets, and microseconds.
  private func frames(_ path: String) throws -> [(octets: [UInt8], micros: Int64)] {
    var found: [(octets: [UInt8], micros: Int64)] = []
    var reader = CaptureReader()
    let octets = Array(try Data(contentsOf: URL(filePath: path)))
    reader.feed(octets.span.raw) { frame in
      found.append((frame.octets.copied, ((frame.stamp?.nanoseconds ?? 0) - 1_000_000_000) / 1_000))
    }
    reader.finish()
    #expect(reader.fault == nil)
    return found
  }

  private func file(_ body: (PacketFile) throws -> Void) throws -> [(octets: [UInt8], micros: Int64)] {
    let path = FileManager.default.temporaryDirectory.path + "/probe-packets-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var presentation = Presentation()
    presentation.pcapPath = FilePath(path)
    try body(#require(try PacketFile(presentation)))
    return try frames(path)
  }

  @Test("without the option there is no file") func none() throws {
    #expect(try PacketFile(Presentation()) == nil)
  }

  @Test("a packet waits for the stamps of all before it") func order() throws {
    let frames = try file { file in
      send(1, at: 10, to: file)
      receive(2, at: 40, kernel: 30, by: file)
      try file.settle(at: stamp(50))
      #expect(file.deadline == Instant(nanoseconds: 10_000) + PacketFile.grace)
      file.transmitted(token(1), kernel: WallTime(nanoseconds: 1_000_020_000))
      #expect(file.deadline == nil)
      try file.settle(at: stamp(60))
      // What the kernel stamped before it was taken stands before what was sent meanwhile.
      send(3, at: 70, to: file)
      receive(4, at: 90, kernel: 65, by: file)
      file.transmitted(token(3), kernel: WallTime(nanoseconds: 1_000_075_000))
      try file.finish(dropped: 0)
    }
    #expect(frames.map(\.octets) == [[1], [2], [4], [3]])
    #expect(frames.map(\.micros) == [20, 30, 65, 75])
  }

  @Test("a stamp that does not come is not waited for") func missing() throws {
    let frames = try file { file in
      send(1, at: 10, to: file)
      receive(2, at: 40, kernel: 30, by: file)
      try file.settle(at: stamp(2_011))
      file.transmitted(token(1), kernel: WallTime(nanoseconds: 1_000_020_000))
      try file.finish(dropped: 0)
    }
    #expect(frames.map(\.micros) == [10, 30])
  }

  @Test("no more wait than there is room for, and none is lost") func bounded() throws {
    let frames = try file { file in
      for number in UInt32(0)..<700 { send(number % 200, at: 10, to: file) }
      try file.settle(at: stamp(20))
      try file.finish(dropped: 0)
    }
    #expect(frames.count == 700)
  }

  /// The octets of the file that comes of `body`, and those that there were at its end.
  private func octets(_ body: (PacketFile) throws -> Void) throws -> (before: [UInt8], after: [UInt8]) {
    let path = FileManager.default.temporaryDirectory.path + "/probe-packets-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var presentation = Presentation()
    presentation.pcapPath = FilePath(path)
    let file = try #require(try PacketFile(presentation))
    try body(file)
    let before = Array(try Data(contentsOf: URL(filePath: path)))
    try file.finish(dropped: 7)
    return (before, Array(try Data(contentsOf: URL(filePath: path))))
  }

  @Test("a packet that came without a stamp waits for none") func cameWithoutStamp() throws {
    _ = try file { file in
      receive(1, at: 10, kernel: nil, by: file)
      #expect(file.deadline == nil)
      send(2, at: 20, to: file)
      #expect(file.deadline == Instant(nanoseconds: 20_000) + PacketFile.grace)
      try file.finish(dropped: 0)
    }
  }

  @Test("more than there is room for is written, whatever stamps are missing") func roomIsMade() throws {
    let written = try octets { file in
      for number in UInt32(0)..<700 { send(number % 200, at: 10, to: file) }
      try file.settle(at: stamp(20))
    }
    var reader = CaptureReader()
    var count = 0
    reader.feed(written.before.span.raw) { _ in count += 1 }
    #expect(count == 700 - 512)
  }

  @Test("each packet says which way it went, and whose clock has timed it") func remarks() throws {
    let note = Array("no kernel timestamp".utf8)
    let sent = try octets { send(1, at: 10, to: $0) }.after
    #expect(sent.contains([2, 0, 4, 0, 2, 0, 0, 0]) && !sent.contains([2, 0, 4, 0, 1, 0, 0, 0]))
    #expect(sent.contains(note))
    let came = try octets { receive(1, at: 10, kernel: 9, by: $0) }.after
    #expect(came.contains([2, 0, 4, 0, 1, 0, 0, 0]) && !came.contains([2, 0, 4, 0, 2, 0, 0, 0]))
    #expect(!came.contains(note))
  }

  @Test("what was dropped is known of one interface, and of several whose it was is not") func drops() throws {
    // isb_ifdrop, eight octets.
    let dropped: [UInt8] = [5, 0, 8, 0, 7, 0, 0, 0, 0, 0, 0, 0]
    for (interfaces, isTold) in [([UInt32(0)], true), ([0, 4_000_000], false)] {
      let octets = try octets { file in
        for index in interfaces {
          let packet: [UInt8] = [1]
          let arrival = ReceivedPacket(packet.span.raw, framing: .inBand, mayBeUnfinished: false)
          file.received(arrival, by: index, at: stamp(10, kernel: 9), nil)
        }
      }.after
      #expect(octets.contains(dropped) == isTold)
    }
  }
}

extension [UInt8] {
  /// Whether these octets stand in a row somewhere.
  fileprivate func contains(_ row: [UInt8]) -> Bool { ranges(of: row).isEmpty == false }
}
