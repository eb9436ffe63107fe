import Foundation

/// What a finished program left behind.
public struct Outcome: Sendable {
  /// The exit code; 128 + the signal's number where a signal ended it, as a shell says it.
  public var code: Int32
  /// The signal that ended it, if one did.
  public var signal: Int32?
  /// What it wrote to standard output.
  public var output: String
  /// What it wrote to standard error.
  public var errors: String
  /// From start to end, in seconds.
  public var seconds: Double
  /// It was killed because its time was over.
  public var timedOut: Bool

  /// Standard output, line by line, without the empty rest after the last newline.
  public var lines: [String] { Outcome.lines(of: output) }
  /// Standard error, line by line.
  public var errorLines: [String] { Outcome.lines(of: errors) }

  static func lines(of text: String) -> [String] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines
  }
}

/// A program that runs, with its streams in files of its own; ended and reaped at the latest with the last reference.
public final class Program: @unchecked Sendable {
  /// Its process.
  public let pid: pid_t
  let name: String
  let directory: TemporaryDirectory
  let started = monotonicSeconds()
  private let lock = NSLock()
  private var finished: Outcome?

  /// Where a stream of the program goes.
  public enum Stream: Sendable {
    /// Into a file that the outcome shows.
    case captured
    /// To a path that is opened for writing.
    case path(String)
    /// To a descriptor of ours.
    case descriptor(Int32)
  }

  /// Starts a program, in a network namespace if one is given; its input is empty unless a text is given.
  public init(
    _ command: [String], in namespace: Namespace? = nil, input: String = "", output: Stream = .captured,
    errors: Stream = .captured, environment: [String: String] = [:]
  ) throws {
    guard let name = command.first, let path = Tool.find(name) else {
      throw LaboratoryError("no such program: \(command.first ?? "")")
    }
    self.name = name
    let directory = try TemporaryDirectory()
    self.directory = directory
    try directory.write("input", input)
    var variables = ProcessInfo.processInfo.environment
    variables["LC_ALL"] = "C"
    for (key, value) in environment { variables[key] = value }
    let arguments = [path] + command.dropFirst()
    let settings = variables.map { "\($0)=\($1)" }
    let start: @Sendable () throws -> pid_t = {
      try spawn(
        path, arguments, settings, input: directory.file("input"),
        output: output, outputFile: directory.file("output"), errors: errors, errorFile: directory.file("errors"))
    }
    pid = try namespace.map { try $0.run(start) } ?? start()
  }

  deinit { stop() }

  /// What it wrote to standard output until now.
  public var outputSoFar: String { directory.text("output") }
  /// What it wrote to standard error until now.
  public var errorsSoFar: String { directory.text("errors") }
  /// Whether it has not ended yet.
  public var isRunning: Bool { poll() == nil }

  /// Sends it a signal; nothing happens when it has ended.
  public func send(_ signal: Int32) {
    lock.withLock { if finished == nil { kill(pid, signal) } }
  }

  /// Waits for its end; kills it when the time is over.
  public func wait(seconds: Double) -> Outcome {
    if let outcome = waitUntil(seconds: seconds, poll) { return outcome }
    send(SIGKILL)
    var outcome =
      waitUntil(seconds: 10, poll)
      ?? Outcome(code: 255, output: "", errors: "", seconds: seconds, timedOut: true)
    outcome.timedOut = true
    return outcome
  }

  /// Asks it to end, and makes it end after two seconds.
  @discardableResult
  public func stop() -> Outcome {
    send(SIGTERM)
    return wait(seconds: 2)
  }

  private func poll() -> Outcome? {
    lock.withLock {
      if let finished { return finished }
      var status: Int32 = 0
      guard unsafe waitpid(pid, &status, WNOHANG) == pid else { return nil }
      let signal = status & 0x7f
      let outcome = Outcome(
        code: signal == 0 ? (status >> 8) & 0xff : 128 + signal, signal: signal == 0 ? nil : signal,
        output: outputSoFar, errors: errorsSoFar, seconds: monotonicSeconds() - started,
        timedOut: false)
      finished = outcome
      SchemaLines.collect(outcome.output)
      return outcome
    }
  }

  /// Runs a program to its end.
  public static func run(
    _ command: [String], in namespace: Namespace? = nil, input: String = "", output: Stream = .captured,
    errors: Stream = .captured, environment: [String: String] = [:], seconds: Double = 20
  ) throws -> Outcome {
    try Program(
      command, in: namespace, input: input, output: output, errors: errors, environment: environment
    ).wait(seconds: seconds)
  }

  /// Runs a tool of the laboratory that must succeed, and gives its output.
  @discardableResult
  public static func must(
    _ command: [String], in namespace: Namespace? = nil, input: String = "", seconds: Double = 30
  ) throws -> String {
    let outcome = try run(command, in: namespace, input: input, seconds: seconds)
    guard outcome.code == 0, !outcome.timedOut else {
      throw LaboratoryError("\(command.joined(separator: " ")): code \(outcome.code): \(outcome.errors)")
    }
    return outcome.output
  }
}
