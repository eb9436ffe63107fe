/// What one side of a script sends: a segment or an ICMP error, and the tricks that are played with it.
///
///     S. 0:0(0) ack 1                 a segment
///     icmp 3/1|1/0 quote=8            an ICMP error, type/code of IPv4 and of IPv6, about the other side's latest packet
///
/// | trick | effect |
/// |---|---|
/// | `checksum=bad` | the TCP or ICMP checksum is wrong |
/// | `checksum=unfinished` | it is only the sum of the pseudo-header, as an offload that never happens leaves it |
/// | `offset=N`, `reserved=N` | that data offset, in words; those reserved bits |
/// | `from=other`, `port=N` | from another address than the target's; from another port |
/// | `duplicate`, `copies=N` | twice; so often |
/// | `fragments=24,16` | in fragments of so many octets behind the IP header, and the rest |
/// | `ipchecksum=bad`, `ipoptions=1,1,1,1` | IPv4: a wrong header checksum; header options, in decimal |
/// | `ttl=N`, `tos=N` | time to live or hop limit; type of service or traffic class |
/// | `id=N`, `df=0` | IPv4: that identification; don't fragment is off |
/// | `extensions=hop-by-hop,routing,destination,fragment` | IPv6: these headers before the transport |
/// | `flowlabel=N` | IPv6: that flow label |
/// | `quote=N` | the error quotes N octets behind the IP header |
/// | `quote=none`, `other-seq`, `other-port`, `other-peer` | nothing; a sequence number, a flow that is not ours |
/// | `quote=nested`, `extended` | an ICMP error about ours; ours behind an extension header |
/// | `word=N` | the second word of the error: an MTU |
public struct ScriptPacket: Hashable, Sendable {
  /// A segment, or an ICMP error about the other side's latest packet.
  public enum Content: Hashable, Sendable {
    /// A segment.
    case segment(ScriptSegment)
    /// An ICMP error.
    case icmp(ScriptError)
  }

  /// What the sender does to the transport's checksum.
  public enum Checksum: String, Hashable, Sendable {
    /// It is right.
    case right
    /// It is wrong.
    case bad
    /// It is only the sum of the pseudo-header.
    case unfinished
  }

  /// What is sent.
  public private(set) var content: Content
  /// The transport's checksum.
  public private(set) var checksum = Checksum.right
  /// The data offset in words; nil is the right one.
  public private(set) var dataOffset: UInt8?
  /// The reserved bits.
  public private(set) var reserved: UInt8 = 0
  /// Whether another address than the target's sends it.
  public private(set) var isFromOther = false
  /// The port that it is sent from; nil is the target's.
  public private(set) var port: UInt16?
  /// How often it is sent.
  public private(set) var copies = 1
  /// What is done to the IP packet around it.
  public private(set) var envelope = ScriptEnvelope()

  init(_ words: inout ScriptWords, family: Int) throws(ScriptWords.Mistake) {
    if words.take("icmp") {
      let (type, code) = try ScriptPacket.typeAndCode(&words, family: family)
      content = .icmp(ScriptError(type: type, code: code))
    } else {
      content = .segment(try ScriptSegment(&words, isAwaited: false))
    }
    while let word = words.peek {
      if words.take("duplicate") {
        copies = 2
      } else {
        let (key, value) = try ScriptWords.pair(word)
        var isKnown = try read(key, value)
        if !isKnown { isKnown = try envelope.read(key, value, family: family) }
        guard isKnown else { throw .init("what is '\(word)'?") }
        _ = try words.next("a trick")
      }
    }
  }

  /// `3/1`, or `3/1|1/0`: an ICMP error's type and code, of IPv4 and of IPv6.
  static func typeAndCode(_ words: inout ScriptWords, family: Int) throws(ScriptWords.Mistake) -> (UInt8, UInt8) {
    let kinds = try words.next("type/code").split(separator: "|")
    guard let kind = family == 4 ? kinds.first : kinds.last, kinds.count <= 2 else { throw .init("no type/code") }
    let numbers = kind.split(separator: "/")
    guard numbers.count == 2 else { throw .init("say icmp 3/1, not '\(kind)'") }
    return (try ScriptWords.octet(numbers[0]), try ScriptWords.octet(numbers[1]))
  }

  private mutating func read(_ key: String, _ value: String) throws(ScriptWords.Mistake) -> Bool {
    switch (key, content) {
    case ("checksum", _):
      guard let known = Checksum(rawValue: value), known != .right else { return false }
      checksum = known
    case ("from", _):
      guard value == "other" else { throw .init("from=other is all there is") }
      isFromOther = true
    case ("offset", .segment): dataOffset = UInt8(try ScriptWords.number(value, in: 0...15))
    case ("reserved", .segment): reserved = UInt8(try ScriptWords.number(value, in: 0...15))
    case ("copies", _): copies = Int(try ScriptWords.number(value, in: 1...1_000))
    case ("port", .segment): port = UInt16(try ScriptWords.number(value, in: 1...65_535))
    case ("word", .icmp(var error)):
      error.word = try ScriptWords.number(value)
      content = .icmp(error)
    case ("quote", .icmp(var error)):
      error.quote = try ScriptPacket.quote(value)
      content = .icmp(error)
    default: return false
    }
    return true
  }

  private static func quote(_ value: String) throws(ScriptWords.Mistake) -> ScriptError.Quote {
    switch value {
    case "whole": .whole
    case "none": .none
    case "other-seq": .otherSequence
    case "other-port": .otherPort
    case "other-peer": .otherPeer
    case "nested": .nested
    case "extended": .extended
    default: .octets(Int(try ScriptWords.number(value, in: 0...1000)))
    }
  }
}

/// An ICMP error about the other side's latest packet.
public struct ScriptError: Hashable, Sendable {
  /// What it quotes.
  public enum Quote: Hashable, Sendable {
    /// The whole packet.
    case whole
    /// So many octets behind the IP header.
    case octets(Int)
    /// Nothing.
    case none
    /// A packet with a sequence number that is not ours.
    case otherSequence
    /// A packet from a port that is not ours.
    case otherPort
    /// A packet to another peer.
    case otherPeer
    /// An ICMP error about ours.
    case nested
    /// Ours, behind an extension header.
    case extended
  }

  /// The type.
  public let type: UInt8
  /// The code.
  public let code: UInt8
  /// The second word: an MTU.
  public internal(set) var word: UInt32 = 0
  /// What it quotes.
  public internal(set) var quote = Quote.whole

  init(type: UInt8, code: UInt8) { (self.type, self.code) = (type, code) }
}

/// What a scenario does to the IP packet around its segment or error.
public struct ScriptEnvelope: Hashable, Sendable {
  /// Octets behind the IP header in every fragment but the last; none where the packet stays whole.
  public var fragments: [Int] = []
  /// The IPv4 header's checksum is wrong.
  public var hasBadChecksum = false
  /// Options of the IPv4 header, padded.
  public var options: [UInt8] = []
  /// Time to live or hop limit; nil is the sender's usual one.
  public var timeToLive: UInt8?
  /// Type of service or traffic class.
  public var trafficClass: UInt8 = 0
  /// IPv4's identification; nil leaves it to the sender.
  public var identification: UInt16?
  /// IPv4's don't fragment; nil leaves it to the sender.
  public var dontFragment: Bool?
  /// IPv6 extension headers, by their numbers, in order.
  public var extensions: [UInt8] = []
  /// IPv6's flow label.
  public var flowLabel: UInt32 = 0

  /// Nothing is done to it.
  public init() {}

  private static let names: [String: UInt8] = ["hop-by-hop": 0, "routing": 43, "fragment": 44, "destination": 60]

  /// Takes a trick of the IP header's; false where it is none.
  mutating func read(_ key: String, _ value: String, family: Int) throws(ScriptWords.Mistake) -> Bool {
    let values = value.split(separator: ",")
    switch key {
    case "fragments":
      for value in values { fragments.append(Int(try ScriptWords.number(value, in: 8...1400))) }
      guard fragments.count <= 64 else { throw .init("64 fragments at most") }
      guard fragments.allSatisfy({ $0 % 8 == 0 }) else { throw .init("a fragment has a multiple of 8 octets") }
    case "ttl": timeToLive = try ScriptWords.octet(value)
    case "tos": trafficClass = try ScriptWords.octet(value)
    case "id", "df":
      guard family == 4 else { throw .init("\(key)= is for 'family: 4'") }
      if key == "id" {
        identification = UInt16(try ScriptWords.number(value, in: 0...65_535))
      } else {
        dontFragment = try ScriptWords.number(value, in: 0...1) == 1
      }
    case "flowlabel":
      guard family == 6 else { throw .init("flowlabel= is for 'family: 6'") }
      flowLabel = try ScriptWords.number(value, in: 0...0xfffff)
    case "ipchecksum":
      guard family == 4, value == "bad" else { throw .init("ipchecksum=bad is for 'family: 4'") }
      hasBadChecksum = true
    case "ipoptions":
      guard family == 4, options.count + values.count <= 40 else {
        throw .init("up to 40 ipoptions are for 'family: 4'")
      }
      for value in values { options.append(try ScriptWords.octet(value)) }
    case "extensions":
      for value in values {
        guard family == 6, let number = ScriptEnvelope.names[String(value)] else {
          throw .init("extensions are for 'family: 6'; there is no '\(value)'")
        }
        extensions.append(number)
      }
      guard extensions.count <= 16 else { throw .init("16 extensions at most") }
    default: return false
    }
    return true
  }
}
