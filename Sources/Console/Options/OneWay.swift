import Runner

/// Settings of a run that may measure loss and reordering of each direction.
protocol HasOneWay: Sendable {
  /// How; nil where it is not wanted.
  var oneWay: OneWaySettings? { get set }
}

extension RunSettings: HasOneWay {}
extension RouteSettings: HasOneWay {}

extension OptionGroup where Settings: HasOneWay {
  /// Loss and reordering of each direction from one end: what it excludes, and what the man page has to say more of it.
  static func oneWay(excludes: [Option.Exclusion], _ more: String) -> OptionGroup {
    OptionGroup(
      title: "Loss of each direction",
      rows: [
        .value(
          nil, "one-way", "PAIRS", .pairs, needs: .packets, excludes: excludes, isValueOptional: true,
          "loss and reordering each way, by PAIRS (default 100)",
          """
          Measures loss and reordering of each direction from this end, with 95 % confidence intervals: sends PAIRS pairs of
          one-byte segments (default 100) out of order on up to four connections, and infers from the acknowledgments which
          of them arrived, and in which order. Needs a port that takes data, such as discard, echo or HTTP, and a peer
          with SACK for the order. Reports what is not known, and why.
          """ + more
        ) { $0.oneWay = OneWaySettings(pairs: $1) }
      ])
  }
}
