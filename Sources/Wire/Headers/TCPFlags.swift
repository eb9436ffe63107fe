// RFC 9293 §3.1 "Control bits", RFC 3168 §6.1 (ECE, CWR) and RFC 9768 §3.1 (AE): the twelve bits below the data offset.

/// Any of the twelve bits that share a word with the data offset: nine named ones and three that are reserved.
public struct TCPFlags: OptionSet, Hashable, Sendable {
  /// The bits as the header carries them, FIN being 1; bits above the twelfth are always zero.
  public let rawValue: UInt16

  /// The set of these bits; what lies above the twelfth is dropped.
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue & 0x0fff }

  /// No more data from the sender.
  @inlinable public static var fin: TCPFlags { TCPFlags(rawValue: 0x001) }
  /// Synchronise sequence numbers.
  @inlinable public static var syn: TCPFlags { TCPFlags(rawValue: 0x002) }
  /// Reset the connection.
  @inlinable public static var rst: TCPFlags { TCPFlags(rawValue: 0x004) }
  /// Push what was received to the application.
  @inlinable public static var psh: TCPFlags { TCPFlags(rawValue: 0x008) }
  /// The acknowledgment number means something.
  @inlinable public static var ack: TCPFlags { TCPFlags(rawValue: 0x010) }
  /// The urgent pointer means something.
  @inlinable public static var urg: TCPFlags { TCPFlags(rawValue: 0x020) }
  /// ECN echo (RFC 3168 §6.1).
  @inlinable public static var ece: TCPFlags { TCPFlags(rawValue: 0x040) }
  /// Congestion window reduced (RFC 3168 §6.1).
  @inlinable public static var cwr: TCPFlags { TCPFlags(rawValue: 0x080) }
  /// Accurate ECN (RFC 9768 §3.1), where RFC 3540 once had the nonce sum.
  @inlinable public static var ae: TCPFlags { TCPFlags(rawValue: 0x100) }
  /// The three bits that RFC 9293 §3.1 reserves: senders clear them, receivers ignore them.
  @inlinable public static var reserved: TCPFlags { TCPFlags(rawValue: 0xe00) }
}

extension TCPFlags: CustomStringConvertible {
  /// One row for each named bit: its name, the letter that `--flags` takes, and the letters of the two notations.
  private struct Letters {
    let flag: TCPFlags
    let name: String
    let letter: Character
    let tcpdump: Character
    let packetdrill: Character
  }

  /// In the order in which tcpdump and packetdrill print them, which is the order of the bits.
  private static let table = [
    Letters(flag: .fin, name: "FIN", letter: "F", tcpdump: "F", packetdrill: "F"),
    Letters(flag: .syn, name: "SYN", letter: "S", tcpdump: "S", packetdrill: "S"),
    Letters(flag: .rst, name: "RST", letter: "R", tcpdump: "R", packetdrill: "R"),
    Letters(flag: .psh, name: "PSH", letter: "P", tcpdump: "P", packetdrill: "P"),
    Letters(flag: .ack, name: "ACK", letter: "A", tcpdump: ".", packetdrill: "."),
    Letters(flag: .urg, name: "URG", letter: "U", tcpdump: "U", packetdrill: "U"),
    Letters(flag: .ece, name: "ECE", letter: "E", tcpdump: "E", packetdrill: "E"),
    Letters(flag: .cwr, name: "CWR", letter: "C", tcpdump: "W", packetdrill: "W"),
    Letters(flag: .ae, name: "ACCECN", letter: "N", tcpdump: "e", packetdrill: "A"),
  ]

  /// tcpdump's letters, as between its brackets: `S.` for SYN and ACK, `none` when no named bit is set.
  ///
  /// Like tcpdump, says nothing of the reserved bits.
  public var tcpdumpLetters: String {
    let letters = String(Self.table.filter { contains($0.flag) }.map(\.tcpdump))
    return letters.isEmpty ? "none" : letters
  }

  /// packetdrill's letters: `S.` for SYN and ACK, `-` when no named bit is set.
  public var packetdrillLetters: String {
    let letters = String(Self.table.filter { contains($0.flag) }.map(\.packetdrill))
    return letters.isEmpty ? "-" : letters
  }

  /// The names with commas between, `SYN,ACK`; reserved bits as one hexadecimal number; `none` for the empty set.
  public var description: String {
    var text = ""
    for row in Self.table where contains(row.flag) { text += text.isEmpty ? row.name : "," + row.name }
    let rest = intersection(.reserved)
    if !rest.isEmpty { text += (text.isEmpty ? "0x" : ",0x") + String(rest.rawValue, radix: 16) }
    return text.isEmpty ? "none" : text
  }

  /// Reads `none`, names with commas (`SYN,ACK`), or letters (`SA`): F S R P A U E C, and N for accurate ECN.
  ///
  /// tcpdump's `.`, `W` and `e` are letters too, `0x…` gives bits as a number, and names may be in either case. Within a
  /// list `AE` and `NS` name the ninth bit; alone they are letters. A letter given twice is a mistake, and refused.
  public init?(parsing text: some StringProtocol) {
    var flags: TCPFlags = []
    guard !text.isEmpty else { return nil }
    if text.lowercased() == "none" {
      self = flags
      return
    }
    let words = text.split(separator: ",", omittingEmptySubsequences: false)
    for word in words {
      if let flag = Self.named(word, isListed: words.count > 1) {
        flags.formUnion(flag)
      } else if words.count == 1, let letters = Self.lettered(word) {
        flags.formUnion(letters)
      } else {
        return nil
      }
    }
    self = flags
  }

  /// The flag of a name, or the bits of a hexadecimal number.
  private static func named(_ word: some StringProtocol, isListed: Bool) -> TCPFlags? {
    let name = word.uppercased()
    if name.hasPrefix("0X"), name.utf8.count <= 5, let bits = UInt16(name.dropFirst(2), radix: 16) {
      return bits <= 0xfff ? TCPFlags(rawValue: bits) : nil
    }
    if isListed, name == "AE" || name == "NS" { return .ae }
    return table.first { $0.name == name }?.flag
  }

  /// The set of letters, each at most once.
  private static func lettered(_ word: some StringProtocol) -> TCPFlags? {
    var flags: TCPFlags = []
    for letter in word {
      guard let row = table.first(where: { $0.letter == letter || $0.tcpdump == letter }) else { return nil }
      guard flags.insert(row.flag).inserted else { return nil }
    }
    return flags.isEmpty ? nil : flags
  }
}
