import Handshake
import Wire

/// The sequence numbers of a scan's SYNs: a keyed hash of the flow, so that an answer proves itself and nothing is kept.
///
/// All 32 bits of it: who does not see the SYN hits the acknowledgment once in 2^32 attempts (RFC 6528 §3).
public struct ScanCookie: Hashable, Sendable {
  private let key: SipHash.Key

  /// A hash by a key, which is kept with what lets a scan go on later.
  public init(_ key: SipHash.Key) { self.key = key }

  /// The ISS of the SYN from a port of ours to an end.
  public func iss(from port: UInt16, to address: IPAddress, port remote: UInt16) -> SequenceNumber {
    var hash = SipHash(key)
    let ports = UInt64(port) << 16 | UInt64(remote)
    switch address {
    case .v4(let v4): hash.add(word: UInt64(v4.rawValue) << 32 | ports)
    case .v6(let v6):
      hash.add(word: UInt64(truncatingIfNeeded: v6.rawValue >> 64))
      hash.add(word: UInt64(truncatingIfNeeded: v6.rawValue))
      hash.add(word: ports)
    }
    return SequenceNumber(UInt32(truncatingIfNeeded: hash.value))
  }
}
