import Testing
import Timebase
import Wire

@testable import Capture

@Suite("pcapng as it is written: what a reader finds in it, and the octets") struct PCAPNGWriterTests {
  @Test("what was written is read") func roundTrip() {
    var writer = PCAPNGWriter(application: "probe 1.0")
    let raw = writer.describe(CaptureInterface(name: "lo", link: .rawIP))
    let ethernet = writer.describe(CaptureInterface(name: "eth0", link: .ethernet, snapLength: 96))
    let packet: [UInt8] = [0x45, 1, 2, 3, 4]
    let stamp = WallTime(nanoseconds: 1_767_323_045_123_456_789)
    writer.append(packet.span.raw, on: raw, at: stamp, direction: .outbound, comments: ["SYN", "ours"])
    writer.append(packet.span.raw, on: ethernet, at: stamp + .nanoseconds(1), originalLength: 9)
    writer.append(
      PCAPNGWriter.Statistics(start: stamp, end: stamp + .seconds(1), received: 2, dropped: 0), of: ethernet)
    let read = Readout(writer.octets)
    #expect(read.fault == nil && read.format == .pcapng && writer.interfaceCount == 2)
    #expect(
      read.frames == [
        .init(number: 1, stamp: stamp.nanoseconds, link: 101, interface: 0, octets: packet, originalLength: 5),
        .init(number: 2, stamp: stamp.nanoseconds + 1, link: 1, interface: 1, octets: packet, originalLength: 9),
      ])
    #expect(
      read.interfaces == [
        CaptureInterface(name: "lo", link: .rawIP), CaptureInterface(name: "eth0", link: .ethernet, snapLength: 96),
      ])
  }

  @Test("blocks taken away one by one are the file") func pieces() {
    var writer = PCAPNGWriter(application: "probe")
    var file = writer.octets
    writer.removeAll()
    let number = writer.describe(CaptureInterface(link: .rawIP))
    file += writer.octets
    writer.removeAll()
    let packet: [UInt8] = [0x45]
    writer.append(packet.span.raw, on: number, at: WallTime(nanoseconds: -1))
    file += writer.octets
    let read = Readout(file)
    #expect(read.fault == nil && read.frames.map(\.stamp) == [0] && read.frames.map(\.octets) == [[0x45]])
  }

  @Test("a comment longer than an option can be is cut between characters")
  func longComment() {
    var writer = PCAPNGWriter(application: "probe")
    let number = writer.describe(CaptureInterface(link: .rawIP))
    let start = writer.octets.count
    let packet: [UInt8] = []
    let comment = String(repeating: "é", count: 40_000)
    writer.append(packet.span.raw, on: number, at: WallTime(nanoseconds: 0), comments: [comment])
    let option = writer.octets[(start + 28)...].prefix(4)
    let length = Int(option[start + 30]) | Int(option[start + 31]) << 8
    #expect(length > 40_000 && length < 65_536 && length.isMultiple(of: 2))
    #expect(Readout(writer.octets).fault == nil && writer.octets.count.isMultiple(of: 4))
  }

  @Test("the octets of a section, an interface and a packet are those of the draft") func octets() {
    var writer = PCAPNGWriter(application: "probe")
    let number = writer.describe(CaptureInterface(name: "lo", link: .rawIP, snapLength: 0))
    let packet: [UInt8] = [1, 2, 3]
    writer.append(packet.span.raw, on: number, at: WallTime(nanoseconds: 0x1_0000_0002), direction: .inbound)
    var file = CaptureFile()
    file.block(0x0a0d_0d0a) { body in
      body.append(0x1a2b_3c4d as UInt32, 1 as UInt16, 0 as UInt16, UInt64.max)
      body.append(4 as UInt16, 5 as UInt16)  // shb_userappl
      body.append(octets: Array("probe".utf8) + [0, 0, 0, 0, 0, 0, 0])
    }
    file.block(1) { body in
      body.append(101 as UInt16, 0 as UInt16, 0 as UInt32)
      body.append(2 as UInt16, 2 as UInt16)  // if_name
      body.append(octets: Array("lo".utf8) + [0, 0])
      body.append(9 as UInt16, 1 as UInt16, 9 as UInt32, 0 as UInt32)  // if_tsresol, end
    }
    file.block(6) { body in
      body.append(0 as UInt32, 1 as UInt32, 2 as UInt32, 3 as UInt32, 3 as UInt32)
      body.append(octets: [1, 2, 3, 0])
      body.append(2 as UInt16, 4 as UInt16, 1 as UInt32, 0 as UInt32)  // epb_flags: inbound, end
    }
    #expect(writer.octets == file.octets)
  }

  @Test("options end with their end, whether there is a comment, a direction or both")
  func endOfOptions() {
    let packet: [UInt8] = [1, 2, 3, 4]
    for (comments, direction, length) in [
      ([], nil, 36), (["x"], nil, 36 + 12), ([], .inbound, 36 + 12), (["x"], .inbound, 36 + 20),
    ] as [([String], FrameDirection?, Int)] {
      var writer = PCAPNGWriter(application: "probe")
      let number = writer.describe(CaptureInterface(link: .rawIP))
      writer.removeAll()
      writer.append(
        packet.span.raw, on: number, at: WallTime(nanoseconds: 0), direction: direction, comments: comments)
      #expect(writer.octets.count == length)
      if length > 36 { #expect(writer.octets.dropLast(4).suffix(4) == [0, 0, 0, 0]) }
    }
  }

  @Test("a direction is read as it was written, beside a comment or not")
  func directionsAreRead() {
    var writer = PCAPNGWriter(application: "probe")
    let number = writer.describe(CaptureInterface(link: .rawIP))
    for length in 1...5 {
      let packet = [UInt8](repeating: 7, count: length)
      for (direction, comments) in [(nil, []), (.inbound, []), (.outbound, ["x"]), (nil, ["y"])]
        as [(FrameDirection?, [String])]
      {
        writer.append(
          packet.span.raw, on: number, at: WallTime(nanoseconds: 0), direction: direction, comments: comments)
      }
    }
    var found: [FrameDirection?] = []
    Readout.frames(of: writer.octets) { found.append($0.direction) }
    #expect(found == (1...5).flatMap { _ in [nil, .inbound, .outbound, nil] as [FrameDirection?] })
  }

  @Test("a comment as long as an option can be is kept whole", arguments: [65_534, 65_535])
  func longestComment(count: Int) {
    var writer = PCAPNGWriter(application: "probe")
    let number = writer.describe(CaptureInterface(link: .rawIP))
    writer.removeAll()
    let packet: [UInt8] = []
    let comment = String(repeating: "x", count: count)
    writer.append(packet.span.raw, on: number, at: WallTime(nanoseconds: 0), comments: [comment])
    #expect(Int(writer.octets[30]) | Int(writer.octets[31]) << 8 == count)
  }
}
