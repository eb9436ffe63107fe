import CLinux
import Glibc

/// What a thread of its own has to do, and what it needs for that.
protocol ThreadBody: AnyObject {
  func run()
}

/// A thread that runs one body and ends, `pthreads(7)`.
///
/// Threads are few: a call that waits for a disk or for name servers has one, so that no packet waits for it.
struct WorkerThread: ~Copyable {
  private let handle: pthread_t

  /// Starts it; nil where the system has none to give.
  ///
  /// It takes no signal where their collection, by `SignalSource`, has begun. Unsafe: no one else may touch what belongs
  /// to the body before it has ended, but by means that are made for that.
  @unsafe init?(_ body: some ThreadBody) {
    let context = unsafe Unmanaged.passRetained(Box(body))
    var handle = pthread_t()
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    defer { unsafe pthread_attr_destroy(&attributes) }
    // Whatever `ulimit -s` says, which is the default: name services need some of it.
    unsafe pthread_attr_setstacksize(&attributes, WorkerThread.stack)
    let code = unsafe pthread_create(
      &handle, &attributes,
      { context in
        if let context = unsafe context { unsafe Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body.run() }
        return nil
      }, context.toOpaque())
    guard code == 0 else {
      unsafe context.release()
      return nil
    }
    self.handle = handle
  }

  private static var stack: Int { 1_048_576 }

  /// Waits until it has ended.
  func join() { _ = pthread_join(handle, nil) }

  /// Lets it end by itself: no one waits for it.
  func detach() { _ = pthread_detach(handle) }

  /// What the thread is handed as a pointer: an object of one known class.
  private final class Box {
    let body: any ThreadBody
    init(_ body: any ThreadBody) { self.body = body }
  }
}

/// Both ends of a pipe that no child process inherits, `pipe2(2)`.
struct Pipe: ~Copyable {
  let reader: FileDescriptor
  let writer: FileDescriptor

  init() throws(Errno) {
    var ends: (CInt, CInt) = (0, 0)
    _ = try kernel(.pipe2) {
      unsafe withUnsafeMutableBytes(of: &ends) {
        unsafe clinux_pipe2($0.assumingMemoryBound(to: CInt.self).baseAddress, O_CLOEXEC)
      }
    }
    reader = FileDescriptor(owning: ends.0)
    writer = FileDescriptor(owning: ends.1)
  }
}
