import Kernel
import Wire

/// Whoever takes the octets of a file as they come.
protocol OctetReader: AnyObject {
  /// Takes the next octets.
  func take(_ octets: RawSpan) throws(RunError)
  /// Whether the rest of the file brings nothing more.
  var hasEnough: Bool { get }
}

/// A file or standard input in the loop, read as its octets come.
struct CaptureWork<Reader: OctetReader>: ~Copyable, LoopWork {
  private let path: FilePath
  private var file: ReadAhead
  private let reader: Reader
  private var slot: Poller.Slot?
  /// Whether anything has come: before that there is nothing that SIGQUIT could ask for.
  private var hasBegun = false
  private var isOver = false
  /// SIGQUIT that ended the wait for the first octets.
  private var quit: Signal?

  private init(_ input: InputFile, _ reader: Reader) throws(RunError) {
    let descriptor = try input.take()
    path = input.path
    file = ReadAhead(descriptor)
    self.reader = reader
  }

  /// Reads a file of a session's to its end, or until it is enough; returns the signal that came before, if one did.
  static func run(_ input: InputFile, _: Session.Sealed, into reader: Reader) throws(RunError) -> Signal? {
    // Signals are collected before a thread starts.
    var loop = try Loop()
    var work = try CaptureWork(input, reader)
    return try loop.run(&work) ?? work.quit
  }

  mutating func advance() throws(RunError) -> Rest { isOver || reader.hasEnough ? .over : .until(nil) }

  mutating func enrol(in poller: inout Poller) { slot = file.add(to: &poller) }

  mutating func collect(_ poller: borrowing Poller) throws(RunError) {
    guard let slot, !poller.events(of: slot).isEmpty else { return }
    let count: Int?
    do throws(Errno) { count = try file.next() } catch { throw .unreadable(error, path) }
    guard let count else { return }
    hasBegun = true
    if count == 0 { isOver = true } else { try reader.take(file.octets) }
  }

  mutating func take(_ signal: Signal) throws(RunError) {
    guard !hasBegun else { return }
    quit = signal
    isOver = true
  }

  mutating func interrupt(isRepeated: Bool) throws(RunError) { isOver = true }
}
