import HTTP
import Handshake
import Judging
import Timebase
import Wire

/// What is told of one connection.
extension HTMLPage {
  func write(_ drawn: Drawn, named name: String, on body: inout MarkupWriter) {
    let outcome = drawn.record.outcome
    body.element("h2", [], name)
    body.element("p", [], HTMLPage.sentence(drawn.record))
    if !outcome.log.entries.isEmpty { body.element("figure") { $0.markup(picture(of: drawn.record)) } }
    if !drawn.requests.isEmpty { HTMLPage.write(drawn.requests, on: &body) }
    HTMLPage.writeSteps(drawn.record, on: &body)
    HTMLPage.writeOptions(outcome, on: &body)
    HTMLPage.writePackets(outcome, on: &body)
    if isExplained { HTMLPage.writeWords(outcome, on: &body) }
  }

  /// What each packet does, and what the words for what came of it mean.
  private static func writeWords(_ outcome: Outcome, on body: inout MarkupWriter) {
    body.element("h3", [], "Explanations")
    let words = PacketWords(outcome)
    body.table(["packet", "what", "explanation", "source"]) { table in
      for (index, meanings) in PacketLessons(outcome).meanings.enumerated() {
        for (place, meaning) in meanings.enumerated() {
          let packet = place == 0 ? ["\(index + 1)", words.line(outcome.log.entries[index])] : ["", ""]
          table.row(packet + [meaning.explanation, meaning.source])
        }
      }
    }
    body.table(["word", "kind", "meaning", "explanation", "source"]) { table in
      for word in Vocabulary.words(of: outcome) {
        table.row([word.name, word.kind, word.meaning.text, word.meaning.explanation, word.meaning.source])
      }
    }
  }

  private static func sentence(_ record: Record) -> String {
    let outcome = record.outcome
    var words = "\(outcome.flow.remote) is \(outcome.verdict.rawValue): \(outcome.reason.rawValue)."
    words += " Mode: \(outcome.mode.words)."
    if outcome.verdict == .open { words += " End: \(outcome.endingWords)." }
    if !outcome.notes.isEmpty { words += " Notes: " + outcome.notes.list.together(by: ", ") + "." }
    if outcome.counters.invalid > 0 { words += " Packets rejected: \(outcome.counters.invalid)." }
    return words
  }

  private static func writeSteps(_ record: Record, on body: inout MarkupWriter) {
    guard !record.steps.isEmpty else { return }
    let log = record.outcome.log
    body.element("h3", [], "Steps")
    body.table(["step", "time", "clock", "from packet", "to packet"]) { table in
      for step in record.steps {
        let time = step.measurement.map { "\($0.interval.fixedMilliseconds) ms" }
        table.row([
          step.kind.rawValue, time ?? (step.isAmbiguous ? "ambiguous" : "unknown"),
          step.measurement.map { record.outcome.mode.words($0.clock) } ?? "",
          step.begin.flatMap(log.place).map { "\($0 + 1)" } ?? "",
          step.end.flatMap(log.place).map { "\($0 + 1)" } ?? "",
        ])
      }
    }
  }

  private static func writePackets(_ outcome: Outcome, on body: inout MarkupWriter) {
    let rows = Ladder.Row.rows(of: outcome)
    guard !rows.isEmpty else { return }
    let (words, fates) = (PacketWords(outcome), PacketFate.fates(of: outcome))
    let isCapture = outcome.mode == .capture
    let (sent, came) = isCapture ? ("client", "server") : ("sent", "came")
    body.element("h3", [], "Packets")
    body.table(["packet", "ms", "", "what", "options", isCapture ? "client's state" : "our state", "judgement"]) {
      table in
      for (index, row) in rows.enumerated() {
        let entry = row.entry
        var options: [String] = []
        if case .segment(let segment) = entry.content { options = OptionWords.withoutPadding(segment.options) }
        table.row([
          "\(index + 1)", row.time, entry.direction == .sent ? sent : came, words.line(entry),
          options.together(by: ", "), row.state?.rawValue ?? "", judgement(index, outcome, fates[index]),
        ])
      }
    }
    if let gap = outcome.log.gap {
      body.element("p", [], "\(outcome.log.omitted) more packets, after the first \(gap), are not shown.")
    }
  }

  /// The comment that a capture file has beside the packet, and what became of it.
  private static func judgement(_ index: Int, _ outcome: Outcome, _ fate: PacketFate) -> String {
    let entries = outcome.log.entries
    if outcome.mode == .capture { return watched(entries[index], fate) }
    guard let iss = outcome.iss else { return "" }
    let copies = entries[...index].count { $0.sentSegment.map { $0.flags.contains(.syn) } ?? false }
    let judgement = Judgement(entry: entries[index], iss: iss, irs: outcome.irs, copies: copies)
    let remark = PacketRemark(judgement).text
    return fate == .unanswered ? remark + "; no reply in time" : remark
  }

  /// What is to be said of a packet that others sent to each other.
  private static func watched(_ entry: PacketLog.Entry, _ fate: PacketFate) -> String {
    if let refusal = entry.refusal { return "\(refusal.rawValue), \(refusal.explanation)" }
    let words = (entry.isRetransmission ? ["retransmission"] : []) + (fate == .unanswered ? ["no reply in time"] : [])
    return words.together(by: "; ")
  }

  /// What both SYNs offered, and what holds for the connection: an option that both did, an MSS each way.
  private static func writeOptions(_ outcome: Outcome, on body: inout MarkupWriter) {
    let entries = outcome.log.entries
    let syn = entries.lazy.compactMap(\.sentSegment).first { $0.flags.contains(.syn) }
    guard let syn, let peer = outcome.peerOffer else { return }
    let ours = ParsedOptions(syn.options)
    let theirs = peer.options
    func both(_ a: Bool, _ b: Bool) -> String { a && b ? "yes" : "no" }
    func offered(_ isOffered: Bool) -> String { isOffered ? "offered" : "" }
    body.element("h3", [], "Options")
    body.table(["option", "we offered", "the peer offered", "in force"]) { table in
      let sizes = [
        theirs.maximumSegmentSize.map { "\($0) to the peer" }, ours.maximumSegmentSize.map { "\($0) to us" },
      ]
      table.row([
        "maximum segment size", ours.maximumSegmentSize.map { "\($0)" } ?? "",
        theirs.maximumSegmentSize.map { "\($0)" } ?? "", sizes.compactMap(\.self).together(by: ", "),
      ])
      table.row([
        "window scale", ours.windowScale.map { "\($0)" } ?? "", theirs.windowScale.map { "\($0)" } ?? "",
        both(ours.windowScale != nil, theirs.windowScale != nil),
      ])
      table.row([
        "SACK permitted", offered(ours.sackPermitted), offered(theirs.sackPermitted),
        both(ours.sackPermitted, theirs.sackPermitted),
      ])
      table.row([
        "timestamps", offered(ours.timestamps != nil), offered(theirs.timestamps != nil),
        both(ours.timestamps != nil, theirs.timestamps != nil),
      ])
      let asked = syn.flags.isSuperset(of: [.ece, .cwr])
      table.row([
        "explicit congestion notification", offered(asked), offered(peer.explicitCongestion),
        both(asked || syn.flags.contains(.ece), peer.explicitCongestion),
      ])
      if syn.options.fastOpenCookie != nil || peer.fastOpenCookie != nil {
        table.row([
          "TCP Fast Open", offered(syn.options.fastOpenCookie != nil),
          peer.fastOpenCookie.map { "cookie \($0)" } ?? "",
          both(syn.options.fastOpenCookie != nil, peer.fastOpenCookie != nil),
        ])
      }
      if syn.options.multipathCapability != nil || peer.multipath != nil {
        table.row([
          "Multipath TCP", offered(syn.options.multipathCapability != nil), offered(peer.multipath != nil),
          both(syn.options.multipathCapability != nil, peer.multipath != nil),
        ])
      }
    }
  }

  private static func write(_ requests: [HTTPTransaction], on body: inout MarkupWriter) {
    body.element("h3", [], "Requests")
    body.table(["request", "what", "status", "octets", "first byte after", "complete after", "fault"]) { table in
      for request in requests {
        let status = [(request.head?.status).map { "\($0)" }, request.head?.reason].compactMap(\.self).together(by: " ")
        table.row([
          "\(request.number)", "\(request.method.rawValue) \(request.target)", status, "\(request.contentLength)",
          time(request.response), time(request.total), request.fault?.rawValue ?? "",
        ])
      }
    }
    for request in requests {
      guard let fields = request.head?.fields, !fields.isEmpty else { continue }
      body.element("details") { details in
        details.element("summary", [], "header fields of response \(request.number)")
        details.table(["field", "value"]) { table in
          for field in fields { table.row([field.name, field.value]) }
        }
      }
    }
  }

  private static func time(_ measurement: Measurement?) -> String {
    measurement.map { "\($0.interval.fixedMilliseconds) ms" } ?? ""
  }
}

extension HTMLPage {
  /// What the page looks like; its pictures bring their own sheets.
  static let style = SVGStyle(page: [
    SVGStyle.Rule(
      page: "body", color: .ink, background: .paper,
      "font: 15px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 0 auto; padding: 8px 16px 48px"),
    SVGStyle.Rule(page: "h1", "font-size: 22px; overflow-wrap: anywhere"),
    SVGStyle.Rule(page: "h2", border: .rule, "font-size: 18px; margin-top: 36px; border-bottom: 1px solid"),
    SVGStyle.Rule(page: "h3", "font-size: 15px; margin: 24px 0 6px"),
    SVGStyle.Rule(page: "p", "overflow-wrap: anywhere"),
    SVGStyle.Rule(page: "figure", border: .rule, "margin: 12px 0; border: 1px solid; border-radius: 6px"),
    SVGStyle.Rule(page: "svg", "display: block; width: 100%; max-width: 900px; height: auto; margin: 0 auto"),
    SVGStyle.Rule(page: ".scroll", "overflow-x: auto"),
    SVGStyle.Rule(page: "table", "border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums"),
    SVGStyle.Rule(
      page: "th", color: .faint, border: .rule,
      "text-align: left; font-weight: normal; border-bottom: 1px solid; padding: 3px 14px 3px 0; white-space: nowrap"),
    SVGStyle.Rule(
      page: "td", border: .rule,
      "border-bottom: 1px solid; padding: 3px 14px 3px 0; vertical-align: top; max-width: 420px; overflow-wrap: break-word"
    ),
    SVGStyle.Rule(page: "pre", "font-size: 12px; overflow-x: auto; margin: 6px 0"),
    SVGStyle.Rule(page: "summary", color: .accent, "cursor: pointer; margin: 8px 0"),
  ])
}
