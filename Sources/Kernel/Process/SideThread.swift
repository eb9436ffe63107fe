import CLinux

/// A thread that runs a body beside the loop, and is waited for at its end, `pthreads(7)`.
///
/// It has what its creator has: the signals that are collected stay blocked, and what a sealed run has given up is gone.
public struct SideThread: ~Copyable {
  private let thread: WorkerThread

  /// Starts it; nil where the system has none to give.
  public init?(_ body: @escaping @Sendable () -> Void) {
    guard let thread = unsafe WorkerThread(Body(body)) else { return nil }
    self.thread = thread
  }

  /// Waits until the body has returned.
  public consuming func join() { thread.join() }

  private final class Body: ThreadBody {
    private let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    func run() { body() }
  }
}

/// How many processors there are for this process.
public enum Processors {
  /// Those that its threads may run on, `sched_getaffinity(2)`.
  public static var count: Int { Int(clinux_processor_count()) }
}
