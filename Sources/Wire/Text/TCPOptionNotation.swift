// The option texts of tcpdump's print-tcp.c, version 4.99.3, compiled with libcrypto and run without -M.

/// Writes an option list as tcpdump does between the brackets, its way with wrong lengths included.
///
/// tcpdump reads a known option at its proper length even when the option says another, and goes on behind what it read.
/// Copying that keeps our lines comparable with the ones a person has beside them; `TCPOptionCursor` does what is right.
struct TCPOptionNotation {
  /// Kinds whose values only the notation can write.
  enum Kind {
    static let spaceCommunications: UInt8 = 20
    static let userTimeout: UInt8 = 28
    static let authentication: UInt8 = 29
  }

  private(set) var text = ""
  /// False where tcpdump gives up, and ends the line there.
  private(set) var isWhole = true

  private let flags: TCPFlags
  private let sackBase: SequenceNumber?

  init(flags: TCPFlags, sackBase: SequenceNumber?) {
    self.flags = flags
    self.sackBase = sackBase
  }

  /// Writes the whole list; whether octets follow it decides how a missing length is told.
  mutating func write(_ list: RawSpan, isPayloadBehind: Bool) {
    var offset = 0
    while offset < list.byteCount {
      if offset > 0 { text += "," }
      let kind = list.octet(at: offset)
      let left = list.byteCount - offset
      let isSingle = kind == TCPOption.Kind.endOfList || kind == TCPOption.Kind.noOperation
      var length = 1
      if !isSingle {
        guard left > 1 || isPayloadBehind else { return giveUp(" [|tcp]") }
        length = left > 1 ? Int(list.octet(at: offset + 1)) : 0
        guard length >= 2, length <= left else { return giveUp(bad(at: offset)) }
      }
      text += TCPOption.row(of: kind)?.name ?? "unknown-\(kind)"
      let rest = list.extracting((offset + (isSingle ? 1 : 2))...)
      guard let read = writeValue(of: kind, length: length, rest: rest) else { return giveUp(bad(at: offset)) }
      let taken = read + (isSingle ? 1 : 2)
      if taken != length { text += "[len \(length)]" }
      offset += taken
      if kind == TCPOption.Kind.endOfList { return }
    }
  }

  private mutating func giveUp(_ words: String) {
    text += words
    isWhole = false
  }

  private func bad(at offset: Int) -> String { offset > 0 ? "[bad opt]]" : "[bad opt]" }

  /// Writes what follows the name and answers how many octets were read; nil when there are too few.
  private mutating func writeValue(of kind: UInt8, length: Int, rest: RawSpan) -> Int? {
    switch TCPOption.row(of: kind)?.value {
    case .empty: return 0
    case .number(let octets): return write(octets, of: rest) { " \(Self.number($0))" }
    case .own, nil: break
    }
    switch kind {
    case TCPOption.Kind.timestamps:
      return write(8, of: rest) {
        " val \($0.load(bigEndian: 0, as: UInt32.self)) ecr \($0.load(bigEndian: 4, as: UInt32.self))"
      }
    case TCPOption.Kind.md5:
      return write(16, of: rest) {
        " shared secret not supplied with -M, can't check - \(PacketNotation.hexadecimal($0))"
      }
    case Kind.spaceCommunications:
      return write(2, of: rest) { " cap \(PacketNotation.hexadecimal($0.extracting(first: 1))) id \($0.octet(at: 1))" }
    case Kind.userTimeout: return write(2, of: rest) { Self.userTimeout($0.load(bigEndian: 0)) }
    default: return writeCounted(kind, rest.extracting(first: length - 2), length: length)
    }
  }

  /// Writes a value of fixed size; nil when the list is too short for it.
  private mutating func write(_ size: Int, of rest: RawSpan, as words: (RawSpan) -> String) -> Int? {
    guard size <= rest.byteCount else { return nil }
    text += words(rest.extracting(first: size))
    return size
  }

  /// Writes a value that is as long as the option says.
  private mutating func writeCounted(_ kind: UInt8, _ payload: RawSpan, length: Int) -> Int? {
    switch kind {
    case TCPOption.Kind.sack: writeSACK(payload)
    case Kind.authentication: writeAuthentication(payload)
    case TCPOption.Kind.fastOpen: text += " " + Self.fastOpen(payload)
    case TCPOption.Kind.multipath:
      var multipath = MultipathNotation(flags: flags)
      let isKnown = multipath.write(payload, length: length)
      text += multipath.text
      guard isKnown else { return nil }
    case TCPOption.Kind.experiment254:
      guard payload.byteCount >= 2 else { return nil }
      if payload.load(bigEndian: 0) == TCPOption.fastOpenExperiment {
        text += "-tfo" + Self.fastOpen(payload.extracting(2...))
      } else {
        text += "-" + PacketNotation.hexadecimal(payload.extracting(first: 2))
      }
    default:
      if !payload.isEmpty { text += " 0x" + PacketNotation.hexadecimal(payload) }
    }
    return payload.byteCount
  }

  private mutating func writeSACK(_ payload: RawSpan) {
    guard payload.byteCount.isMultiple(of: 8) else {
      text += " invalid sack"
      return
    }
    text += " \(payload.byteCount / 8) "
    for offset in stride(from: 0, to: payload.byteCount, by: 8) {
      let left = PacketNotation.relative(SequenceNumber(payload.load(bigEndian: offset)), to: sackBase)
      let right = PacketNotation.relative(SequenceNumber(payload.load(bigEndian: offset + 4)), to: sackBase)
      text += "{\(left):\(right)}"
    }
  }

  /// TCP-AO (RFC 5925 §2.2).
  private mutating func writeAuthentication(_ payload: RawSpan) {
    guard payload.byteCount >= 2 else {
      text += " (invalid)"
      return
    }
    text += " keyid \(payload.octet(at: 0)) rnextkeyid \(payload.octet(at: 1))"
    if payload.byteCount > 2 { text += " mac 0x" + PacketNotation.hexadecimal(payload.extracting(2...)) }
  }

  /// The User Timeout in seconds (RFC 5482 §3), by tcpdump's reading, which takes the lowest bit for the granularity.
  private static func userTimeout(_ value: UInt16) -> String {
    let seconds = value & 1 == 0 ? Int(value >> 1) : Int(value >> 1) * 60
    return " 0x\(String(value, radix: 16)) \(seconds)"
  }

  private static func fastOpen(_ cookie: RawSpan) -> String {
    guard !cookie.isEmpty else { return " cookiereq" }
    guard cookie.byteCount.isMultiple(of: 2), (4...16).contains(cookie.byteCount) else { return " (invalid)" }
    return " cookie " + PacketNotation.hexadecimal(cookie)
  }

  /// The number that all octets of a value are.
  private static func number(_ value: RawSpan) -> UInt32 {
    value.byteOffsets.reduce(0) { $0 << 8 | UInt32(value.octet(at: $1)) }
  }
}

/// TCP options in tcpdump's words.
package enum OptionWords {
  /// Every option, padding and all, in the order in which the header carries them.
  package static func list(_ options: TCPOptionList) -> [String] {
    options.options.map(word) + (options.isMalformed ? ["[bad opt]"] : [])
  }

  /// Every option but padding, which says nothing to a person.
  package static func withoutPadding(_ options: TCPOptionList) -> [String] {
    options.options.filter { !$0.isPadding }.map(word) + (options.isMalformed ? ["[bad opt]"] : [])
  }

  /// An option and its value.
  package static func word(_ option: TCPOption) -> String {
    let name = option.name
    return switch option {
    case .endOfList, .noOperation, .sackPermitted: name
    case .maximumSegmentSize(let size): "\(name) \(size)"
    case .windowScale(let shift): "\(name) \(shift)"
    case .sack(let blocks):
      "\(name) \(blocks.count) " + blocks.map { "{\($0.left.value):\($0.right.value)}" }.joined()
    case .timestamps(let value, let echo): "\(name) val \(value) ecr \(echo)"
    case .fastOpen(let cookie): "\(name) " + (cookie.isEmpty ? "cookiereq" : "cookie " + hexadecimal(cookie))
    case .md5(let octets), .multipath(let octets): "\(name) " + hexadecimal(octets)
    case .other(_, let payload):
      option.experiment.map { word(ofExperiment: $0.number, Array($0.payload)) }
        ?? (payload.isEmpty ? name : "\(name) 0x" + hexadecimal(payload))
    }
  }

  private static func word(ofExperiment number: UInt16, _ payload: [UInt8]) -> String {
    if number == TCPOption.fastOpenExperiment { return "exp-" + word(.fastOpen(cookie: payload)) }
    let name = "exp-" + hexadecimal([UInt8(number >> 8), UInt8(number & 0xff)])
    return payload.isEmpty ? name : name + " 0x" + hexadecimal(payload)
  }

  /// All octets of a list, padding among them, two digits each.
  package static func hexadecimal(_ options: TCPOptionList) -> String { hexadecimal(options.bytes.octets) }

  private static func hexadecimal(_ octets: [UInt8]) -> String {
    octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
