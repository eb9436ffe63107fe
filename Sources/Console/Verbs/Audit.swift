import Kernel
import Report
import Runner
import Script
import Timebase
import Wire

extension Verb {
  /// `probe audit HOST:PORT`: the rules of TCP, one at a time.
  static let audit = Verb(
    "audit", "HOST:PORT", of: .targets, "ask a TCP about its RFCs, one rule at a time",
    offers: [.packets, .packetLines, .capture, .outputLetter],
    settings: AuditSettings(program: Version.agent),
    options: [.checks, .request, .playing, .report, .families, .network, .output, .files],
    about: """
      Asks the target about the rules of TCP, each on its own connection, and
      shows what it answered. Only packets that the RFCs allow are sent, at most 4
      connections are open at a time, and all of them are reset at the end.
      """,
    exitCode: """
      Exit code: 0 if no MUST fails, 1 if one does, 2 could not run.
      """,
    prepare: { (settings, operands) throws(UsageError) in
      try settings.checkNames()
      if settings.lists {
        guard operands.isEmpty else { throw UsageError("--list needs no target; unexpected argument '\(operands[0])'") }
        return
      }
      try settings.take(operands, of: "audit")
    },
    run: { (settings) throws(RunError) in
      if settings.lists { return try list(settings) }
      let result = try Run.audit(settings)
      // A check that could not be made says nothing; one that failed says enough.
      if result.isGood, result.isUnable, result.signal == nil { return Ending(Ending.couldNotRun) }
      return Ending(result.signal, isAsExpected: result.isGood)
    })

  private static func list(_ settings: AuditSettings) throws(RunError) -> Ending {
    do throws(Errno) {
      try Output.standardOutput.write(CheckList.text(settings.wants))
    } catch {
      throw .output(error)
    }
    return Ending(Ending.asExpected)
  }
}

extension AuditSettings {
  /// Every name must be that of a check or a group.
  fileprivate func checkNames() throws(UsageError) {
    // All checks are read for it: not where no name was given.
    guard !only.isEmpty || !skipped.isEmpty else { return }
    let known = CheckList.names
    for name in only.union(skipped).sorted() where !known.contains(name) {
      throw UsageError("there is no check or group '\(name)'; probe audit --list has them all")
    }
  }
}

extension OptionGroup where Settings == AuditSettings {
  fileprivate static var checks: OptionGroup {
    OptionGroup(
      title: "Checks",
      rows: [
        .value(
          nil, "only", "NAMES", .text, "only these checks or groups, separated by commas",
          "Makes only these checks: numbers, names or groups, separated by commas. --list has them."
        ) { $0.only.formUnion($1.split(separator: ",").map(String.init)) },
        .value(
          nil, "skip", "NAMES", .text, "all but these checks or groups",
          "Makes all checks but these: numbers, names or groups, separated by commas."
        ) { $0.skipped.formUnion($1.split(separator: ",").map(String.init)) },
        .value(
          nil, "check", "ID", .text, "one check, by number or name, in any tier",
          "Makes one check, by its number or name, whatever its tier. Can be given again for more."
        ) { $0.only.insert($1) },
        .flag(
          nil, "list", "list the checks with their requirements; send nothing",
          "Lists the checks that would be made, each with its requirement, level and what it asks. Nothing is sent."
        ) { $0.lists = true },
        .flag(
          nil, "intrusive", "malformed packets too: some stacks crash",
          """
          Also makes the checks with malformed packets: impossible lengths, MSS 0. Some stacks crash when they receive one:
          use it only on hosts that may.
          """
        ) { $0.tiers.insert(.intrusive) },
        .flag(
          nil, "own-host", "checks that hold resources of the target, too",
          "Also makes the checks that hold resources of the target for a while: use it on hosts of your own."
        ) { $0.tiers.insert(.ownHost) },
      ])
  }

  /// The page to send to whoever maintains the stack.
  fileprivate static var report: OptionGroup {
    OptionGroup(
      title: "Reports",
      rows: [
        .value(
          nil, "html", "FILE", .file, "write a report to FILE as an HTML page",
          """
          Writes a report to FILE as an HTML page: what failed with its packets, and every check. It contains no script,
          and loads nothing.
          """
        ) { $0.run.presentation.htmlPath = $1 }
      ])
  }
}
