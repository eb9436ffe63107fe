import Handshake
import Scan
import Timebase
import Wire

// The file of `--resume`, in words of eight octets, the lowest first:
//
//   a line of JSON, type `scan-resume` (Report writes it), filled up with spaces before its line feed
//   the blocks of IPv4: first and last address, four octets each
//   the blocks of IPv6: first and last address, sixteen octets each
//   the ports in their order, two octets each, filled up with zeros
//   the bits of what was answered, without the words behind the last one that is not 0
//   a sum of all words before

/// Where a scan is: what it needs to go on later, in another process.
public struct ScanState: Sendable {
  /// Which scan, and which part.
  public var identity: ScanIdentity
  /// What is scanned.
  public var targets: ScanTargets
  /// What sequence numbers are made from.
  public var key: SipHash.Key
  /// How SYNs are made and which way they leave, in words.
  public var manner: String
  /// The options of the command line that began it.
  public var options: [String]
  /// The pass, from 0, and up to which probe all of it were sent and waited for.
  public var (pass, next): (Int, UInt64)
  /// How many passes were added because this host lost packets.
  public var repeats = 0
  /// What came out so far.
  public var tally: ScanTally
  /// How long it took so far.
  public var elapsed: Interval
  /// How many packets the kernel has dropped.
  public var dropped: UInt32 = 0
  /// Our ports, one a pass.
  public var localPorts: [UInt16]
  /// The file of results that is continued, and how long it is; nil where there is none.
  public var file: (name: String, length: UInt64)?
  /// Whether nothing is left to do.
  public var isComplete = false

  /// A state from its parts.
  public init(
    identity: ScanIdentity, targets: ScanTargets, key: SipHash.Key, manner: String, options: [String], pass: Int,
    next: UInt64, tally: ScanTally, elapsed: Interval, localPorts: [UInt16]
  ) {
    (self.identity, self.targets, self.key, self.manner, self.options) = (identity, targets, key, manner, options)
    (self.pass, self.next, self.tally, self.elapsed, self.localPorts) = (pass, next, tally, elapsed, localPorts)
  }

  /// What another run would do that this one did not, in words; nil where it would go on with it.
  public func difference(from other: ScanIdentity, manner: String) -> String? {
    if let difference = identity.difference(from: other) { return difference }
    if identity.shard != other.shard { return "shard \(other.shard) instead of \(identity.shard)" }
    return self.manner == manner ? nil : "other options of its SYNs: \(manner), instead of \(self.manner)"
  }
}

// MARK: Writing

extension ScanState {
  /// Writes the file in pieces; `header` is its first line, without the line feed.
  public func write<Failure: Error>(
    _ header: String, _ bits: ScanBits, to sink: (RawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    var writer = WordWriter()
    var line = Array(header.utf8)
    while line.count % 8 != 7 { line.append(UInt8(ascii: " ")) }
    line.append(UInt8(ascii: "\n"))
    for start in stride(from: 0, to: line.count, by: 8) { writer.add(WordWriter.word(line[start..<start + 8])) }
    let (v4, v6) = (targets.blocks.filter { $0.family == .v4 }, targets.blocks.filter { $0.family == .v6 })
    for block in v4 {
      writer.add(UInt64(truncatingIfNeeded: block.first) | UInt64(truncatingIfNeeded: block.last) << 32)
      if writer.isFull { try writer.hand(to: sink) }
    }
    for block in v6 {
      for number in [block.first, block.last] {
        writer.add(UInt64(truncatingIfNeeded: number))
        writer.add(UInt64(truncatingIfNeeded: number >> 64))
      }
      if writer.isFull { try writer.hand(to: sink) }
    }
    for start in stride(from: 0, to: identity.ports.count, by: 4) {
      var word: UInt64 = 0
      for (place, port) in identity.ports[start..<min(start + 4, identity.ports.count)].enumerated() {
        word |= UInt64(port) << UInt64(16 * place)
      }
      writer.add(word)
    }
    for index in 0..<ScanState.words(of: bits, isComplete) {
      writer.add(bits.word(index))
      if writer.isFull { try writer.hand(to: sink) }
    }
    writer.finish()
    try writer.hand(to: sink)
  }

  /// How many words are written: none of a scan that is over.
  public static func words(of bits: ScanBits, _ isComplete: Bool) -> UInt64 {
    var count = isComplete ? 0 : bits.wordCount
    while count > 0, bits.word(count - 1) == 0 { count -= 1 }
    return count
  }
}

/// Words on their way into a file, and their sum.
private struct WordWriter {
  private var octets: [UInt8] = []
  private var sum = WordSum()

  init() { octets.reserveCapacity(65_536 + 64) }

  var isFull: Bool { octets.count >= 65_536 }

  mutating func add(_ word: UInt64) {
    sum.add(word)
    append(word)
  }

  mutating func finish() { append(sum.value) }

  private mutating func append(_ word: UInt64) {
    for shift in stride(from: 0, to: 64 as UInt64, by: 8) { octets.append(UInt8(truncatingIfNeeded: word >> shift)) }
  }

  mutating func hand<Failure: Error>(to sink: (RawSpan) throws(Failure) -> Void) throws(Failure) {
    try sink(octets.span.raw)
    octets.removeAll(keepingCapacity: true)
  }

  static func word(_ octets: ArraySlice<UInt8>) -> UInt64 {
    octets.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// A sum that differs wherever one word does: each step is a bijection of what came before.
private struct WordSum {
  private(set) var value: UInt64 = 0x7072_6f62_6573_756d

  mutating func add(_ word: UInt64) {
    value = (value ^ word) &* 0x9e37_79b9_7f4a_7c15
    value ^= value >> 29
  }
}

// MARK: Reading

extension ScanState {
  /// Why a file is no state of a scan, in words.
  public struct Mistake: Error, Hashable, Sendable {
    /// What is wrong, in words.
    public var text: String
  }

  /// The longest first line.
  private static let longestHeader = 1 << 20
  private static let foreign = Mistake(text: "not a file of probe scan --resume")
  private static let damaged = Mistake(text: "damaged: it does not hold what it says")

  /// Reads a file that `write` has written; whatever is in it.
  public static func read(_ octets: [UInt8]) throws(Mistake) -> (state: ScanState, bits: ScanBits) {
    guard let end = octets.prefix(longestHeader).firstIndex(of: UInt8(ascii: "\n")), octets.first == UInt8(ascii: "{"),
      let header = try? JSONReader.value(of: Array(octets[..<end])), header["type"]?.text == "scan-resume"
    else { throw foreign }
    let start = end + 1
    guard octets.count % 8 == 0, start % 8 == 0, octets.count - start >= 8 else {
      throw Mistake(text: "damaged: its end is missing")
    }
    let words = octets.span.raw
    var sum = WordSum()
    for place in stride(from: 0, to: octets.count - 8, by: 8) { sum.add(words.word(at: place)) }
    guard sum.value == words.word(at: octets.count - 8) else {
      throw Mistake(text: "damaged: its checksum does not match")
    }
    var body = Body(words: words, offset: start, end: octets.count - 8)
    return try read(header, &body)
  }

  private struct Body: ~Escapable {
    let words: RawSpan
    var offset: Int
    let end: Int

    @_lifetime(copy words)
    init(words: RawSpan, offset: Int, end: Int) { (self.words, self.offset, self.end) = (words, offset, end) }

    var left: UInt64 { UInt64(max(end - offset, 0) / 8) }

    mutating func next() -> UInt64? {
      guard offset < end else { return nil }
      defer { offset += 8 }
      return words.word(at: offset)
    }
  }

  private static func read(
    _ header: JSONValue, _ body: inout Body
  ) throws(Mistake) -> (state: ScanState, bits: ScanBits) {
    guard let identity = ScanIdentity(header), let k0 = header.hexadecimal("key0"), let k1 = header.hexadecimal("key1"),
      let manner = header["manner"]?.text, let options = header["options"]?.list?.compactMap(\.text),
      let pass = header.count("pass"), let next = header.count("next"), let elapsed = header.duration("time_ns"),
      let locals = header["local_ports"]?.list?.compactMap({ $0.integer.flatMap { UInt16(exactly: $0) } }),
      let tally = ScanTally(header), let repeats = header.count("repeats"), let isComplete = header["complete"]?.truth
    else { throw damaged }
    let targets = try targets(header, identity, &body)
    guard targets.fingerprint == identity.fingerprint, targets.addresses == identity.addresses,
      identity.size <= ScanBits.most, pass < UInt64(tally.passes), next <= identity.size,
      repeats <= 64, tally.passes >= identity.passes, tally.answered <= identity.size
    else { throw damaged }
    let bits = ScanBits(count: identity.size)
    guard header.count("words") == body.left, body.left <= bits.wordCount else { throw damaged }
    for index in 0..<body.left {
      guard let word = body.next(), word & ~bits.mask(index) == 0 else { throw damaged }
      bits.insert(word: word, at: index)
    }
    var own = identity
    own.ports = targets.ports
    var state = ScanState(
      identity: own, targets: targets, key: SipHash.Key(k0: k0, k1: k1), manner: manner, options: options,
      pass: Int(pass), next: next, tally: tally, elapsed: elapsed, localPorts: locals)
    state.dropped = UInt32(clamping: header.count("dropped") ?? 0)
    if let name = header["file"]?.text, let length = header.count("file_length") { state.file = (name, length) }
    (state.isComplete, state.repeats) = (isComplete, Int(repeats))
    return (state, bits)
  }

  private static func targets(
    _ header: JSONValue, _ identity: ScanIdentity, _ body: inout Body
  ) throws(Mistake) -> ScanTargets {
    guard let v4 = header.count("blocks4"), let v6 = header.count("blocks6"), v4 <= body.left,
      v6 <= body.left / 4
    else { throw damaged }
    var blocks = AddressBlocks()
    for _ in 0..<v4 {
      guard let word = body.next(), let block = AddressBlock(.v4, UInt128(word & 0xffff_ffff), UInt128(word >> 32))
      else {
        throw damaged
      }
      blocks.append(block)
    }
    for _ in 0..<v6 {
      guard let a = body.next(), let b = body.next(), let c = body.next(), let d = body.next(),
        let block = AddressBlock(.v6, UInt128(b) << 64 | UInt128(a), UInt128(d) << 64 | UInt128(c))
      else { throw damaged }
      blocks.append(block)
    }
    var ports: [UInt16] = []
    while ports.count < identity.ports.count, let word = body.next() {
      for place in 0..<min(4, identity.ports.count - ports.count) {
        ports.append(UInt16(truncatingIfNeeded: word >> UInt64(16 * place)))
      }
    }
    guard ports.sorted() == identity.ports,
      let targets = try? ScanTargets(blocks, excluding: AddressBlocks(), ports: ports)
    else { throw damaged }
    return targets
  }
}

extension RawSpan {
  /// Eight octets, the lowest first.
  fileprivate func word(at offset: Int) -> UInt64 { load(bigEndian: offset, as: UInt64.self).byteSwapped }
}

extension ScanTally {
  /// How many passes it counts.
  public var passes: Int { answers.first?.count ?? 0 }

  /// Reads the members of a line.
  fileprivate init?(_ value: JSONValue) {
    guard let lists = value["answers"]?.list, let sent = value.count("sent"),
      let duplicates = value.count("duplicates"), let rejected = value.count("rejected")
    else { return nil }
    var answers: [[UInt64]] = []
    for list in lists {
      guard let numbers = list.list, (1...64).contains(numbers.count) else { return nil }
      var counts: [UInt64] = []
      for number in numbers {
        guard let count = number.integer, (0...(1 << 53)).contains(count) else { return nil }
        counts.append(UInt64(count))
      }
      answers.append(counts)
    }
    self.init(answers: answers, unanswered: 0)
    (self.sent, self.duplicates, self.rejected) = (sent, duplicates, rejected)
  }
}
