/// Names a packet of a benchmark's, so that its stamps find their way back: one word.
///
/// 32 bits of the slot, 24 of the slot's generation, 8 of what the packet is.
struct PacketTag: Hashable, Sendable {
  /// What a packet is to its connection.
  enum Role: UInt8 {
    /// Nobody waits for its stamp.
    case other
    /// A copy of the SYN.
    case syn
    /// The request or the FIN.
    case awaited
  }

  let rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }

  init(slot: Int, generation: UInt32, role: Role) {
    rawValue = UInt64(slot) << 32 | UInt64(generation & 0xff_ffff) << 8 | UInt64(role.rawValue)
  }

  var slot: Int { Int(rawValue >> 32) }
  var role: Role { Role(rawValue: UInt8(truncatingIfNeeded: rawValue)) ?? .other }

  func isOf(_ generation: UInt32) -> Bool {
    UInt32(truncatingIfNeeded: rawValue >> 8) & 0xff_ffff == generation & 0xff_ffff
  }
}
