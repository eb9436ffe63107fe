import Judging
import Statistics
import Timebase

/// Two paths compared, for people.
extension TextReport {
  /// What differs between two paths, and whether anything does.
  public func comparison(_ comparison: RouteComparison, _ first: String, _ second: String) -> String {
    let arrow = style.isUnicode ? "→" : "->"
    var text = "DIFF \(first.printable) \(arrow) \(second.printable)\n"
    text += targets(comparison, arrow)
    text += folded(comparison.pairs.flatMap { pair($0, comparison, (first, second), arrow) })
    for (ids, name) in [(comparison.pathsOnlyFirst, first), (comparison.pathsOnlySecond, second)] where !ids.isEmpty {
      text += "path ids only in \(name.printable): \(ids.prefix(16).map { "\($0)" }.together(by: ", "))"
      text += ids.count > 16 ? " and \(ids.count - 16) more\n" : "\n"
    }
    text += loss(comparison, arrow)
    if let times = comparison.times, let before = comparison.first.targetHop?.times?.mean,
      let after = comparison.second.targetHop?.times?.mean
    {
      text += "path: rtt avg \(before.fixedMilliseconds) \(arrow) \(after.fixedMilliseconds) ms, \(range(times))"
      text +=
        times.isDifferent
        ? ": " + (times.estimate > .zero ? style.paint("slower", .doubtful) : style.paint("faster", .good)) + "\n"
        : "\n"
    }
    return text + (comparison.isSame ? style.paint("same", .good) : style.paint("different", .bad)) + "\n"
  }

  private func targets(_ comparison: RouteComparison, _ arrow: String) -> String {
    let names = [comparison.first, comparison.second].map { $0.target?.printable ?? "?" }
    let name = names[0] == names[1] ? names[0] : "\(names[0]) \(arrow) \(names[1])"
    return "path to \(name): \(counted(comparison.first.hops.count, "hop")) and \(comparison.second.hops.count)\n"
  }

  private func pair(
    _ pair: RouteComparison.Pair, _ comparison: RouteComparison, _ files: (String, String), _ arrow: String
  ) -> [(number: String, line: String)] {
    func hosts(_ hop: ComparedRoute.Hop) -> String {
      hop.addresses.isEmpty ? "no answer" : Array(hop.addresses.prefix(4)).together(by: ", ").printable
    }
    let showsAddresses = !comparison.ignored.contains(.address)
    var lines: [String] = []
    switch (pair.first, pair.second) {
    case (let hop?, nil):
      if showsAddresses { lines.append("removed: \(hosts(hop))") }
    case (nil, let hop?):
      if showsAddresses { lines.append("added: \(hosts(hop))") }
    case (let before?, let after?):
      if pair.isReaddressed, showsAddresses { lines.append("address \(hosts(before)) \(arrow) \(hosts(after))") }
      if before.addresses.isEmpty != after.addresses.isEmpty, showsAddresses {
        lines.append("\(hosts(before)) \(arrow) \(hosts(after))")
      }
      if !comparison.ignored.contains(.loss) { lines += losses(pair, arrow) }
      if !comparison.ignored.contains(.times), let times = pair.times, times.isDifferent, !after.isTarget,
        let a = before.times?.mean, let b = after.times?.mean
      {
        lines.append("rtt avg \(a.fixedMilliseconds) \(arrow) \(b.fixedMilliseconds) ms, \(range(times))")
      }
    case (nil, nil): break
    }
    for (changes, name) in [(pair.changesOnlyFirst, files.0), (pair.changesOnlySecond, files.1)] {
      for change in changes {
        lines.append("\(style.isUnicode ? change : change.ascii) only in \(name)".printable)
      }
    }
    let numbers = [pair.first?.ttl, pair.second?.ttl].compactMap(\.self)
    let number = Set(numbers).count > 1 ? "\(numbers[0]) \(arrow) \(numbers[1])" : "\(numbers.first ?? 0)"
    return lines.map { (number, $0) }
  }

  /// One line for hops behind each other of which the same is said.
  private func folded(_ lines: [(number: String, line: String)]) -> String {
    var text = ""
    var rest = lines[...]
    while let first = rest.popFirst() {
      var last = first.number
      while let next = rest.first, next.line == first.line {
        last = next.number
        rest.removeFirst()
      }
      text += last == first.number ? "hop \(first.number): " : "hops \(first.number) to \(last): "
      text += first.line + "\n"
    }
    return text
  }

  private func losses(_ pair: RouteComparison.Pair, _ arrow: String) -> [String] {
    var lines: [String] = []
    if pair.losesOtherwise, let before = pair.first?.lost, let after = pair.second?.lost {
      func words(_ bound: RouteHop.Bound) -> String {
        "\(bound.ratio.longPercent) (\((bound.lower * 100).decimals(1, below: 1e9)) to \(bound.upper.longPercent))"
      }
      let at = style.isUnicode ? "lost here ≤" : "lost here <="
      lines.append("\(at) \(words(before)) \(arrow) \(words(after))")
    } else if let answers = pair.answers, answers.isDifferent, let a = pair.first?.answers.ratio,
      let b = pair.second?.answers.ratio
    {
      // Hops behind it do not share it: it is the hop's own affair.
      lines.append("answers lost \(a.longPercent) \(arrow) \(b.longPercent), \(points(answers))")
    }
    return lines
  }

  private func loss(_ comparison: RouteComparison, _ arrow: String) -> String {
    guard !comparison.ignored.contains(.loss) else { return "" }
    guard let loss = comparison.loss, let before = comparison.first.loss?.ratio,
      let after = comparison.second.loss?.ratio
    else {
      let answered = [comparison.first, comparison.second].map { $0.loss == nil ? "no answer" : "answered" }
      return answered[0] == answered[1] ? "" : "target: \(answered[0]) \(arrow) \(answered[1])\n"
    }
    var text = "path: loss \(before.longPercent) \(arrow) \(after.longPercent), \(points(loss))"
    if loss.isDifferent { text += ": " + (loss.estimate > 0 ? style.paint("more", .bad) : style.paint("less", .good)) }
    return text + "\n"
  }

  /// `+20.0 points (+11.2 to +33.0)`.
  private func points(_ loss: LossDifference) -> String {
    func signed(_ share: Double) -> String {
      (share < 0 ? "-" : "+") + (abs(share) * 100).decimals(1, below: 1e9)
    }
    return "\(signed(loss.estimate)) points (\(signed(loss.lower)) to \(signed(loss.upper)))"
  }

  /// `+0.136 ms (+0.120 to +0.150)`.
  private func range(_ times: MeanDifference) -> String {
    func signed(_ time: Interval) -> String { (time < .zero ? "" : "+") + time.fixedMilliseconds }
    return "\(signed(times.estimate)) ms (\(signed(times.lower)) to \(signed(times.upper)))"
  }
}

extension String {
  fileprivate var ascii: String {
    var text = ""
    for scalar in unicodeScalars { if scalar == "→" { text += "->" } else { text.unicodeScalars.append(scalar) } }
    return text
  }
}
