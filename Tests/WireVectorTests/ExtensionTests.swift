import Testing
import Vectors
import Wire

/// What routers say beside the packets that they quote (RFC 4884), in messages that another program made.
struct ExtensionTests {
  static let interface = "incoming interface 2 \"eth0.7\" 203.0.113.17 mtu 1500"
  static let labels = "MPLS 16001 TC 5 TTL 1, MPLS 24 TC 0 TTL 254 S"
  static let other = "object class 247 type 3 0xcafebabe"

  /// Per vector: octets of quote, and the objects in words.
  static let rows: [(String, Int, [String])] =
    ["crafted-icmpv4", "crafted-icmpv6"].flatMap { group in
      [
        ("\(group)/labels", 128, [labels]), ("\(group)/interface", 128, [interface]),
        ("\(group)/next-hop", 128, ["next hop 2001:db8:9::1"]), ("\(group)/other-object", 128, [other]),
        ("\(group)/three-objects", 128, [labels, other, interface]), ("\(group)/no-objects", 128, []),
        ("\(group)/labels-no-length", 128, [labels]),
      ]
    } + [
      ("crafted-icmpv4/labels-short-quote", 64, [labels]), ("crafted-icmpv4/labels-no-sum", 128, [labels]),
      ("crafted-icmpv4/labels-wrong-sum", 128, []), ("crafted-icmpv4/labels-version-1", 128, []),
      // Without a length only the checksum tells a structure from what is quoted: without one it is quote.
      ("crafted-icmpv4/labels-no-sum-no-length", 144, []), ("crafted-icmpv4/multipart", 128, ["MPLS 24 TC 0 TTL 1 S"]),
      ("crafted-icmpv4/quote-60", 60, []), ("crafted-icmpv6/quote-80", 80, []),
    ]

  @Test(arguments: rows) func tellsTheObjects(name: String, quoted: Int, objects: [String]) {
    switch Dissection.ofIP(Vector.named(name).octets.span.raw) {
    case .icmpv4(_, let message):
      #expect(message.quote.byteCount == quoted)
      #expect(ICMPExtension.list(parsing: message.extensionStructure).map(\.description) == objects)
    case .icmpv6(_, let message):
      #expect(message.quote.byteCount == quoted)
      #expect(ICMPExtension.list(parsing: message.extensionStructure).map(\.description) == objects)
    default: Issue.record("no ICMP message")
    }
  }

  @Test func theValuesAreThoseOfTheFields() throws {
    let entry = MPLSLabelStackEntry(rawValue: 0xffff_fe80)
    #expect(entry.label == 0xfffff && entry.trafficClass == 7 && !entry.isBottom && entry.timeToLive == 0x80)
    let bottom = MPLSLabelStackEntry(rawValue: 0x0000_11ff)
    #expect(bottom.label == 1 && bottom.trafficClass == 0 && bottom.isBottom && bottom.timeToLive == 255)
    let payload: [UInt8] = [0, 0, 0, 9, 0, 1, 0, 0, 192, 0, 2, 1, 4, 0x61, 0x62, 0, 0, 0, 5, 220]
    #expect(
      ICMPExtension(classNumber: 2, type: 0x8f, payload: payload.span.raw)
        == .interface(
          InterfaceInformation(
            role: .outgoing, index: 9, address: .v4(IPv4Address(192, 0, 2, 1)), name: "ab", mtu: 1500)))
  }

  /// A structure of these objects, with its checksum.
  private func structure(_ objects: [UInt8]) -> [UInt8] {
    var octets: [UInt8] = [0x20, 0, 0, 0] + objects
    let sum = InternetChecksum.value(of: octets.span.raw)
    (octets[2], octets[3]) = (UInt8(sum >> 8), UInt8(sum & 0xff))
    return octets
  }

  private func words(_ objects: [UInt8]) -> [String] {
    ICMPExtension.list(parsing: structure(objects).span.raw).map(\.description)
  }

  @Test("what is malformed ends the walk, and what came before it counts")
  func malformedObjects() {
    let good: [UInt8] = [0, 8, 1, 1, 0, 1, 1, 1]
    let label = "MPLS 16 TC 0 TTL 1 S"
    #expect(words(good) == [label])
    for length: [UInt8] in [[0, 0], [0, 3], [0, 9], [0xff, 0xff]] {
      #expect(words(good + length + [1, 1, 0, 1, 1, 1]) == [label], "length \(length)")
      #expect(words(length + [1, 1, 0, 1, 1, 1] + good.prefix(0)) == [], "length \(length)")
    }
    #expect(words(good + [0]) == [label] && words(good + [0, 4, 1]) == [label], "half an object")
    #expect(words([0, 4, 9, 9]) == ["object class 9 type 9"], "no payload")
    #expect(words([]) == [])
  }

  @Test("an object that does not hold what its type says is shown as it came")
  func objectsThatLie() {
    #expect(words([0, 4, 1, 1]) == ["object class 1 type 1"], "no label")
    #expect(words([0, 7, 1, 1, 0, 1, 1]) == ["object class 1 type 1 0x000101"], "half a label")
    #expect(words([0, 8, 1, 2, 0, 1, 1, 1]) == ["object class 1 type 2 0x00010101"], "not the incoming stack")
    let interfaces: [(UInt8, [UInt8])] = [
      (0x08, [0, 0, 1]), (0x01, []), (0x04, [0, 1, 0, 0, 1, 2, 3]), (0x04, [0, 3, 0, 0, 1, 2, 3, 4]),
      (0x04, [0, 2, 0, 0, 1, 2, 3, 4]), (0x02, []), (0x02, [0, 0, 0, 0]), (0x02, [8, 0x61, 0x62, 0x63]),
      (0x02, [68] + [UInt8](repeating: 0x61, count: 67)), (0x0a, [0, 0, 0, 1]), (0x03, [4, 0x61, 0, 0]),
    ]
    for (type, payload) in interfaces {
      let object = ICMPExtension(classNumber: 2, type: type, payload: payload.span.raw)
      #expect(
        object == .other(classNumber: 2, type: type, octets: Array(payload.prefix(64))), "type \(type) \(payload)")
    }
    // Nothing is asked, and nothing is said.
    #expect(words([0, 4, 2, 0xc0]) == ["next hop"] && words([0, 4, 2, 0x40]) == ["incoming sub-IP interface"])
  }

  @Test("the name of an interface is text of others")
  func names() {
    func name(_ octets: [UInt8]) -> String {
      ICMPExtension(classNumber: 2, type: 0x02, payload: octets.span.raw).description
    }
    #expect(name([8, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0, 0]) == "incoming interface \"\\u{1b}[31m\"")
    #expect(name([4, 0x61, 0, 0x62]) == "incoming interface \"a\"" && name([1, 9, 9, 9]) == "incoming interface \"\"")
    #expect(name([64] + [UInt8](repeating: 0x78, count: 63)).count == 63 + 21)
    #expect(name([4, 0xff, 0xfe, 0x61]) == "incoming interface \"\u{fffd}\u{fffd}a\"")
  }

  @Test("neither many objects nor long ones take more than their share")
  func bounds() {
    let many = [[UInt8]](repeating: [0, 4, 9, 9], count: 10_000).flatMap { $0 }
    #expect(words(many).count == ICMPExtension.limit)
    let long = [0x40, 0x04, 9, 9] + [UInt8](repeating: 7, count: 0x4000)
    guard case .other(9, 9, let payload)? = ICMPExtension.list(parsing: structure(long).span.raw).first else {
      Issue.record("no object")
      return
    }
    #expect(payload == [UInt8](repeating: 7, count: 64))
    let stack = [0x40, 0x04, 1, 1] + [UInt8](repeating: 0, count: 0x4000)
    guard case .labels(let entries)? = ICMPExtension.list(parsing: structure(stack).span.raw).first else {
      Issue.record("no labels")
      return
    }
    #expect(entries.count == MPLSLabelStackEntry.limit)
  }

  @Test("every flipped bit of a structure is seen, and every cut") func damage() {
    let whole = structure([0, 8, 1, 1, 0, 1, 1, 1])
    #expect(ICMPExtension.list(parsing: whole.span.raw).count == 1)
    for index in whole.indices {
      for bit in 0..<8 {
        var octets = whole
        octets[index] ^= 1 << bit
        #expect(ICMPExtension.list(parsing: octets.span.raw).isEmpty, "bit \(bit) of octet \(index)")
      }
    }
    for count in 0..<whole.count {
      #expect(ICMPExtension.list(parsing: whole.span.raw.extracting(first: count)).isEmpty, "\(count) octets")
    }
  }
}
