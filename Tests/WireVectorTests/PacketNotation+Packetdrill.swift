@testable import Wire

extension PacketNotation {
  /// The line with which packetdrill says a segment: `S. 0:0(0) ack 1 win 65160 <mss 1460,nop,wscale 7>`.
  ///
  /// Options that packetdrill has no words for are told in tcpdump's. With bases all numbers are relative.
  static func packetdrill(_ header: TCPHeader, payloadLength: Int, relativeTo bases: Bases? = nil) -> String {
    let first = relative(header.sequence, to: bases?.sender)
    let last = first &+ UInt32(truncatingIfNeeded: payloadLength)
    var text = "\(header.flags.packetdrillLetters) \(first):\(last)(\(payloadLength))"
    if header.flags.contains(.ack) { text += " ack \(relative(header.acknowledgment, to: bases?.receiver))" }
    text += " win \(header.window)"
    if !header.options.isEmpty { text += " <\(packetdrillOptions(header, relativeTo: bases))>" }
    return text
  }

  private static func packetdrillOptions(_ header: TCPHeader, relativeTo bases: Bases?) -> String {
    var words: [String] = []
    let list = header.options.bytes
    var cursor = TCPOptionCursor(list)
    do throws(WireError) {
      while let (kind, payload) = try cursor.next() {
        let octets = list.extracting(payload)
        words.append(
          packetdrillWord(TCPOption(kind: kind, payload: octets), octets, bases)
            ?? tcpdumpWord(kind, octets, flags: header.flags))
      }
    } catch {
      words.append("malformed")
    }
    return words.joined(separator: ",")
  }

  /// The words of packetdrill's `tcp_options_to_string.c`; nil where it has none.
  private static func packetdrillWord(_ option: TCPOption, _ payload: RawSpan, _ bases: Bases?) -> String? {
    switch option {
    case .endOfList, .noOperation, .sackPermitted: return option.name
    case .maximumSegmentSize(let size): return "\(option.name) \(size)"
    case .windowScale(let shift): return "\(option.name) \(shift)"
    case .timestamps(let value, let echoReply): return "TS val \(value) ecr \(echoReply)"
    case .sack(let blocks):
      let ranges = blocks.map { block in
        "\(relative(block.left, to: bases?.receiver)):\(relative(block.right, to: bases?.receiver))"
      }
      return (["sack"] + ranges).joined(separator: " ")
    case .fastOpen: return payload.isEmpty ? "FO" : "FO \(hexadecimal(payload))"
    case .md5: return payload.isEmpty ? "md5" : "md5 \(hexadecimal(payload))"
    case .other(TCPOption.Kind.experiment254, _) where payload.byteCount >= 2:
      guard payload.load(bigEndian: 0) == TCPOption.fastOpenExperiment else { return nil }
      return payload.byteCount == 2 ? "FOEXP" : "FOEXP \(hexadecimal(payload.extracting(2...)))"
    default: return nil
    }
  }

  /// One option alone in tcpdump's words.
  private static func tcpdumpWord(_ kind: UInt8, _ payload: RawSpan, flags: TCPFlags) -> String {
    var option = TCPOptionList()
    guard option.append(kind: kind, payload: payload) else { return "malformed" }
    var notation = TCPOptionNotation(flags: flags, sackBase: nil)
    notation.write(option.bytes, isPayloadBehind: true)
    return notation.text
  }
}
