import Handshake
import Judging
import Path
import Timebase
import Wire

/// How long a silent connection is remembered, for people.
extension TextReport {
  /// The line before the first trial.
  func idleHeader(searches: Bool, target: IdleTarget, source: IPAddress, words: String) -> String {
    header(target: target.name, remote: target.remote, source: source, does: words)
      + (searches ? "trial      silence  answer\n" : "")
  }

  /// `    4         24 s  silent   no answer to 3 keep-alive segments`.
  func trial(_ trial: IdleTrial, number: Int) -> String {
    let answer = style.paint(trial.answer.rawValue.leading(8), trial.answer.colour)
    var text = "\(number)".trailing(5) + trial.silence.idleSeconds.trailing(13) + "  " + answer
    if let announced = trial.announced { text += " after \(announced.idleSeconds)" }
    if trial.answer != .alive || isVerbose, !trial.evidence.isEmpty {
      text += (trial.announced == nil ? " " : ": ") + trial.evidence.printable
    }
    return text.withoutTrailingSpaces + "\n"
  }

  /// What the search came to, and what keep-alive segments did.
  func idle(_ record: IdleRecord) -> String {
    var text = record.hasSearched ? search(record) : ""
    if let proof = record.proof { text += self.proof(proof) }
    return text
  }

  private func search(_ record: IdleRecord) -> String {
    let finding = record.finding
    let name = record.target.name.printable
    var text = ""
    switch (finding.alive, finding.dead) {
    case (let alive?, let dead?):
      text = "\(name): alive after \(alive.idleSeconds) of silence, \(finding.loss) after \(dead.idleSeconds)\n"
    case (nil, let dead?): text = "\(name): \(finding.loss) after \(dead.idleSeconds) of silence, or sooner\n"
    case (let alive?, nil): text = "\(name): alive after \(alive.idleSeconds) of silence\n"
    case (nil, nil): text = "\(name): not known\n"
    }
    if finding.dead != nil {
      text +=
        "\(finding.verb): \(finding.forgetter)" + (finding.evidence.isEmpty ? "" : " (\(finding.evidence.printable))")
      text += "\n"
    }
    switch finding.end {
    case .found: break
    case .longest: text += "nothing forgets it within \(record.plan.longest.idleSeconds) (--max)\n"
    case .busy, .unclear: text += "search ended early: \(record.trials.last?.evidence.printable ?? "no answer")\n"
    case nil: text += "search interrupted\n"
    }
    for hint in finding.hints {
      text += "hint: \(hint.time.idleSeconds) is the limit of \(hint.name) (\(hint.source))\n"
    }
    return text
  }

  private func proof(_ proof: KeepAliveProof) -> String {
    let text = "keep-alive every \(proof.period.idleSeconds): "
    if proof.holds { return text + "holds, answered for \(proof.time.idleSeconds)\n" }
    return text + "does not hold: \(proof.answer.rawValue) after \(proof.time.idleSeconds)"
      + (proof.evidence.isEmpty ? "" : " (\(proof.evidence.printable))") + "\n"
  }
}

extension IdleFinding {
  /// What happens to the connection, as a verb.
  fileprivate var loss: String {
    switch (forgottenBy, manner) {
    case (.peer, .fin): "closed by the peer"
    case (_, .fin): "closed"
    case (.peer, .rst): "reset by the peer"
    case (_, .rst): "reset"
    default: "forgotten"
    }
  }

  fileprivate var verb: String {
    switch manner {
    case .rst: "reset by"
    case .fin: "closed by"
    default: "forgotten by"
    }
  }

  fileprivate var forgetter: String {
    switch forgottenBy {
    case .path: "the path"
    case .peer: "the peer"
    case .host: "this host"
    case .nobody: "nothing"
    case nil: "the peer or the path; the evidence fits both"
    }
  }
}

extension IdleTrial.Answer {
  fileprivate var colour: Style.Colour {
    switch self {
    case .alive: .good
    case .silent, .rst, .fin, .icmp, .refused: .bad
    case .busy, .unclear: .doubtful
    }
  }
}

extension Interval {
  /// Seconds with as many decimals as there are, to the millisecond: `350 s`, `14.5 s`.
  package var idleSeconds: String {
    var text = fixedSeconds
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text + " s"
  }
}
