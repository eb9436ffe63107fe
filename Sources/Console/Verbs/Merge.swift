import Kernel
import Report
import Runner

extension Verb {
  /// `probe merge FILE…`: the results of a scan's shards, joined.
  static let merge = Verb(
    "merge", "FILE...", of: .files, "join the results of a scan's shards",
    offers: [.table, .outputLetter],
    settings: MergeSettings(),
    options: [.shown, .output, .mergedFiles],
    about: """
      Joins the JSON Lines that the shards of one scan have written (--json,
      --json-file): results, counts, and how many were missed at least, in every
      format that scan writes. Refuses files of different scans; names shards that
      are missing or did not end.
      """,
    exitCode: """
      Exit code: 0 if every shard is there and came to its end, 1 if not, 2 could
      not join.
      """,
    prepare: { (settings, operands) throws(UsageError) in
      guard !operands.isEmpty else { throw UsageError("no files; use probe merge shard-*.jsonl") }
      settings.paths = operands.map { FilePath($0) }
      settings.scan.version = Version.number
      settings.scan.words = (["probe"] + CommandLine.arguments.dropFirst()).joined(separator: " ")
    },
    run: { (settings) throws(RunError) in
      let result = try Run.merge(settings)
      return Ending(result.signal, isAsExpected: result.isWhole)
    })
}

extension OptionGroup where Settings == MergeSettings {
  fileprivate static var shown: OptionGroup {
    OptionGroup(
      title: "Output",
      rows: [
        .flag(nil, "open", "show only open ports", "Shows only open ports; the summary counts all of them.") {
          $0.scan.showsOpenOnly = true
        }
      ])
  }

  fileprivate static var mergedFiles: OptionGroup {
    OptionGroup(
      title: "Files",
      rows: OptionGroup<MergeSettings>.resultFiles {
        $0.scan.files[$1] = $2
      } base: {
        $0.scan.filesBase = $1
      })
  }
}
