import Kernel
import Runner

/// Runs the command line and returns the exit code.
public func run() -> Int32 {
  do throws(Errno) { try Privileges.shedSetID() } catch {
    return complain("cannot drop the privileges of a set-user-ID copy: \(error)")
  }
  StandardDescriptors.fill()
  SignalSource.ignoreWriteSignals()
  let words = Arguments.words
  // A target has a colon: the commands are looked through only for what has none.
  if let first = words.first, !first.utf8.contains(UInt8(ascii: ":")),
    let verb = Verb.commands.first(where: { $0.name == first })
  {
    return verb.main(Array(words.dropFirst()))
  }
  return Verb.probe.main(words)
}

/// Prints something that was asked for; the exit code says whether it could be written.
func show(_ text: String) -> Int32 {
  do throws(Errno) {
    try Output.standardOutput.write(text)
    return Ending.asExpected
  } catch {
    return complain(.output(error))
  }
}

/// What ended a run before its end, on standard error; a reader who has gone needs no word.
func complain(_ error: RunError) -> Int32 {
  let code = Ending(error).exitCode
  return error.isReaderGone ? code : complain(error.message, code)
}

/// One line on standard error, whatever the words in it hold; if it cannot be written, no one is there to read it.
@discardableResult
func complain(_ line: String, _ code: Int32 = Ending.couldNotRun) -> Int32 {
  Output.complain(line)
  return code
}

/// The lines of a usage error; those that name a place in a file begin with it, as a compiler's do.
func complain(_ error: UsageError) -> Int32 {
  for line in error.places { try? Output.standardError.write(line.printable + "\n") }
  return error.message.isEmpty ? error.exitCode : complain(error.message, error.exitCode)
}
