import Testing

@testable import Console

/// The line that a refused command line is told; nil where nothing is refused.
func refusal(_ body: () throws(UsageError) -> Void) -> String? {
  do throws(UsageError) {
    try body()
    return nil
  } catch {
    return error.message
  }
}

/// The default verb's command line, read and checked; operands are left aside.
func request(_ words: String...) throws(UsageError) -> ProbeRequest {
  var request = ProbeRequest()
  _ = try OptionTable<ProbeRequest>.probe.read(words, into: &request)
  try request.check()
  return request
}
