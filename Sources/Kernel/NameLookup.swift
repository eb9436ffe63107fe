import Timebase
import Wire

/// One look-up of a name, on a thread of its own: whoever has packets to time does not wait for name servers.
///
/// Sound: the errand belongs to its thread until that has been joined, and to the look-up from then on.
@safe public final class NameLookup {
  private let errand: Question
  private let thread: WorkerThread
  private var isJoined = false

  /// Begins to look a name up, as `Resolver.addresses(of:family:)` does; nil where the system has no thread to give.
  ///
  /// The thread is to take no signal: their collection, by `SignalSource`, must have begun.
  public init?(of name: String, family: AddressFamily?) {
    guard let pipe = try? Pipe() else { return nil }
    let errand = Question(name, family, done: pipe)
    guard let thread = unsafe WorkerThread(errand) else { return nil }
    self.errand = errand
    self.thread = thread
  }

  deinit {
    // Nobody waits for it any more: it ends when the name servers have answered, or with the process.
    if !isJoined { thread.detach() }
  }

  /// What it gave; nil while it lasts.
  ///
  /// Nothing is waited for.
  public var answer: Result<[IPAddress], ResolveError>? {
    if !isJoined {
      guard (try? Poller.isReadable(errand.done.reader, until: SystemClock.monotonic())) == true else { return nil }
      thread.join()
      isJoined = true
    }
    return errand.answer
  }

  /// What the thread has to do, and what came of it.
  private final class Question: Errand {
    private let name: String
    private let family: AddressFamily?
    /// Both ends are the thread's own: whoever has given it up reads no more, and nobody may be harmed by what it writes.
    let done: Pipe
    private(set) var answer: Result<[IPAddress], ResolveError>?

    init(_ name: String, _ family: AddressFamily?, done: consuming Pipe) {
      (self.name, self.family) = (name, family)
      self.done = done
    }

    func run() {
      do throws(ResolveError) {
        answer = .success(try Resolver.addresses(of: name, family: family))
      } catch {
        answer = .failure(error)
      }
      let word: [UInt8] = [1]
      _ = try? done.writer.write(word.span.raw)
    }
  }
}
