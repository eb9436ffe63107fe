import Runner

extension Verb {
  /// `probe profile HOST:PORT`: what a TCP is like, as facts.
  static let profile = Verb(
    "profile", "HOST:PORT", of: .targets, "what a TCP is like: options, ISNs, clocks, windows",
    offers: [.packets, .packetLines, .capture, .outputLetter],
    settings: ProfileSettings(),
    options: [.watching, .request, .families, .network, .output, .files],
    about: """
      Shows what a few plain handshakes show of a TCP, as facts with their numbers:
      options, SYN-ACK retransmissions, initial sequence numbers, timestamps, SYN
      cookies, initial window, delays. No product is named.
      """,
    exitCode: """
      Exit code: 0 if the target answered, 2 could not run.
      """,
    prepare: { (settings, operands) throws(UsageError) in try settings.take(operands, of: "profile") },
    run: { (settings) throws(RunError) in
      let result = try Run.profile(settings)
      return Ending(result.signal, isAsExpected: result.isGood)
    })
}

extension OptionGroup where Settings == ProfileSettings {
  fileprivate static var watching: OptionGroup {
    OptionGroup(
      title: "Times and counts",
      rows: [
        .value(
          nil, "wait", "SEC", .integer(1...120), "watch SYN-ACK retransmissions for SEC (default 8)",
          """
          Counts retransmissions of a SYN-ACK that is never acknowledged for SEC seconds, from 1 to 120. Default 8. The
          default of Linux is 63 in all.
          """
        ) { $0.wait = $1 }
      ])
  }
}
