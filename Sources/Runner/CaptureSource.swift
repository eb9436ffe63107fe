import Kernel
import Wire

/// Where a capture comes from: a file or standard input, read as its octets come.
struct CaptureSource: ~Copyable {
  /// What came.
  enum Event {
    /// Some octets.
    case octets
    /// The file has ended.
    case end
    /// A signal asks for an end.
    case signal(Signal)
  }

  private let path: FilePath
  private let signals: SignalSource
  private var file: ReadAhead
  /// Whether anything has come: before that there is nothing that SIGQUIT could ask for.
  private var hasBegun = false

  /// Reads a file of a session's.
  init(_ input: InputFile, _: Session.Sealed) throws(RunError) {
    let signals = try attempt { () throws(Errno) in try SignalSource() }
    let descriptor = try input.take()
    path = input.path
    self.signals = signals
    file = ReadAhead(descriptor)
  }

  /// The octets that came last.
  var octets: RawSpan { @_lifetime(borrow self) get { file.octets } }

  /// Waits for octets or a signal.
  mutating func next() throws(RunError) -> Event {
    do throws(Errno) {
      while true {
        var poller = Poller()
        let slots = (signals: poller.add(signals.descriptor), file: file.add(to: &poller))
        _ = try poller.wait(atMost: nil)
        let hasSignal = !poller.events(of: slots.signals).isEmpty
        if hasSignal, let signal = try signals.next(), signal != .quit || !hasBegun { return .signal(signal) }
        guard !poller.events(of: slots.file).isEmpty, let count = try file.next() else { continue }
        hasBegun = true
        return count == 0 ? .end : .octets
      }
    } catch {
      throw .unreadable(error, path)
    }
  }
}
