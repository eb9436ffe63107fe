import Timebase

/// HdrHistogram's binary form, version 2: a header of 40 octets, then counts as ZigZag LEB128, runs of zeros as
/// negative numbers. All numbers of the header are big-endian.
///
/// ```
/// cookie 0x1c849313 | length of the counts | index offset 0 | digits 3 | lowest 1 | highest | ratio 1.0 | counts
///                 4                      4                4          4          8         8           8
/// ```
extension Histogram {
  static let cookie: UInt32 = 0x1c84_9313

  /// What HdrHistogram's `encodeIntoByteBuffer` gives for the same samples at three significant digits.
  public var encoded: [UInt8] {
    guard precision == .fine else {
      var fine = Histogram()
      fine.merge(self)
      return fine.encoded
    }
    var counts: [UInt8] = []
    var next = 0
    for counter in counters {
      let zeros = counter.index - next
      if zeros > 0 { counts.append(zigZag: zeros == 1 ? 0 : -Int64(zeros)) }
      counts.append(zigZag: Int64(clamping: counter.count))
      next = counter.index + 1
    }
    var octets: [UInt8] = []
    octets.append(bigEndian: Histogram.cookie)
    octets.append(bigEndian: UInt32(counts.count))
    octets.append(bigEndian: UInt32(0))
    octets.append(bigEndian: UInt32(3))
    octets.append(bigEndian: UInt64(1))
    octets.append(bigEndian: UInt64(Histogram.ceiling))
    octets.append(bigEndian: Double(1).bitPattern)
    return octets + counts
  }

  /// The counters that are not zero: several of the few first samples may share one.
  private var counters: [(index: Int, count: UInt64)] {
    var counters: [(index: Int, count: UInt64)] = []
    eachBucket { bucket in
      let index = precision.index(of: bucket.highest.nanoseconds)
      if let last = counters.last, last.index == index {
        counters[counters.count - 1].count += bucket.count
      } else {
        counters.append((index, bucket.count))
      }
    }
    return counters
  }
}
