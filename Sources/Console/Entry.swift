import Handshake
import Kernel
import Runner

/// Runs the command line and returns the exit code.
public func run() -> Int32 {
  do throws(Errno) { try Privileges.shedSetID() } catch {
    complain("the rights of the file's owner cannot be given up: \(error)")
    return ExitCode.couldNotRun
  }
  StandardDescriptors.fill()
  SignalSource.ignoreWriteSignals()
  let words = Array(CommandLine.arguments.dropFirst())
  do throws(UsageError) {
    return try dispatch(words)
  } catch {
    complain(error.message)
    return ExitCode.couldNotRun
  }
}

/// The verbs, told from targets by having no colon.
private func dispatch(_ words: [String]) throws(UsageError) -> Int32 {
  switch words.first {
  case "bench": try BenchVerb.run(Array(words.dropFirst()))
  case "check": try CheckVerb.run(Array(words.dropFirst()))
  case "demo": try DemoVerb.run(Array(words.dropFirst()))
  case "doctor": try DoctorVerb.run(Array(words.dropFirst()))
  case "watch": try WatchVerb.run(Array(words.dropFirst()))
  case "http": try HTTPVerb.run(Array(words.dropFirst()))
  case "listen": try ListenVerb.run(Array(words.dropFirst()))
  case "diff": try DiffVerb.run(Array(words.dropFirst()))
  case "read": try ReadVerb.run(Array(words.dropFirst()))
  case "help": show(Help.text)
  default: try ProbeVerb.run(words)
  }
}

/// Prints something that was asked for; the exit code says whether it could be written.
func show(_ text: String) -> Int32 {
  do throws(Errno) {
    try Output.standardOutput.write(text)
    return ExitCode.asExpected
  } catch {
    complain(RunError.output(error).message)
    return ExitCode.couldNotRun
  }
}

/// One line on standard error, whatever the words in it hold; where it cannot be written, there is nobody to tell.
func complain(_ line: String) { try? Output.standardError.write("probe: \(printable(line))\n") }

/// The text with its control characters made visible: what was typed must not speak to the terminal.
func printable(_ text: String) -> String {
  var shown = ""
  for scalar in text.unicodeScalars {
    let isControl = scalar.properties.generalCategory == .control
    shown += isControl ? scalar.escaped(asASCII: true) : String(scalar)
  }
  return shown
}
