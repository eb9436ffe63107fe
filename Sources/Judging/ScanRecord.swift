import Handshake
import Scan
import Timebase
import Wire

/// A line of a scan's JSON Lines, read again; whoever wrote it, nothing in it is taken for granted.
public enum ScanRecord: Sendable {
  /// What the scan is: `scan-begin`.
  case begin(ScanIdentity)
  /// A port of an address: `result`; the service's name as it was.
  case result(ScanResult, service: String?)
  /// A host or a prefix whose open ports are not to be believed: `mark`.
  case mark(ScanMark)
  /// What it came to: `scan`.
  case end(ScanSummary)
  /// Another line, which means nothing here.
  case other

  /// Why a line is none.
  public struct Mistake: Error, Hashable, Sendable {
    /// What is wrong, in words.
    public var text: String
  }

  /// The longest line that is read.
  public static let longestLine = 1 << 20

  /// Reads a line.
  public init(parsing line: [UInt8]) throws(Mistake) {
    let value: JSONValue
    do throws(JSONReader.Fault) { value = try JSONReader.value(of: line) } catch {
      throw Mistake(text: "not JSON: expected \(error.expected)")
    }
    switch value["type"]?.text {
    case "scan-begin":
      guard let identity = ScanIdentity(value) else { throw Mistake(text: "not a line of type scan-begin") }
      self = .begin(identity)
    case "result":
      guard let result = ScanResult(value) else { throw Mistake(text: "not a line of type result") }
      self = .result(result, service: value["service"]?.text)
    case "mark":
      guard let mark = ScanMark(value) else { throw Mistake(text: "not a line of type mark") }
      self = .mark(mark)
    case "scan":
      guard let summary = ScanSummary(value) else { throw Mistake(text: "not a line of type scan") }
      self = .end(summary)
    case nil: throw Mistake(text: "no type")
    default: self = .other
    }
  }
}

extension JSONValue {
  /// A count that is not negative, and that sums do not overflow.
  func count(_ name: String) -> UInt64? {
    guard let value = self[name]?.integer, (0...(1 << 53)).contains(value) else { return nil }
    return UInt64(value)
  }

  /// Sixteen hexadecimal digits.
  func hexadecimal(_ name: String) -> UInt64? {
    guard let text = self[name]?.text, text.utf8.count == 16 else { return nil }
    return UInt64(text, radix: 16)
  }

  /// A length of time that is not negative, up to a century.
  func duration(_ name: String) -> Interval? {
    guard let value = self[name]?.integer, (0...3_000_000_000_000_000_000).contains(value) else { return nil }
    return Interval(nanoseconds: value)
  }
}

extension ScanIdentity {
  /// Reads the members of a line that says which scan it is.
  init?(_ value: JSONValue) {
    guard let fingerprint = value.hexadecimal("fingerprint"), let seed = value.hexadecimal("seed"),
      let number = value.count("shard"), let count = value.count("shards"),
      let shard = ScanShard(number: number, of: count), let addresses = value.count("addresses"), addresses > 0,
      let ports = value["ports"]?.text.flatMap(ScanIdentity.ports), let passes = value.count("passes"),
      (1...64).contains(passes)
    else { return nil }
    let (probes, isTooGreat) = addresses.multipliedReportingOverflow(by: UInt64(ports.count))
    guard !isTooGreat, probes <= ScanTargets.mostProbes else { return nil }
    self.init(
      fingerprint: fingerprint, seed: seed, shard: shard, addresses: addresses, ports: ports, passes: Int(passes),
      showsOpenOnly: value["open_only"]?.truth ?? false)
  }

  /// Reads `22,80,8000-8010`: ascending, each once.
  private static func ports(_ text: String) -> [UInt16]? {
    var list: [UInt16] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false)
      guard (1...2).contains(ends.count), let first = UInt16(ends[0]), let last = UInt16(ends[ends.count - 1]),
        first <= last, list.last.map({ $0 < first }) ?? true
      else { return nil }
      list += first...last
    }
    return list.isEmpty ? nil : list
  }
}

extension ScanResult {
  /// Reads the members of a line of type `result`.
  fileprivate init?(_ value: JSONValue) {
    guard let address = value["address"]?.text.flatMap({ IPAddress(parsing: $0) }),
      let port = value["port"]?.integer.flatMap({ UInt16(exactly: $0) }),
      let state = value["state"]?.text.flatMap({ Verdict(rawValue: $0) }),
      let reason = value["reason"]?.text.flatMap({ Reason(rawValue: $0) }),
      let pass = value.count("transmissions"), (1...64).contains(pass)
    else { return nil }
    self.init(address: address, port: port, state: state, reason: reason, pass: Int(pass))
    rtt = value.duration("rtt_ns")
    hopLimit = value["ttl"]?.integer.flatMap { UInt8(exactly: $0) }
    router = value["router"]?.text.flatMap { IPAddress(parsing: $0) }
    synAck = value["syn_ack"].flatMap { SynAckFacts($0) }
    var followUp = ScanFollowUp()
    followUp.confirmation = value["confirmation"]?.text.flatMap { ScanConfirmation(rawValue: $0) }
    followUp.service = value["service_state"]?.text.flatMap { ServiceState(rawValue: $0) }
    followUp.banner = value["banner"]?.text.map { Array($0.octets.prefix(ScanFollowUp.mostOctets)) }
    (followUp.isSuspect, followUp.isAliased) = (value["suspect"]?.truth, value["aliased"]?.truth)
    self.followUp = followUp == ScanFollowUp() ? nil : followUp
  }
}

extension SynAckFacts {
  /// Reads the object `syn_ack`; options are those that TCPs send in a SYN-ACK.
  fileprivate init?(_ value: JSONValue) {
    guard let window = value["window"]?.integer.flatMap({ UInt16(exactly: $0) }), let words = value["options"]?.list,
      let tos = value["tos"]?.integer.flatMap({ UInt8(exactly: $0) })
    else { return nil }
    var options = TCPOptionList()
    for word in words { if let text = word.text { SynAckFacts.append(text, to: &options) } }
    var marks = IPMarks(hopLimit: 0)
    marks.dontFragment = value["df"]?.truth ?? false
    marks.identification = value["ip_id"]?.integer.flatMap { UInt16(exactly: $0) }
    let flags: TCPFlags = value["ecn"]?.truth ?? false ? [.syn, .ack, .ece] : [.syn, .ack]
    self.init(
      Segment(seq: SequenceNumber(0), ack: SequenceNumber(0), flags: flags, wnd: window, options: options), marks,
      trafficClass: tos)
  }

  private static func append(_ word: String, to options: inout TCPOptionList) {
    let parts = word.split(separator: " ")
    let number = { (place: Int) in parts.indices.contains(place) ? UInt32(parts[place]) : nil }
    switch parts.first {
    case "nop": options.appendNoOperation()
    case "eol": _ = options.append(.endOfList)
    case "sackOK": options.appendSACKPermitted()
    case "mss": if let size = number(1) { options.appendMaximumSegmentSize(UInt16(truncatingIfNeeded: size)) }
    case "wscale": if let shift = number(1) { options.appendWindowScale(UInt8(truncatingIfNeeded: shift)) }
    case "TS":
      if let value = number(2), let echo = number(4) { options.appendTimestamps(value: value, echoReply: echo) }
    default: break
    }
  }
}

extension ScanMark {
  /// Reads the members of a line of type `mark`.
  fileprivate init?(_ value: JSONValue) {
    guard let reason = value["why"]?.text.flatMap({ Reason(rawValue: $0) }), let asked = value.count("asked"),
      let open = value.count("open"), let place = value["address"]?.text ?? value["prefix"]?.text,
      let block = try? AddressBlock(parsing: place)
    else { return nil }
    self.init(block, reason, asked: Int(asked), open: Int(open))
  }
}

extension ScanSummary {
  /// Reads the members of a line of type `scan`.
  fileprivate init?(_ value: JSONValue) {
    guard let probes = value.count("probes"), let passes = value.count("passes"), (1...64).contains(passes),
      let unanswered = value.count("unanswered"), let sent = value.count("sent"),
      let duplicates = value.count("duplicates"), let rejected = value.count("rejected"),
      let dropped = value.count("dropped"), let elapsed = value.duration("time_ns"), let missed = value["missed"]?.list
    else { return nil }
    var answers = [[UInt64]](repeating: [UInt64](repeating: 0, count: Int(passes)), count: ScanTally.states.count)
    for entry in missed {
      guard let state = entry["state"]?.text.flatMap({ Verdict(rawValue: $0) }).flatMap(ScanTally.states.firstIndex),
        let list = entry["answers"]?.list, list.count == Int(passes)
      else { return nil }
      for (pass, count) in list.enumerated() {
        guard let number = count.integer, (0...(1 << 53)).contains(number) else { return nil }
        answers[state][pass] = UInt64(number)
      }
    }
    guard var tally = ScanTally(answers: answers, unanswered: unanswered) else { return nil }
    (tally.sent, tally.duplicates, tally.rejected) = (sent, duplicates, rejected)
    self.init(tally: tally, passes: Int(passes), probes: probes, elapsed: elapsed)
    self.dropped = UInt32(clamping: dropped)
    isInterrupted = value["interrupted"]?.truth ?? false
    if let hosts = value["suspect_hosts"].flatMap({ Checked($0) }) { self.hosts = hosts }
    if let prefixes = value["aliased_prefixes"].flatMap({ Checked($0) }) { self.prefixes = prefixes }
  }
}

extension ScanSummary.Checked {
  fileprivate init?(_ value: JSONValue) {
    guard let seen = value.count("seen"), let asked = value.count("checked"), let marked = value.count("marked"),
      let sent = value.count("sent")
    else { return nil }
    self.init()
    (self.seen, self.asked, self.marked, self.sent) = (seen, asked, marked, sent)
  }

  /// Adds those of another part.
  mutating func add(_ other: ScanSummary.Checked) {
    seen &+= other.seen
    asked &+= other.asked
    marked &+= other.marked
    sent &+= other.sent
  }
}
