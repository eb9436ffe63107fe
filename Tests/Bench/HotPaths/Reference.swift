import CBench
import Wire

extension Bench {
  /// What times are compared with, and a path that asks for memory once a call: the proof that requests are seen.
  mutating func addReference() {
    let octets = (0..<1_460).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    add("reference: naive checksum in C, 1460 bytes", calls: 2_000) { calls in
      unsafe octets.withUnsafeBytes { bytes in
        var sum: UInt64 = 0
        for _ in 0..<calls { sum &+= unsafe UInt64(bench_naive_checksum(bytes.baseAddress, bytes.count)) }
        return sum
      }
    }
    add("reference: allocate and free an array", calls: 1_000) { calls in
      var sum: UInt64 = 0
      for call in 0..<calls { sum &+= used([UInt8](repeating: UInt8(truncatingIfNeeded: call), count: 64)) }
      return sum
    }
  }
}

/// Something of an array, behind a call that cannot be looked through.
@inline(never) private func used(_ octets: [UInt8]) -> UInt64 { UInt64(octets[octets.count - 1]) }
