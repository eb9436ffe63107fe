import Testing
import Timebase

@testable import Capture

@Suite("pcapng files: sections, interfaces, every kind of packet block, and what is wrong with them")
struct PCAPNGTests {
  static let frame: [UInt8] = [0x45, 1, 2, 3, 4]

  /// A section in a byte order, with one interface and a packet.
  private static func file(bigEndian: Bool = false, _ more: (inout CaptureFile) -> Void = { _ in }) -> CaptureFile {
    var file = CaptureFile()
    file.section(bigEndian: bigEndian)
    file.interface()
    file.packet(frame, at: 1_000_001)
    more(&file)
    return file
  }

  @Test("both byte orders, and both in one file: interfaces begin anew, numbers go on", arguments: [false, true])
  func byteOrders(bigEndian: Bool) {
    let file = Self.file(bigEndian: bigEndian) { file in
      file.section(bigEndian: !bigEndian, version: (1, 2))
      file.interface(link: 1, name: "eth0")
      file.interface(link: 113)
      file.packet(Self.frame, on: 1, at: 0x1_0000_0000, original: 9)
    }
    let read = Readout(file.octets)
    #expect(
      read.frames == [
        .init(number: 1, stamp: 1_000_001_000, link: 101, interface: 0, octets: Self.frame, originalLength: 5),
        .init(
          number: 2, stamp: 4_294_967_296_000, link: 113, interface: 2, octets: Self.frame, originalLength: 9),
      ])
    #expect(read.fault == nil && read.format == .pcapng && read.interfaces.map(\.name) == ["eth0", nil])
  }

  @Test(
    "stamps of every resolution and offset",
    arguments: [
      (6, 0, 1_500_000, 1_500_000_000), (9, 0, 7, 7), (0, 0, 5, 5_000_000_000), (3, 0, 5, 5_000_000),
      (12, 0, 1_999, 1), (19, 0, 10_000_000_000, 1), (0x80, 0, 3, 3_000_000_000), (0x8a, 0, 1_024, 1_000_000_000),
      (0x94, 0, 1, 953), (0xbf, 0, 1 << 62, 500_000_000), (9, 5, 1, 5_000_000_001), (6, -1, 1_500_000, 500_000_000),
      (6, -2, 0, -2_000_000_000),
    ] as [(UInt8, Int64, UInt64, Int64)])
  func resolutions(resolution: UInt8, offset: Int64, units: UInt64, nanoseconds: Int64) {
    #expect(CaptureClock(resolution: resolution, offset: offset).time(of: units)?.nanoseconds == nanoseconds)
    var file = CaptureFile()
    file.section()
    file.interface(resolution: resolution, offset: offset == 0 ? nil : offset)
    file.packet(Self.frame, at: units)
    #expect(Readout(file.octets).frames.map(\.stamp) == [nanoseconds])
  }

  @Test(
    "a stamp that nanoseconds cannot tell is none",
    arguments: [
      (6, 0, UInt64.max), (9, 0, 1 << 63), (0, 0, 1 << 40), (20, 0, 1), (0xc0, 0, 1), (9, Int64.max, 1),
      (0, -1 << 40, 0),
    ] as [(UInt8, Int64, UInt64)])
  func unknowable(resolution: UInt8, offset: Int64, units: UInt64) {
    #expect(CaptureClock(resolution: resolution, offset: offset).time(of: units) == nil)
  }

  @Test("simple packets have no stamp, and as many octets as the snap length leaves") func simple() {
    var file = CaptureFile()
    file.section()
    file.interface(link: 1, snapLength: 4)
    for original: UInt32 in [3, 4, 9] {
      file.block(PCAPNG.Block.simplePacket) { body in
        body.append(original)
        body.append(octets: Array(Self.frame[..<min(4, Int(original))]))
      }
    }
    let read = Readout(file.octets)
    #expect(read.frames.map(\.octets.count) == [3, 4, 4] && read.frames.map(\.originalLength) == [3, 4, 9])
    #expect(read.frames.allSatisfy { $0.stamp == nil && $0.link == 1 } && read.fault == nil)
  }

  @Test("obsolete packet blocks", arguments: [false, true]) func obsolete(bigEndian: Bool) {
    let file = Self.file(bigEndian: bigEndian) { file in
      file.interface(link: 1)
      file.block(PCAPNG.Block.packet) { body in
        body.append(1 as UInt16, 9 as UInt16, 0 as UInt32, 2 as UInt32, 5 as UInt32, 60 as UInt32)
        body.append(octets: Self.frame)
      }
    }
    let read = Readout(file.octets)
    #expect(
      read.frames.last
        == .init(number: 2, stamp: 2_000, link: 1, interface: 1, octets: Self.frame, originalLength: 60))
  }

  @Test("unknown blocks are passed over, however long, in any pieces") func unknownBlocks() {
    let file = Self.file { file in
      file.block(0x0bad_cafe) { $0.append(octets: [1, 2, 3]) }
      file.block(0x8000_0001) { $0.append(octets: [UInt8](repeating: 1, count: 600_000)) }
      file.packet(Self.frame, at: 2, comment: "hello")
    }
    for pieces in [nil, 700, 65_536] {
      let read = Readout(file.octets, pieces: pieces)
      #expect(read.frames.map(\.number) == [1, 2] && read.fault == nil)
    }
    var broken = file.octets
    // The packet behind takes 56 octets, and before it stands the long block's second length.
    broken[broken.count - 58] ^= 1
    #expect(Readout(broken).frames.count == 1)
  }

  struct Damage: CustomTestStringConvertible {
    var testDescription: String
    var kind: CaptureFault.Kind
    var frames: [Int]
    var damage: @Sendable (inout CaptureFile) -> Void
  }

  static let damages = [
    Damage(
      testDescription: "a packet of an interface that is not there", kind: .undescribedInterface(7), frames: [1, 3]
    ) {
      $0.packet(frame, on: 7)
    },
    Damage(testDescription: "a packet longer than its block", kind: .overrun(captured: 9), frames: [1, 3]) {
      $0.packet(frame, captured: 9)
    },
    Damage(testDescription: "a packet block without room for its head", kind: .overrun(captured: 0), frames: [1, 3]) {
      $0.block(PCAPNG.Block.enhancedPacket) { $0.append(0 as UInt32) }
    },
    Damage(testDescription: "a packet longer than is kept", kind: .tooLong(262_148), frames: [1, 3]) {
      $0.packet([UInt8](repeating: 1, count: 262_148))
    },
    Damage(testDescription: "a packet block longer than is kept", kind: .tooLong(524_292), frames: [1, 3]) {
      $0.packet([UInt8](repeating: 1, count: 524_260))
    },
    Damage(testDescription: "options that do not lie within their block", kind: .options, frames: [1, 2]) {
      $0.block(PCAPNG.Block.interface) { $0.append(1 as UInt16, 0 as UInt16, 0 as UInt32, 2 as UInt16, 40 as UInt16) }
    },
    Damage(testDescription: "a length that is no multiple of four", kind: .length(33), frames: [1]) {
      $0.block(0x0bad_cafe, length: 33) { _ in }
    },
    Damage(testDescription: "a length shorter than a block", kind: .length(8), frames: [1]) {
      $0.block(0x0bad_cafe, length: 8) { _ in }
    },
    Damage(testDescription: "two lengths", kind: .lengths(16, 20), frames: [1]) {
      $0.block(0x0bad_cafe, trailer: 20) { $0.append(1 as UInt32) }
    },
    Damage(testDescription: "a section of no byte order", kind: .byteOrder(0x0403_0201), frames: [1]) {
      $0.block(PCAPNG.Block.section) { $0.append(0x0102_0304 as UInt32, 1 as UInt64, 1 as UInt64) }
    },
    Damage(testDescription: "a section of another version", kind: .version(major: 2, minor: 0), frames: [1]) {
      $0.section(version: (2, 0))
    },
  ]

  @Test("what is wrong is told with its place, and what is whole is handed out", arguments: damages)
  func damaged(_ damage: Damage) {
    var file = Self.file()
    let offset = Int64(file.octets.count)
    damage.damage(&file)
    file.packet(Self.frame, at: 3)
    for pieces in [nil, 1_000] {
      let read = Readout(file.octets, pieces: pieces)
      #expect(read.fault == CaptureFault(damage.kind, offset: offset, record: 4), "pieces \(pieces ?? 0)")
      #expect(read.frames.map(\.number) == damage.frames && read.faultCount == 1)
    }
  }

  @Test("more interfaces than are kept cost no memory, and their packets are refused") func manyInterfaces() {
    var file = CaptureFile()
    file.section()
    for _ in 0...1_024 { file.interface() }
    file.packet(Self.frame, on: 1_023)
    file.packet(Self.frame, on: 1_024)
    file.section()
    file.interface()
    file.packet(Self.frame)
    let read = Readout(file.octets)
    #expect(read.frames.map(\.interface) == [1_023, 1_025] && read.count == 3 && read.faultCount == 2)
    #expect(read.fault?.kind == .tooManyInterfaces)
  }

  @Test("a name ends where its zeros begin") func nameWithZeros() {
    var file = CaptureFile()
    file.section()
    file.interface(name: "eth0\0\0x")
    #expect(Readout(file.octets).interfaces.map(\.name) == ["eth0"])
  }

  @Test("an offset that carries the second beyond all time leaves no stamp") func farOffset() {
    #expect(CaptureClock(resolution: 0, offset: .max).time(of: UInt64(Int64.max)) == nil)
    #expect(CaptureClock(resolution: 0, offset: .max).time(of: 0) == nil)
    #expect(CaptureClock(resolution: 19, offset: 1).time(of: 10_000_000_000)?.nanoseconds == 1_000_000_001)
  }
}
