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

  private let path: String
  private let signals: SignalSource
  private var file: ReadAhead

  /// Opens a file; `-` is standard input.
  init(_ path: String) throws(RunError) {
    let signals = try attempt { () throws(Errno) in try SignalSource() }
    let descriptor = try CaptureSource.open(path)
    self.path = path
    self.signals = signals
    file = ReadAhead(descriptor)
  }

  private static func open(_ path: String) throws(RunError) -> FileDescriptor {
    do throws(Errno) {
      return path == "-" ? .standardInput : try File.open(path)
    } catch {
      throw .unreadable(error, path)
    }
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
        if hasSignal, let signal = try signals.next(), signal != .quit { return .signal(signal) }
        guard !poller.events(of: slots.file).isEmpty, let count = try file.next() else { continue }
        return count == 0 ? .end : .octets
      }
    } catch {
      throw .unreadable(error, path)
    }
  }
}
