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

  private static func word(_ option: TCPOption) -> String {
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
