import Handshake
import Judging
import Path
import Statistics

/// `--one-way`.
enum OneWayFields {
  /// A direction of a record.
  typealias Direction = (record: OneWayRecord, direction: OneWayRecord.Direction)

  /// The only line.
  static let records = RecordTable<OneWayRecord>(
    "one_way",
    place.fields + [
      .number("pairs", "pairs of segments of which it is known what arrived") { $0.counts.pairs },
      .number("wanted", "pairs asked for") { $0.wanted },
      .object("forward", "from this host to the peer", direction) { ($0, .forward) },
      .object("reverse", "from the peer to this host", direction) { ($0, .reverse) },
      .words(
        "unknown", among: OneWayRecord.Doubt.allCases.map(\.rawValue),
        """
        why something is not known: `unanswered` no connection, `reset`, `closed` by the peer, `stalled` it acknowledges \
        no more, `no-sack` no order is seen without SACK, `thinned` acknowledgments are left out on purpose
        """
      ) { $0.doubts.map(\.rawValue) },
      .time("elapsed_ns", "the time from the start of the run") { $0.elapsed },
    ])

  private static let place = FieldTable<OneWayRecord>([
    .text("target", "the target, as given") { $0.target },
    .text("address", "its address") { "\($0.remote.address)" },
    .number("port", "its port") { $0.remote.port },
  ])

  private static let direction = FieldTable<Direction>("direction", shares)

  private static let shares: [Field<Direction>] = [
    .number("sent", "segments, or acknowledgments that they caused") { $0.record.loss($0.direction).share.total },
    .number("lost", "those that did not arrive") { $0.record.loss($0.direction).share.count },
    .decimal(orNull: "loss", "their share; null if it is not known") { $0.record.loss($0.direction).value },
    .decimal(orNull: "loss_low", "the lower end of its 95 % confidence interval (Wilson's)") {
      $0.record.loss($0.direction).interval?.lower
    },
    .decimal(orNull: "loss_high", "the upper end") { $0.record.loss($0.direction).interval?.upper },
    .number("ordered", "pairs whose order is known") { $0.record.reordering($0.direction).share.total },
    .number("reordered", "those that arrived in the other order") { $0.record.reordering($0.direction).share.count },
    .decimal(orNull: "reordering", "their share; null if it is not known") {
      $0.record.reordering($0.direction).value
    },
    .decimal(orNull: "reordering_low", "the lower end of its 95 % confidence interval") {
      $0.record.reordering($0.direction).interval?.lower
    },
    .decimal(orNull: "reordering_high", "the upper end") { $0.record.reordering($0.direction).interval?.upper },
  ]

  /// The columns: a row for each direction.
  static let columns: [Field<Direction>] =
    place.fields.map { field in Field(field, of: { $0.record }) } + [
      .word("direction", among: OneWayRecord.Direction.allCases.map(\.rawValue), "the direction") {
        $0.direction.rawValue
      }
    ] + shares
}

extension CSV {
  /// A row for each direction of a path.
  public static let directions = CSVTable<(record: OneWayRecord, direction: OneWayRecord.Direction)>(
    OneWayFields.columns)
}
