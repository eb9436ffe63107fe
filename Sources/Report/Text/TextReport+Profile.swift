import Handshake
import Judging
import Script
import Timebase
import Wire

/// Profiles for people: a line a fact, with the numbers that it rests on.
extension TextReport {
  /// The whole profile.
  public func profile(_ profile: PeerProfile, target: String, remote: Endpoint) -> String {
    let address = target == remote.description ? "" : " (\(remote))"
    var text = "profile of \(target.printable)\(address)\n\n"
    text += row("SYN-ACK", profile.synAckWords)
    for offer in profile.offers {
      let answer = offer.answer.map { OptionWords.list($0.segment.options).together(by: ",") } ?? "no answer"
      text += row(
        offer.offered.isEmpty
          ? "  no options" : "  \(offer.offered.prefix { $0 != "," })" + (offer.offered.contains(",") ? ", …" : ""),
        answer.isEmpty ? "none" : answer)
    }
    text += row("SYN-ACK copies", profile.copyWords)
    text += row("ISN", profile.numberWords)
    text += row("timestamps", profile.clockWords)
    text += row("SYN cookies", profile.cookieWords)
    text += row(
      "SYN proxy", profile.proxyEvidence.isEmpty ? "nothing points to one" : profile.proxyEvidence.together(by: ", "))
    text += row("initial window", profile.windowWords)
    text += row(
      "data retransmissions", profile.retransmissionGaps.isEmpty ? "none seen" : seconds(profile.retransmissionGaps))
    text += row("delay of ACKs", profile.delayWords)
    return text
  }

  private func row(_ name: String, _ words: String) -> String { name.leading(22) + words + "\n" }

  private func seconds(_ gaps: [Double]) -> String { "after " + gaps.map(\.hundredths).together(by: ", ") + " s" }
}

extension PeerProfile {
  fileprivate var synAckWords: String {
    guard let synAck else { return "none" }
    var words = ["win \(synAck.segment.wnd)", "TTL \(synAck.timeToLive)"]
    if let identification = synAck.identification {
      words += [synAck.dontFragment ? "DF" : "no DF", "IP ID \(identification)"]
    }
    words.append("TOS \(synAck.trafficClass)")
    return words.together(by: ", ")
  }

  fileprivate var copyWords: String {
    var words = synAckGaps.isEmpty ? "none" : synAckGaps.map(\.hundredths).together(by: ", ") + " s apart"
    words += resetAfter.map { "; reset after \($0.hundredths) s" } ?? "; no reset"
    return words + " in \(waited) s"
  }

  fileprivate var numberWords: String {
    var words = numbers.generator.words
    if let slope = numbers.slope { words += ", \(Int(slope.rounded())) per second between the same ports" }
    if let spread = numbers.spread { words += ", spread over ports \(spread.rounded3) of 2^32" }
    return words + " (\(numbers.samples) samples)"
  }

  fileprivate var clockWords: String {
    guard let clock else { return "none" }
    var words = clock.hertz.map { "\($0) Hz" } ?? "unknown rate"
    if let isShared = clock.isShared {
      words += isShared ? ", one clock for all connections" : ", an offset for each connection"
    }
    return words
  }

  fileprivate var cookieWords: String {
    guard let hasCookies else { return "not known: a SYN was not answered" }
    guard hasCookies else { return "no: the same SYN moved the ISN by \(cookieDifferences[0])" }
    return "yes: the same SYN got the same ISN, ISS+5000 moved it by 5000, MSS 536 by \(cookieDifferences[2])"
  }

  fileprivate var windowWords: String {
    guard let initialWindow else { return "not known: the service sends too little (see --request)" }
    return "\(initialWindow.octets) bytes, \(initialWindow.segments) segments of 536"
  }

  fileprivate var delayWords: String {
    guard let first = acknowledgmentDelays.first, let longest = acknowledgmentDelays.max() else { return "not known" }
    return
      "\(first.hundredths) ms for the first byte, at most \(longest.hundredths) ms for \(acknowledgmentDelays.count)"
  }
}

extension PeerProfile.Generator {
  fileprivate var words: String {
    switch self {
    case .keyedClock: "a clock, with another start for each pair of ports (RFC 6528)"
    case .clock: "one clock for all"
    case .step: "a step for each connection"
    case .constant: "always the same number"
    case .cookie: "a function of the SYN: a SYN cookie"
    case .random: "random"
    case .unknown: "not known: too few answers"
    }
  }
}

extension Double {
  /// With two digits behind the point.
  fileprivate var hundredths: String {
    let value = Int64((self * 100).rounded())
    let rest = abs(value % 100)
    return "\(value / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}
