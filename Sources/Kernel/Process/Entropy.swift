import CLinux
import Glibc

/// The kernel's random numbers, `getrandom(2)`: for sequence numbers and seeds.
public enum Entropy {
  /// A random number of 32 bits.
  public static func uint32() -> UInt32 { UInt32(truncatingIfNeeded: uint64()) }

  /// A random number of 64 bits.
  public static func uint64() -> UInt64 {
    var value: UInt64 = 0
    unsafe withUnsafeMutableBytes(of: &value) { unsafe fill($0) }
    return value
  }

  /// Fills a buffer with random octets.
  @_lifetime(buffer: copy buffer)
  public static func fill(_ buffer: inout MutableRawSpan) {
    unsafe buffer.withUnsafeMutableBytes { unsafe fill($0) }
  }

  /// Up to 256 octets come whole once the machine has booted, and whether the call is there was seen before `main`: where
  /// it fails later still, nothing can be sent.
  private static func fill(_ bytes: UnsafeMutableRawBufferPointer) {
    var rest = unsafe bytes[...]
    while unsafe !rest.isEmpty {
      let part = unsafe UnsafeMutableRawBufferPointer(rebasing: rest.prefix(256))
      guard let count = try? kernel(.getrandom, { unsafe getrandom(part.baseAddress, part.count, 0) }) else {
        end("probe: getrandom: the system returns no random numbers\n")
      }
      unsafe rest = unsafe rest.dropFirst(count)
    }
  }

  private static func end(_ words: StaticString) -> Never {
    _ = unsafe write(STDERR_FILENO, words.utf8Start, words.utf8CodeUnitCount)
    _exit(2)
  }
}
