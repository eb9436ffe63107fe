import Testing
import Timebase

@testable import Capture

@Suite("pcap files: every spelling of the format, and what is wrong with a file") struct PCAPTests {
  private static let frame: [UInt8] = [0x45, 0, 0, 20] + [UInt8](repeating: 7, count: 17)

  struct Spelling: CustomTestStringConvertible {
    var testDescription: String
    var magic = PCAP.Magic.microseconds
    var bigEndian = false
    var version: (UInt16, UInt16) = (2, 4)
    var nanosecondsPerUnit: Int64 = 1_000
    var surplus = 0
    var lengthsStandSwapped = false
  }

  static let spellings = [
    Spelling(testDescription: "microseconds, little-endian"),
    Spelling(testDescription: "microseconds, big-endian", bigEndian: true),
    Spelling(
      testDescription: "nanoseconds, little-endian", magic: PCAP.Magic.nanoseconds, nanosecondsPerUnit: 1),
    Spelling(
      testDescription: "nanoseconds, big-endian", magic: PCAP.Magic.nanoseconds, bigEndian: true, nanosecondsPerUnit: 1),
    Spelling(testDescription: "Kuznetzov's, little-endian", magic: PCAP.Magic.modified, surplus: 8),
    Spelling(testDescription: "Kuznetzov's, big-endian", magic: PCAP.Magic.modified, bigEndian: true, surplus: 8),
    Spelling(testDescription: "version 2.2, lengths the other way", version: (2, 2), lengthsStandSwapped: true),
    Spelling(testDescription: "version 2.3, lengths in either way", version: (2, 3), lengthsStandSwapped: true),
    Spelling(testDescription: "version 2.3, lengths as of today", version: (2, 3)),
  ]

  @Test("frames, stamps and lengths are the same in every spelling", arguments: spellings)
  func everySpelling(_ spelling: Spelling) {
    var file = CaptureFile.pcap(
      magic: spelling.magic, bigEndian: spelling.bigEndian, version: spelling.version, snapLength: 77, link: 1)
    let lengths: (UInt32, UInt32) = spelling.lengthsStandSwapped ? (1_500, 21) : (21, 1_500)
    file.record(
      Self.frame, seconds: 4_294_967_295, fraction: 999_999, captured: lengths.0, original: lengths.1,
      surplus: spelling.surplus)
    file.record(Self.frame, seconds: 1, fraction: 2, surplus: spelling.surplus)
    let read = Readout(file.octets)
    let stamp = 4_294_967_295 * 1_000_000_000 + 999_999 * spelling.nanosecondsPerUnit
    #expect(
      read.frames == [
        .init(number: 1, stamp: stamp, link: 1, interface: 0, octets: Self.frame, originalLength: 1_500),
        .init(
          number: 2, stamp: 1_000_000_000 + 2 * spelling.nanosecondsPerUnit, link: 1, interface: 0, octets: Self.frame,
          originalLength: 21),
      ])
    #expect(read.fault == nil && read.format == .pcap && read.count == 2)
    #expect(read.interfaces.map(\.snapLength) == [77])
    #expect(read.interfaces[0].clock == (spelling.nanosecondsPerUnit == 1 ? .nanoseconds : .microseconds))
  }

  @Test("the bits above the link type are not of it") func frameCheckSequence() {
    var file = CaptureFile.pcap(link: 0x2400_0001)
    file.record(Self.frame)
    #expect(Readout(file.octets).frames.map(\.link) == [1])
  }

  @Test("a length below that of what is there counts as that") func originalLength() {
    var file = CaptureFile.pcap()
    file.record(Self.frame, original: 5)
    #expect(Readout(file.octets).frames.map(\.originalLength) == [21])
  }

  @Test("a file without records is whole") func noRecords() {
    let read = Readout(CaptureFile.pcap().octets)
    #expect(read.fault == nil && read.frames.isEmpty && read.interfaces.count == 1)
  }

  @Test(
    "what is no capture file is told by name",
    arguments: [
      ([], .empty), ([0xd4], .notACapture), ([1, 2, 3, 4], .notACapture),
      ([0x1f, 0x8b, 8, 0], .compressed(by: "gzip")), ([0x42, 0x5a, 0x68, 0x39], .compressed(by: "bzip2")),
      ([0x28, 0xb5, 0x2f, 0xfd], .compressed(by: "zstd")), ([0xfd, 0x37, 0x7a, 0x58], .compressed(by: "xz")),
      ([0x04, 0x22, 0x4d, 0x18], .compressed(by: "lz4")), ([0x50, 0x2a, 0x4d, 0x18], .compressed(by: "zstd")),
      (Array("snoop\0\0\0".utf8), .foreign("a snoop file")), (Array("RTSS".utf8), .foreign("a NetMon file")),
      (Array("GMBU".utf8), .foreign("a NetMon file")), (Array("+---------+".utf8), .foreign("a K12 text file")),
      (Array("XCP\0002.001".utf8), .foreign("a Sniffer file")),
      ([1, 2, 3, 4, 0, 0xf1, 0x53, 0x65, 2, 4, 0, 78, 0, 0, 0, 60], .foreign("an ERF file")),
      ([0, 0, 0, 0, 0, 0, 0, 0, 0x9b, 4, 0, 0x80, 0, 0, 0, 0x68], .foreign("an ERF file")),
      (Array("no capture at all".utf8), .notACapture),
      (Array("ERFs cannot be this short".utf8.prefix(15)), .notACapture),
      (CaptureFile.pcap(version: (1, 2)).octets, .version(major: 1, minor: 2)),
      (CaptureFile.pcap(version: (2, 5)).octets, .version(major: 2, minor: 5)),
    ] as [([UInt8], CaptureFault.Kind)])
  func refusals(octets: [UInt8], kind: CaptureFault.Kind) {
    let read = Readout(octets)
    #expect(read.fault == CaptureFault(kind, offset: 0, record: 0))
    #expect(read.fault?.isRefusal == true && read.frames.isEmpty)
  }

  @Test("gzip is refused with the words that help") func gzip() {
    #expect(
      Readout([0x1f, 0x8b, 8, 0]).fault?.description
        == "compressed with gzip; expand it first, as in gzip -dc FILE | probe read -")
    #expect(
      Readout(Array("snoop\0\0\0".utf8), pieces: 1).fault?.description
        == "a snoop file, neither pcap nor pcapng; convert it: editcap -F pcapng FILE NEW.pcapng")
  }

  @Test("a frame longer than is kept is passed over where its file allows it") func passedOver() {
    var file = CaptureFile.pcap(snapLength: 1_000_000)
    file.record(Self.frame)
    file.record([UInt8](repeating: 9, count: 262_145))
    file.record([UInt8](repeating: 8, count: 262_144))
    for pieces in [nil, 1_000, 65_536] {
      let read = Readout(file.octets, pieces: pieces)
      #expect(read.frames.map(\.number) == [1, 3] && read.count == 3 && read.faultCount == 1)
      #expect(read.fault == CaptureFault(.tooLong(262_145), offset: 61, record: 2))
      let cut = Readout(Array(file.octets[..<5_000]), pieces: pieces)
      #expect(cut.frames.map(\.number) == [1] && cut.faultCount == 2)
    }
  }

  @Test("a length that no file allows ends the reading") func impossibleLength() {
    var file = CaptureFile.pcap()
    file.record(Self.frame)
    file.record(Self.frame, captured: 262_145)
    file.record(Self.frame)
    let read = Readout(file.octets)
    #expect(read.frames.map(\.number) == [1] && read.count == 1)
    #expect(read.fault == CaptureFault(.length(262_145), offset: 61, record: 2))
    #expect(
      read.fault?.description == "record 2 at byte 61: a length of 262145 is not valid; the rest cannot be read")
  }

  @Test("a fraction of a second or more is told, and the frame is used") func fraction() {
    var file = CaptureFile.pcap()
    file.record(Self.frame, seconds: 1, fraction: 1_000_000)
    let read = Readout(file.octets)
    #expect(read.frames.map(\.stamp) == [2_000_000_000])
    #expect(read.fault == CaptureFault(.fraction(1_000_000), offset: 24, record: 1))
  }

  @Test("a frame as long as the snap length is allowed, however long that is") func asLongAsTheSnapLength() {
    for (snapLength, kind) in [(262_145, .tooLong(262_145)), (262_144, .length(262_145))]
      as [(UInt32, CaptureFault.Kind)]
    {
      var file = CaptureFile.pcap(snapLength: snapLength)
      file.record([UInt8](repeating: 9, count: 262_145))
      #expect(Readout(file.octets).fault?.kind == kind)
    }
  }
}
