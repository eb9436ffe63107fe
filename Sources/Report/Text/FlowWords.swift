import Capture
import Handshake
import Judging
import Timebase
import Wire

extension TrackedFlow {
  /// How far it came and by whom: `fin by client`, or `fin by client, rst by server`.
  var endingWords: String { ComparedFlow.End(self).words }

  /// An end's name in words and in machine output.
  static func name(_ isClient: Bool) -> String { isClient ? "client" : "server" }

  var endingColour: Style.Colour? {
    switch ending {
    case .fin: .good
    case .rst, .refused, .unreachable: .bad
    case .unanswered, .halfOpen: .doubtful
    case .halfClosed, .closing, .open: nil
    }
  }

  /// The remarks, and before them who reset it where that was not an end, and how it was cut off.
  func listedRemarks(_ style: Style) -> [String] {
    var words: [String] = []
    if let reset = resetOrigin, reset.mark != nil {
      let end = reset.isReset ? isResetByClient : isClosedByClient
      words.append("\(reset.subject) not from the \(TrackedFlow.name(end ?? false)) (TTL \(reset.hopLimit))")
    }
    if let signature = tamperingWords(style) { words.append(signature) }
    return words + remarks
  }

  /// The signature that it matches; nil without one.
  func tamperingWords(_ style: Style) -> String? {
    if case .signature(let signature) = tampering { signature.words(style) } else { nil }
  }

  /// What is told only where it happened, both ends together.
  var remarks: [String] {
    var words: [String] = []
    if !isOpenerKnown { words.append("handshake not captured") }
    if let isOnlyClientSeen { words.append("only the \(TrackedFlow.name(isOnlyClientSeen))'s side captured") }
    if isReopened { words.append("reset, then opened") }
    if isSimultaneous { words.append("both opened") }
    if isForgotten { words.append("evicted early") }
    if client.synCopies > 1 { words.append("\(client.synCopies) SYNs") }
    if server.synCopies > 1 { words.append("\(server.synCopies) SYN-ACKs") }
    if let errors { words.append(errors.words) }
    func tell(_ count: (FlowSide) -> Int, _ what: String, _ more: String? = nil) {
      let sum = count(client) + count(server)
      if sum > 0 { words.append(more.map { "\(sum) \($0)" } ?? counted(sum, what)) }
    }
    tell(\.retransmissions, "", "retransmitted")
    tell(\.outOfOrder, "", "out of order")
    tell(\.gaps, "gap")
    tell(\.zeroWindows, "zero window")
    tell(\.keepAlives, "keep-alive")
    tell(\.windowProbes, "zero-window probe")
    let others = Int(client.otherSynAcks) + Int(server.otherSynAcks)
    if others > 0 { words.append(counted(others, "SYN-ACK") + " with another sequence number") }
    tell({ $0.strays - Int($0.otherSynAcks) }, "stray")
    tell(\.badChecksums, "bad checksum")
    tell(\.unverifiedChecksums, "", "cut short")
    tell(\.duplicates, "", "captured twice")
    tell(\.malformedOptions, "malformed option list")
    return words
  }
}

extension TamperingSignature {
  /// As the paper writes it; in ASCII where there is nothing else.
  func words(_ style: Style) -> String {
    guard !style.isUnicode else { return rawValue }
    return rawValue.map { letter -> String in
      switch letter {
      case "→": "->"
      case "∅": "nothing"
      case "≠": "!="
      case "₀": "(ack 0)"
      default: String(letter)
      }
    }.joined()
  }
}

extension FlowErrors {
  /// The first of them, and how many more: `ICMP host-unreachable from 192.0.2.1 and 2 more`.
  var words: String {
    "ICMP \(verdict?.name ?? "\(type)/\(code)") from \(source)" + (count > 1 ? " and \(count - 1) more" : "")
  }
}

extension ComparedFlow.End {
  /// In words: `fin by client`, `open, fin`.
  var words: String {
    switch self {
    case .flow(let ending, let closer?, let resetter?): "fin by \(closer), \(ending) by \(resetter)"
    case .flow(let ending, let closer?, nil): "\(ending) by \(closer)"
    case .flow(let ending, nil, _): ending
    case .connection(let state, let closing?): "\(state), \(closing)"
    case .connection(let state, nil): state
    }
  }
}

extension FlowStep {
  /// The step and its time: `syn 0.213 ms`.
  var words: String {
    guard let time else { return "\(kind.rawValue) " + (isAmbiguous ? "ambiguous" : "unknown") }
    return "\(kind.rawValue) \(time.replyMilliseconds) ms"
  }
}

extension FlowSide {
  /// What its SYN offered, as tcpdump has it: `isn 1000, win 64240, mss 1460, sackOK`.
  var offerWords: String? {
    guard let synchronization else { return nil }
    let words =
      ["isn \(synchronization.isn)", "win \(synchronization.window)"]
      + OptionWords.withoutPadding(synchronization.options)
    return words.joined(separator: ", ")
  }

  /// What it sent: `6 packets, 1240 octets`.
  var sentWords: String { counted(packets, "packet") + ", " + counted(octets, "octet") }
}

extension FlowAgreement {
  /// What both ends agreed on: `segments up to 1460 and 1440, windows scaled by 7 and 8, SACK`.
  var words: String {
    func pair(_ a: (some FixedWidthInteger)?, _ b: (some FixedWidthInteger)?) -> String {
      let (first, second) = (a.map { "\($0)" } ?? "?", b.map { "\($0)" } ?? "?")
      return first == second ? first : "\(first) and \(second)"
    }
    var words: [String] = []
    if clientMaximumSegmentSize != nil || serverMaximumSegmentSize != nil {
      words.append("segments up to \(pair(clientMaximumSegmentSize, serverMaximumSegmentSize))")
    }
    if clientWindowScale != nil { words.append("windows scaled by \(pair(clientWindowScale, serverWindowScale))") }
    if sack { words.append("SACK") }
    if timestamps { words.append("timestamps") }
    if ecn { words.append("ECN") }
    return words.isEmpty ? "nothing" : words.joined(separator: ", ")
  }
}
