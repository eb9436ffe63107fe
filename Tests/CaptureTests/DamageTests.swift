import Testing

@testable import Capture

@Suite("Damaged files: cut at every octet, and with every octet flipped") struct DamageTests {
  struct Sample: CustomTestStringConvertible {
    var testDescription: String
    var octets: [UInt8]
    /// Where each record or block ends.
    var ends: [Int]
    /// How many frames are whole once each has come.
    var frames: [Int]
  }

  static let samples = [pcap(), pcapng(bigEndian: false), pcapng(bigEndian: true)]

  private static func pcap() -> Sample {
    var file = CaptureFile.pcap(link: 1)
    var ends = [file.octets.count]
    for count in [60, 1, 0, 90, 33] {
      file.record([UInt8](repeating: UInt8(count), count: count), seconds: 1_700_000_000, fraction: UInt32(count))
      ends.append(file.octets.count)
    }
    return Sample(testDescription: "pcap", octets: file.octets, ends: ends, frames: [0, 1, 2, 3, 4, 5])
  }

  private static func pcapng(bigEndian: Bool) -> Sample {
    var file = CaptureFile()
    var ends: [Int] = []
    func end() { ends.append(file.octets.count) }
    file.section(bigEndian: bigEndian)
    end()
    file.interface(link: 1, snapLength: 65_535, name: "eth0", resolution: 9)
    end()
    file.packet([UInt8](repeating: 1, count: 61), at: 1_700_000_000_000_000_000, comment: "hello")
    end()
    file.block(0x0bad_cafe) { $0.append(1 as UInt64) }
    end()
    file.packet([UInt8](repeating: 2, count: 14), at: 1_700_000_000_000_000_001)
    end()
    file.section(bigEndian: !bigEndian)
    end()
    file.interface(offset: 3)
    end()
    file.packet([0x45], at: 3)
    end()
    return Sample(
      testDescription: "pcapng, \(bigEndian ? "big" : "little")-endian first", octets: file.octets, ends: ends,
      frames: [0, 0, 1, 1, 2, 2, 2, 3])
  }

  @Test("cut anywhere, what is whole comes, and one fault says where it ends", arguments: samples)
  func cut(_ sample: Sample) {
    let whole = Readout(sample.octets)
    #expect(whole.fault == nil && whole.frames.count == sample.frames.last)
    for count in 0..<sample.octets.count {
      let read = Readout(Array(sample.octets[..<count]))
      let ended = sample.ends.count { $0 <= count }
      #expect(read.frames == Array(whole.frames[..<(ended == 0 ? 0 : sample.frames[ended - 1])]), "cut at \(count)")
      if sample.ends.contains(count) {
        #expect(read.fault == nil, "cut at \(count)")
      } else {
        let start = Int64(ended == 0 ? 0 : sample.ends[ended - 1])
        #expect(read.faultCount == 1 && read.fault?.offset == start, "cut at \(count)")
        if case .cut(let have, let need)? = read.fault?.kind { #expect(start + have == count && need > have) }
      }
    }
  }

  @Test("in pieces of any size it is the same", arguments: samples) func pieces(_ sample: Sample) {
    let whole = Readout(sample.octets)
    for length in 1...40 { #expect(Readout(sample.octets, pieces: length) == whole, "pieces of \(length)") }
  }

  @Test("with any octet flipped, the frames before it come as they are", arguments: samples)
  func flipped(_ sample: Sample) {
    let whole = Readout(sample.octets)
    for place in sample.octets.indices {
      for mask: UInt8 in [0x01, 0x80, 0xff] {
        var octets = sample.octets
        octets[place] ^= mask
        let read = Readout(octets)
        let before = sample.ends.count { $0 <= place }
        let kept = before == 0 ? 0 : sample.frames[before - 1]
        #expect(Array(read.frames.prefix(kept)) == Array(whole.frames[..<kept]), "flipped at \(place)")
        #expect(read.frames.count <= whole.frames.count + 1)
        #expect(read == Readout(octets, pieces: 5), "flipped at \(place), in pieces")
        if let fault = read.fault { #expect(fault.offset <= sample.octets.count && !fault.description.isEmpty) }
      }
    }
  }
}
