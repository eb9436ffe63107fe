import Glibc
import Timebase
import Wire

/// One look-up of a name, on a thread of its own: whoever has packets to time does not wait for name servers.
///
/// Sound: the errand belongs to its thread until that has been joined, and to the look-up from then on.
@safe public final class NameLookup {
  private let errand: Errand
  private let done: FileDescriptor
  private let thread: pthread_t
  private var isJoined = false

  /// Begins to look a name up, as `Resolver.addresses(of:family:)` does; nil where the system has no thread to give.
  ///
  /// The thread is to take no signal: their collection, by `SignalSource`, must have begun.
  public init?(of name: String, family: AddressFamily?) {
    guard let pipe = try? Pipe() else { return nil }
    let errand = Errand(name, family, done: pipe.writer)
    let context = unsafe Unmanaged.passRetained(errand)
    var thread = pthread_t()
    let code = unsafe pthread_create(
      &thread, nil,
      { context in
        if let context = unsafe context { unsafe Unmanaged<Errand>.fromOpaque(context).takeRetainedValue().run() }
        return nil
      }, context.toOpaque())
    guard code == 0 else {
      unsafe context.release()
      return nil
    }
    self.errand = errand
    self.thread = thread
    done = pipe.reader
  }

  deinit {
    // Nobody waits for it any more: it ends when the name servers have answered, or with the process.
    if !isJoined { _ = pthread_detach(thread) }
  }

  /// What it gave; nil while it lasts.
  ///
  /// Nothing is waited for.
  public var answer: Result<[IPAddress], ResolveError>? {
    if !isJoined {
      guard (try? Poller.isReadable(done, until: SystemClock.monotonic())) == true else { return nil }
      _ = pthread_join(thread, nil)
      isJoined = true
    }
    return errand.answer
  }

  /// What the thread has to do, and what came of it.
  private final class Errand {
    private let name: String
    private let family: AddressFamily?
    private let done: FileDescriptor
    private(set) var answer: Result<[IPAddress], ResolveError>?

    init(_ name: String, _ family: AddressFamily?, done: consuming FileDescriptor) {
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
      _ = try? done.write(word.span.raw)
    }
  }
}
