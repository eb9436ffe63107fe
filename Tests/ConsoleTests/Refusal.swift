import Runner
import Testing

@testable import Console

/// The line that answers a refused command line; nil if nothing is refused.
func refusal(_ body: () throws(UsageError) -> Void) -> String? {
  do throws(UsageError) {
    try body()
    return nil
  } catch {
    return error.first
  }
}

/// The default command's line, read and checked; operands are left aside.
func plainSettings(_ words: String...) throws(UsageError) -> RunSettings { try plainSettings(words) }

/// The default command's line, read and checked; operands are left aside.
func plainSettings(_ words: [String]) throws(UsageError) -> RunSettings {
  var settings = RunSettings()
  try OptionReader(words, by: { OptionTable(groups: Verb.probeTable, offers: Verb.probeOffers) }, into: &settings)
    .check()
  try settings.settleFirstSegment()
  try settings.check()
  return settings
}
