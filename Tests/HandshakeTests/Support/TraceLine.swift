import Timebase
import Wire

@testable import Handshake

/// One line of a trace, in packetdrill's notation: `TIME EVENT`, numbers relative to each end's ISS.
///
///     0.1  < S. 0:0(0) ack 1 win 65160 <mss 1460>     the peer sends
///     0.1  > . 1:1(0) ack 1                           we send, at exactly this moment
///     0.1  < R 9:9(0)  ! rst-mismatch                 the peer sends what is refused
///     0.1  = ESTABLISHED SYN-RECEIVED                 our state and the peer's
///     0.2  icmp icmp-host-unreachable quoting 0       an ICMP error, quoting a SEG.SEQ
///     0.3  refuse bad-checksum                        a packet that could not be read
///     0.5  -                                          silence up to and including this moment
///     0.5  abort, noroute, late                       user's doors; late: the kernel's stamps come now
///     0.5  write 100, shutdown, take 100              the owner's: to send, no more, what came (compared)
///     0.5  end open syn-ack fin                       verdict, reason, ending; nothing more is due
struct TraceLine {
  enum Event {
    case sends(Expected)
    case receives(Segment, Refusal?)
    case icmp(Reason, quoting: SequenceNumber?, Refusal?)
    case refuse(Refusal)
    case states(State, State)
    case silence
    case abort
    case write(Int)
    case shutdown
    case take(Int)
    case noRoute
    case stamps
    case end(Verdict?, Reason?, Ending)
  }

  /// What a `>` line says; what it leaves out is not compared.
  struct Expected {
    var segment: Segment
    var comparesWindow: Bool
    var comparesOptions: Bool
  }

  struct Mistake: Error { var text: String }

  var time: Interval
  var event: Event
  var text: String

  /// The numbers that the relative ones of a trace are counted from.
  struct Bases {
    var ours: SequenceNumber
    var theirs: SequenceNumber
  }

  /// Reads a line; nil where it is empty or a comment.
  init?(_ line: Substring, _ bases: Bases) throws {
    let meaningful = line.prefix { $0 != "#" }
    var words = meaningful.split(separator: " ").map(String.init)
    guard words.count >= 2 else {
      if words.isEmpty { return nil }
      throw Mistake(text: "no event: \(line)")
    }
    text = meaningful.split(separator: " ").joined(separator: " ")
    time = try TraceLine.seconds(words.removeFirst())
    let verb = words.removeFirst()
    let refusal = try TraceLine.takeRefusal(from: &words)
    switch verb {
    case ">":
      let (segment, names) = try TraceLine.segment(words, seqBase: bases.ours, ackBase: bases.theirs)
      event = .sends(
        Expected(
          segment: segment, comparesWindow: names.contains("win"), comparesOptions: names.contains("options")))
    case "<":
      event = .receives(try TraceLine.segment(words, seqBase: bases.theirs, ackBase: bases.ours).0, refusal)
    case "icmp":
      let quoted = words.count == 3 ? bases.ours + (try TraceLine.number(words[2])) : nil
      event = .icmp(try TraceLine.value(words[0]), quoting: quoted, refusal)
    case "refuse": event = .refuse(try TraceLine.value(words[0]))
    case "=": event = .states(try TraceLine.value(words[0]), try TraceLine.value(words[1]))
    case "-": event = .silence
    case "abort": event = .abort
    case "write": event = .write(Int(try TraceLine.number(words[0])))
    case "shutdown": event = .shutdown
    case "take": event = .take(Int(try TraceLine.number(words[0])))
    case "noroute": event = .noRoute
    case "late": event = .stamps
    case "end":
      let isUndecided = words[0] == "undecided"
      event = .end(
        isUndecided ? nil : try TraceLine.value(words[0]), isUndecided ? nil : try TraceLine.value(words[1]),
        try TraceLine.value(words[words.count - 1]))
    default: throw Mistake(text: "what is \(verb)? \(line)")
    }
  }
}

// MARK: The words of a line

extension TraceLine {
  private static func value<Name: RawRepresentable<String>>(_ word: String) throws -> Name {
    guard let value = Name(rawValue: word) else { throw Mistake(text: "\(Name.self) has no \(word)") }
    return value
  }

  private static func takeRefusal(from words: inout [String]) throws -> Refusal? {
    guard let mark = words.firstIndex(of: "!"), mark + 1 < words.count else { return nil }
    let refusal: Refusal = try value(words[mark + 1])
    words.removeSubrange(mark...)
    return refusal
  }

  /// A decimal number of 32 bits, negative ones counted back round the circle.
  private static func number(_ word: some StringProtocol) throws -> UInt32 {
    guard let value = Int64(word) else { throw Mistake(text: "no number: \(word)") }
    return UInt32(truncatingIfNeeded: value)
  }

  /// Seconds with up to nine decimals, exactly.
  static func seconds(_ word: String) throws -> Interval {
    let parts = word.split(separator: ".", omittingEmptySubsequences: false)
    let decimals = parts.count > 1 ? parts[1] : ""
    guard parts.count <= 2, decimals.count <= 9, let whole = Int64(parts[0]),
      let fraction = Int64(decimals + String(repeating: "0", count: 9 - decimals.count))
    else { throw Mistake(text: "no time: \(word)") }
    return .seconds(whole) + .nanoseconds(fraction)
  }

  /// `S. 0:0(0) ack 1 win 65160 <mss 1460>`, and the names of what it says beyond flags and numbers.
  private static func segment(
    _ words: [String], seqBase: SequenceNumber, ackBase: SequenceNumber
  ) throws -> (Segment, Set<String>) {
    guard words.count >= 2, let flags = TCPFlags(parsing: words[0] == "-" ? "none" : words[0]) else {
      throw Mistake(text: "no segment: \(words)")
    }
    let numbers = words[1].split(whereSeparator: { ":()".contains($0) })
    guard numbers.count == 3 else { throw Mistake(text: "no numbers: \(words[1])") }
    let (first, last) = (try number(numbers[0]), try number(numbers[1]))
    guard last &- first == (try number(numbers[2])) else { throw Mistake(text: "wrong length: \(words[1])") }
    var segment = Segment(seq: seqBase + first, flags: flags, wnd: 65_535, textLength: Int(last &- first))
    var names: Set<String> = []
    var rest = words[2...]
    while let word = rest.popFirst() {
      switch word {
      case "ack": segment.acknowledgment = ackBase + (try number(rest.popFirst() ?? ""))
      case "win": segment.wnd = UInt16(truncatingIfNeeded: try number(rest.popFirst() ?? ""))
      default:
        segment.options = try options(([word] + rest).joined(separator: " "), sackBase: ackBase)
        rest = []
        names.insert("options")
      }
      names.insert(word)
    }
    guard flags.contains(.ack) == names.contains("ack") else { throw Mistake(text: "ACK or not? \(words)") }
    return (segment, names)
  }

  /// `<mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7,sack 0:1>`; `raw a b c` gives octets as they are, in decimal.
  private static func options(_ text: String, sackBase: SequenceNumber) throws -> TCPOptionList {
    guard text.hasPrefix("<"), text.hasSuffix(">") else { throw Mistake(text: "no options: \(text)") }
    var list = TCPOptionList()
    for option in text.dropFirst().dropLast().split(separator: ",") {
      let words = option.split(separator: " ")
      switch words[0] {
      case "mss": list.appendMaximumSegmentSize(UInt16(truncatingIfNeeded: try number(words[1])))
      case "sackOK": list.appendSACKPermitted()
      case "TS": list.appendTimestamps(value: try number(words[2]), echoReply: try number(words[4]))
      case "nop": list.appendNoOperation()
      case "wscale": list.appendWindowScale(UInt8(truncatingIfNeeded: try number(words[1])))
      case "sack":
        let ends = words[1].split(separator: ":")
        list.appendSACK(first: sackBase + (try number(ends[0])), last: sackBase + (try number(ends[1])))
      case "raw":
        let octets = try words.dropFirst().map { UInt8(truncatingIfNeeded: try number($0)) }
        list.append(raw: octets.span.raw)
      default: throw Mistake(text: "what is \(option)?")
      }
    }
    return list
  }
}
