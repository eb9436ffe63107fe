import CBench
import Capture
import Glibc
import Handshake
import Timebase
import Wire

extension Bench {
  /// From a file's octets to the IP packet of each frame; one call is one frame.
  mutating func addCapturePaths() {
    let frames = 1_000
    let packet = Sample.packet(Segment(seq: SequenceNumber(1), ack: SequenceNumber(2), flags: .ack, wnd: 502))
    let ethernet = [UInt8](repeating: 2, count: 12) + [8, 0] + packet
    let modern = pcapng(ethernet, frames)
    let classic = pcap(ethernet, frames)
    for (name, file) in [("pcap", classic), ("pcapng", modern)] {
      var kept = Decapsulator(looksIntoTunnels: true)
      add("a frame of a \(name) file, to its IP packet", calls: 20 * frames) { calls in
        var sum: UInt64 = 0
        for _ in 0..<calls / frames { sum &+= opened(file, by: &kept) }
        return sum
      }
    }
  }
}

/// A sum over stamps and packets of a file, read in one piece.
private func opened(_ file: [UInt8], by opening: inout Decapsulator) -> UInt64 {
  var reader = CaptureReader()
  var sum: UInt64 = 0
  reader.feed(file.span.raw) { frame in
    opening.open(frame) { packet in
      sum &+= UInt64(packet.octets.byteCount) &+ UInt64(bitPattern: packet.stamp?.nanoseconds ?? 0)
    }
  }
  return sum
}

private func pcapng(_ frame: [UInt8], _ count: Int) -> [UInt8] {
  var writer = PCAPNGWriter(application: "HotPaths")
  let interface = writer.describe(CaptureInterface(name: "lo", link: .ethernet))
  for number in 0..<count {
    writer.append(frame.span.raw, on: interface, at: WallTime(nanoseconds: 1_700_000_000_000_000_000 + Int64(number)))
  }
  return writer.octets
}

private func pcap(_ frame: [UInt8], _ count: Int) -> [UInt8] {
  let head: [UInt32] = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, 1]
  let record: [UInt32] = [1_700_000_000, 0, UInt32(frame.count), UInt32(frame.count)]
  return little(head) + (0..<count).flatMap { _ in little(record) + frame }
}

private func little(_ words: [UInt32]) -> [UInt8] {
  words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
}

/// Reads a capture file as fast as it goes, and says how much that was and how long it took; gives the exit code.
func wholeCapture(_ path: String) -> Int32 {
  let file = unsafe open(path, O_RDONLY)
  guard file >= 0 else { return 2 }
  var buffer = [UInt8](repeating: 0, count: 262_144)
  var reader = CaptureReader()
  var opening = Decapsulator()
  var sum: UInt64 = 0
  let begin = bench_now()
  let requests = bench_allocations()
  while true {
    let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
    guard count > 0 else { break }
    reader.feed(buffer.span.raw.extracting(first: count)) { frame in
      opening.open(frame) { packet in
        sum &+= UInt64(packet.octets.byteCount) &+ UInt64(bitPattern: packet.stamp?.nanoseconds ?? 0)
      }
    }
  }
  reader.finish()
  bench_use(sum)
  print("\(reader.offset)\t\(opening.counts.packets)\t\(bench_now() - begin)\t\(bench_allocations() - requests)")
  return reader.fault == nil ? 0 : 1
}
