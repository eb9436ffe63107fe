import Foundation
import Laboratory
import Testing
import Wire

@testable import Capture

@Suite(
  "Captures of other projects: container, frames and times as tshark has them",
  .enabled(
    if: !CaptureWithTruth.all.isEmpty, "no folder of captures: name one in PROBE_CAPTURES, or have ../shared/captures"))
struct TruthTests {
  /// Files that the others' words do not fit, and why.
  static let differences: [String: Difference] = [
    "brcm-tag.pcap": .unknownToTshark,
    "brcm-tag-stp.pcap": .unknownToTshark,
    "dsa.pcap": .unknownToTshark,
    "pcap-invalid-version-1.pcap": .refused(.version(major: 1, minor: 4)),
    "pcap-invalid-version-2.pcap": .refused(.version(major: 2, minor: 5)),
    "pcapng-invalid-vers-1.pcapng": .refused(.version(major: 0, minor: 1)),
    "pcapng-invalid-vers-2.pcapng": .refused(.version(major: 1, minor: 1)),
    "shb-option-too-long.pcapng": .refused(.lengths(52, 808_464_432)),
  ]

  enum Difference {
    /// tshark has no word for the link type, and counts no frame; capinfos, which does, agrees with us.
    case unknownToTshark
    /// The file is made to be refused; libpcap refuses it for the same cause, tshark not always.
    case refused(CaptureFault.Kind)
  }

  @Test("the same format, link type, snap length, count, first and last time", arguments: CaptureWithTruth.all)
  func agrees(_ file: CaptureWithTruth) throws {
    let truth = try file.truth()
    let container = try #require(truth["container"])
    let read = Readout(try file.octets(), pieces: 4_096)
    #expect(read.format?.description == container["type"]?.string)
    let difference = Self.differences.first { file.path.hasSuffix($0.key) }?.value
    if case .refused(let kind)? = difference {
      #expect(read.fault?.kind == kind && read.frames.isEmpty)
      return
    }
    #expect(read.fault == nil, "\(read.fault?.description ?? "")")
    if read.format == .pcap {
      let interface = try #require(read.interfaces.first)
      #expect(Int64(interface.link.rawValue) == container["linktype"]?.int)
      #expect(Int64(interface.snapLength) == container["snaplen"]?.int)
      #expect(interface.clock == (container["resolution"]?.string == "ns" ? .nanoseconds : .microseconds))
    }
    guard difference == nil else { return }
    #expect(Int64(read.frames.count) == truth["frames"]?.int)
    #expect(Int64(read.frames.reduce(0) { $0 + $1.octets.count }) == truth["caplen_sum"]?.int)
    #expect(read.frames.first.map { Self.seconds($0.stamp) } == truth["first_time"]?.string)
    #expect(read.frames.last.map { Self.seconds($0.stamp) } == truth["last_time"]?.string)
  }

  /// Files with segments behind what is not looked into, and how many of them are found.
  static let hidden: [String: Int64] = [
    "AH-IPcomp-IPv4.pcap": 6,  // compressed
    "AH-IPcomp-IPv6.pcap": 8,
  ]

  @Test("as many TCP segments as tshark dissects, innermost ones in tunnels", arguments: CaptureWithTruth.all)
  func segments(_ file: CaptureWithTruth) throws {
    let truth = try file.truth()
    var opening = Decapsulator(looksIntoTunnels: true)
    var segments = 0
    Readout.frames(of: try file.octets()) { frame in
      opening.open(frame) { packet in
        if case .tcp = Dissection.ofIP(packet.octets) { segments += 1 }
      }
    }
    let hidden = Self.hidden.first { file.path.hasSuffix($0.key) }?.value
    #expect(Int64(segments) == hidden ?? truth["tcp"]?.int, "\(opening.counts)")
  }

  /// Seconds with nine digits behind the point.
  private static func seconds(_ stamp: Int64?) -> String {
    guard let stamp else { return "none" }
    let digits = String(stamp % 1_000_000_000)
    return "\(stamp / 1_000_000_000)." + String(repeating: "0", count: 9 - digits.count) + digits
  }
}

/// A capture with `FILE.truth.json` beside it.
struct CaptureWithTruth: CustomTestStringConvertible, Sendable {
  var path: String
  var testDescription: String { path.split(separator: "/").suffix(2).joined(separator: "/") }

  /// All of the folder that PROBE_CAPTURES names, or that the project's own neighbours have.
  static let all: [CaptureWithTruth] = {
    let folder = ProcessInfo.processInfo.environment["PROBE_CAPTURES"] ?? "../shared/captures"
    let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    let known = Set(paths)
    return paths.filter { known.contains($0 + ".truth.json") }.sorted().map {
      CaptureWithTruth(path: folder + "/" + $0)
    }
  }()

  func octets() throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path))) }

  func truth() throws -> JSON {
    try JSONDecoder().decode(JSON.self, from: Data(contentsOf: URL(filePath: path + ".truth.json")))
  }
}
