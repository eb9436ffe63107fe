import Handshake
import Statistics
import Timebase
import Wire

extension Bench {
  /// Parsers, checksums, the assembly of a packet, the histogram.
  mutating func addWirePaths() {
    let (_, syn) = Sample.opened(Sample.halfOpen)
    let packet = Sample.packet(Sample.synAck(to: syn))
    addChecksums()
    add("parse an IPv4 and TCP packet", calls: 10_000) { calls in
      var sum: UInt64 = 0
      for _ in 0..<calls {
        if case .tcp(let envelope, let header) = Dissection.ofIP(packet.span.raw) {
          sum &+= UInt64(header.sequence.value) &+ UInt64(envelope.timeToLive)
        }
      }
      return sum
    }
    add("walk the options of a SYN-ACK", calls: 10_000) { calls in
      let options = Sample.synAck(to: syn).options
      var sum: UInt64 = 0
      for _ in 0..<calls {
        var cursor = TCPOptionCursor(options.bytes)
        while let option = try? cursor.next() { sum &+= UInt64(option.kind) &+ UInt64(option.payload.count) }
      }
      return sum
    }
    add("serialise a SYN with its checksums", calls: 10_000) { calls in
      var frame = FrameBuffer()
      var segment = syn
      var sum: UInt64 = 0
      for _ in 0..<calls {
        segment.seq = segment.seq + 1
        let count = try? frame.build { (out) throws(WireError) in
          try PacketAssembly.write(segment, flow: Sample.flow, text: RawSpan(), ipFields: IPFields(), into: &out)
        }
        sum &+= UInt64(count ?? 0)
      }
      return sum &+ UInt64(frame.view.octet(at: 37))
    }
    add("record a duration in a histogram", calls: 10_000) { calls in record(calls) }
  }

  private mutating func addChecksums() {
    for length in [40, 1_460] {
      let octets = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      add("checksum of \(length) bytes", calls: 10_000) { calls in
        var sum: UInt64 = 0
        for _ in 0..<calls { sum &+= UInt64(checksum(octets.span.raw)) }
        return sum
      }
    }
  }
}

/// Behind a call, so that the sum of the same octets is not taken once for all calls.
@inline(never) private func checksum(_ octets: RawSpan) -> UInt16 { InternetChecksum.value(of: octets) }

/// A histogram that has its counters already: those are made once a power of two, not once a sample.
nonisolated(unsafe) private var histogram = {
  var histogram = Histogram()
  for sample in 0..<1_000 { histogram.record(.microseconds(Int64(sample) + 100)) }
  return histogram
}()

private func record(_ calls: Int) -> UInt64 {
  for call in 0..<calls { unsafe histogram.record(.nanoseconds(100_000 + Int64(call) * 50)) }
  return unsafe histogram.count
}
