import Kernel
import Runner
import Wire

extension Verb {
  /// `probe script FILE HOST:PORT`: one side of a conversation, packet by packet.
  static let script = Verb(
    "script", "FILE HOST:PORT", of: .files, "play a conversation, packet by packet, from a file",
    offers: [.packets, .packetLines, .capture, .outputLetter],
    settings: ScriptSettings(),
    options: [.request, .playing, .families, .network, .output, .files],
    about: """
      Plays the client's side of the conversation in FILE: sends its packets, right or
      wrong on purpose, and compares the answers. - reads standard input.

        > S 0:0(0) win 65535 <mss 1460>       send a SYN
        < S. 0:0(0) ack 1 within 3            expect its SYN-ACK
        > . 1:1(0) ack 1
        silence 0.5                           expect nothing
      """,
    exitCode: """
      Exit code: 0 if everything came as written, 1 if not, 2 could not run (syntax
      error in FILE: nothing is sent).
      """,
    prepare: { (settings, operands) throws(UsageError) in
      guard let file = operands.first else { throw UsageError("script needs a file; use probe script FILE HOST:PORT") }
      let text: String
      do throws(Errno) { text = try settings.read(FilePath(file)) } catch { throw UsageError(reading: file, error) }
      (settings.text, settings.file) = (text, file == "-" ? "(standard input)" : file)
      try settings.take(Array(operands.dropFirst()), of: "script")
    },
    run: { (settings) throws(RunError) in
      let result = try Run.script(settings)
      if result.isUnable, result.signal == nil { return Ending(Ending.couldNotRun) }
      return Ending(result.signal, isAsExpected: result.isGood)
    })
}

extension ScriptSettings {
  /// The longest script that is read, in octets.
  private static let limit = 1 << 20

  fileprivate func read(_ path: FilePath) throws(Errno) -> String {
    let octets =
      try path.isStandardInput
      ? File.readStandardInput(atMost: ScriptSettings.limit) : File.read(path, atMost: ScriptSettings.limit)
    return String(preserving: octets)
  }
}
