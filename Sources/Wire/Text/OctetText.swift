/// Text whose octets are not lost where they are not UTF-8: words of a command line, names of files and interfaces.
///
/// Linux takes any octets but NUL for a name. An octet that is not part of a well-formed character becomes two of the 32
/// noncharacters U+FDD0 to U+FDEF, one for each half of it, so that text and octets can be turned into each other without
/// loss (PEP 383 does the same with surrogates, which Swift's strings cannot hold). Those noncharacters themselves, which
/// have no meaning in an exchange (Unicode 23.7), are taken as octets that are not text.
extension String {
  /// Reads octets as UTF-8, keeping those that are not.
  ///
  /// Every start reads its words here: ASCII goes past the generic way, whose metadata takes the runtime longer than all
  /// else that a command line needs.
  public init(preserving octets: [UInt8]) {
    if octets.allSatisfy({ $0 < 0x80 }) {
      self.init(decoding: octets, as: UTF8.self)
    } else {
      self.init(preserving: octets[...])
    }
  }

  /// Reads octets as UTF-8, keeping those that are not.
  public init(preserving octets: some Collection<UInt8>) {
    if let text = String(validating: octets, as: UTF8.self), !text.unicodeScalars.contains(where: \.isOctetHalf) {
      self = text
      return
    }
    var scalars = String.UnicodeScalarView()
    var parser = Unicode.UTF8.ForwardParser()
    var rest = octets[...]
    var iterator = octets.makeIterator()
    while true {
      switch parser.parseScalar(from: &iterator) {
      case .valid(let encoded):
        let scalar = Unicode.UTF8.decode(encoded)
        if scalar.isOctetHalf {
          for octet in rest.prefix(encoded.count) { scalars.append(halvesOf: octet) }
        } else {
          scalars.append(scalar)
        }
        rest = rest.dropFirst(encoded.count)
      case .error(let length):
        for octet in rest.prefix(length) { scalars.append(halvesOf: octet) }
        rest = rest.dropFirst(length)
      case .emptyInput:
        self.init(scalars)
        return
      }
    }
  }

  /// The octets that `init(preserving:)` read.
  public var octets: [UInt8] {
    guard unicodeScalars.contains(where: \.isOctetHalf) else { return Array(utf8) }
    var octets: [UInt8] = []
    var rest = unicodeScalars[...]
    while let scalar = rest.popFirst() {
      if let octet = scalar.octet(before: rest.first) {
        octets.append(octet)
        rest.removeFirst()
      } else {
        octets.append(contentsOf: UTF8.encode(scalar) ?? Unicode.UTF8.encodedReplacementCharacter)
      }
    }
    return octets
  }
}

extension String.UnicodeScalarView {
  fileprivate mutating func append(halvesOf octet: UInt8) {
    for value in [0xfdd0 + UInt32(octet >> 4), 0xfde0 + UInt32(octet & 15)] {
      if let scalar = Unicode.Scalar(value) { append(scalar) }
    }
  }
}

extension Unicode.Scalar {
  /// Whether it may stand for half of an octet that is not text.
  var isOctetHalf: Bool { 0xfdd0...0xfdef ~= value }

  /// The octet that it stands for together with the next one; nil where they stand for none.
  func octet(before next: Unicode.Scalar?) -> UInt8? {
    guard 0xfdd0...0xfddf ~= value, let next, 0xfde0...0xfdef ~= next.value else { return nil }
    return UInt8(truncatingIfNeeded: (value - 0xfdd0) << 4 | (next.value - 0xfde0))
  }
}
