/// SipHash-2-4: a short keyed hash that no one without the key can foresee (Aumasson and Bernstein, 2012).
///
/// Fast on a few words, which is what the sequence numbers of a listener need (RFC 6528 §3, RFC 4987 §3.6).
public struct SipHash: Sendable {
  /// The key, 128 bits; drawn once a process from the kernel's entropy.
  public struct Key: Hashable, Sendable {
    /// The first eight octets, little-endian.
    public var k0: UInt64
    /// The last eight octets, little-endian.
    public var k1: UInt64

    /// A key from its two halves.
    public init(k0: UInt64, k1: UInt64) {
      self.k0 = k0
      self.k1 = k1
    }
  }

  private var v0: UInt64
  private var v1: UInt64
  private var v2: UInt64
  private var v3: UInt64
  /// Octets that do not fill a word yet, the first one lowest.
  private var tail: UInt64 = 0
  private var count: UInt64 = 0

  /// A hash of nothing yet.
  public init(_ key: Key) {
    v0 = key.k0 ^ 0x736f_6d65_7073_6575
    v1 = key.k1 ^ 0x646f_7261_6e64_6f6d
    v2 = key.k0 ^ 0x6c79_6765_6e65_7261
    v3 = key.k1 ^ 0x7465_6462_7974_6573
  }

  /// Takes one more octet.
  public mutating func add(_ octet: UInt8) {
    tail |= UInt64(octet) << (8 * (count & 7))
    count &+= 1
    guard count & 7 == 0 else { return }
    compress(tail)
    tail = 0
  }

  /// Takes eight octets at once, the lowest first: the same as octet by octet, and many times as fast.
  public mutating func add(word: UInt64) {
    let filled = 8 &* (count & 7)
    compress(tail | word &<< filled)
    tail = filled == 0 ? 0 : word &>> (64 &- filled)
    count &+= 8
  }

  /// Takes a number, its lowest octet first.
  public mutating func add(_ number: some FixedWidthInteger & UnsignedInteger) {
    for shift in stride(from: 0, to: number.bitWidth, by: 8) { add(UInt8(truncatingIfNeeded: number >> shift)) }
  }

  /// The hash of all that was taken.
  public var value: UInt64 {
    var last = self
    last.compress(tail | count << 56)
    last.v2 ^= 0xff
    for _ in 0..<4 { last.round() }
    return last.v0 ^ last.v1 ^ last.v2 ^ last.v3
  }

  private mutating func compress(_ word: UInt64) {
    v3 ^= word
    round()
    round()
    v0 ^= word
  }

  private mutating func round() {
    v0 &+= v1
    v1 = v1 << 13 | v1 >> 51
    v1 ^= v0
    v0 = v0 << 32 | v0 >> 32
    v2 &+= v3
    v3 = v3 << 16 | v3 >> 48
    v3 ^= v2
    v0 &+= v3
    v3 = v3 << 21 | v3 >> 43
    v3 ^= v0
    v2 &+= v1
    v1 = v1 << 17 | v1 >> 47
    v1 ^= v2
    v2 = v2 << 32 | v2 >> 32
  }
}

extension SipHash {
  /// Takes both ends of a connection.
  public mutating func add(_ flow: Flow) {
    for end in [flow.local, flow.remote] {
      switch end.address {
      case .v4(let address): add(address.rawValue)
      case .v6(let address): add(address.rawValue)
      }
      add(end.port)
    }
  }
}
