import Kernel

/// Where a capture comes from: a file or standard input, read as its octets come.
struct CaptureSource: ~Copyable {
  /// What came.
  enum Event {
    /// So many octets, at the front of the array.
    case octets(Int)
    /// The file has ended.
    case end
    /// A signal asks for an end.
    case signal(Signal)
  }

  /// Room for what is read at once.
  static var buffer: [UInt8] { [UInt8](repeating: 0, count: 262_144) }

  private let path: String
  private let descriptor: FileDescriptor
  private let signals: SignalSource

  /// Opens a file; `-` is standard input.
  init(_ path: String) throws(RunError) {
    let signals = try attempt { () throws(Errno) in try SignalSource() }
    let descriptor = try CaptureSource.open(path)
    self.path = path
    self.descriptor = descriptor
    self.signals = signals
  }

  private static func open(_ path: String) throws(RunError) -> FileDescriptor {
    do throws(Errno) {
      return path == "-" ? .standardInput : try File.open(path)
    } catch {
      throw .unreadable(error, path)
    }
  }

  /// Waits for octets or a signal, and reads as many as the array has at most.
  func next(into array: inout [UInt8]) throws(RunError) -> Event {
    do throws(Errno) {
      while true {
        var poller = Poller()
        _ = poller.add(descriptor)
        _ = poller.add(signals.descriptor)
        _ = try poller.wait(atMost: nil)
        if let signal = try signals.next(), signal != .quit { return .signal(signal) }
        guard let count = try descriptor.read(into: &array) else { continue }
        return count == 0 ? .end : .octets(count)
      }
    } catch {
      throw .unreadable(error, path)
    }
  }
}
