import Glibc
import Wire

/// A thread that reads a file into two buffers by turns, as its owner sees it.
///
/// An order is an octet, the number of the buffer to fill; the answer to it a word, how many octets came or, negative,
/// which error did. The thread ends when it is told to, and not before: each order has its answer.
struct ReadWorker: ~Copyable {
  private static var stop: UInt8 { 2 }

  private let orders: FileDescriptor
  private let results: FileDescriptor
  private let thread: WorkerThread

  /// Starts the thread, which fills the first buffer at once; nil where the system has none to give.
  ///
  /// Unsafe: file and buffers must live until `join`.
  @unsafe init?(_ file: CInt, _ first: UnsafeMutableRawBufferPointer, _ second: UnsafeMutableRawBufferPointer) {
    guard let orders = try? Pipe(), let results = try? Pipe() else { return nil }
    let reading = unsafe Reading(file, first, second, orders: orders.reader, results: results.writer)
    guard let thread = unsafe WorkerThread(reading) else { return nil }
    self.thread = thread
    self.orders = orders.writer
    self.results = results.reader
    try? send(0)
  }

  /// Waits for what came of the earliest order, and gives the next one: how many octets came, 0 at the end of the file.
  func result(thenFill buffer: UInt8) throws(Errno) -> Int {
    var word: Int = 0
    _ = try unsafe withUnsafeMutableBytes(of: &word) { bytes throws(Errno) in
      try kernel(.read) { unsafe read(results.raw, bytes.baseAddress, bytes.count) }
    }
    try send(buffer)
    guard word >= 0 else { throw Errno(code: CInt(-word), call: .read) }
    return word
  }

  /// Waits for results from now on.
  func add(to poller: inout Poller) -> Poller.Slot { poller.add(results) }

  /// Ends the thread, and waits until it has.
  func join() {
    try? send(ReadWorker.stop)
    thread.join()
  }

  private func send(_ order: UInt8) throws(Errno) {
    var order = order
    _ = try kernel(.write) { unsafe write(orders.raw, &order, 1) }
  }

  /// What the thread has to do, and what it needs for that.
  ///
  /// Sound: whoever starts it keeps file and buffers, and touches no buffer that it was told to fill.
  @safe private final class Reading: ThreadBody {
    private let file: CInt
    private let buffers: (UnsafeMutableRawBufferPointer, UnsafeMutableRawBufferPointer)
    private let orders: FileDescriptor
    private let results: FileDescriptor

    init(
      _ file: CInt, _ first: UnsafeMutableRawBufferPointer, _ second: UnsafeMutableRawBufferPointer,
      orders: consuming FileDescriptor, results: consuming FileDescriptor
    ) {
      self.file = file
      unsafe buffers = (first, second)
      self.orders = orders
      self.results = results
    }

    func run() {
      var order: UInt8 = 0
      while unsafe read(orders.raw, &order, 1) == 1, order != ReadWorker.stop {
        let room = unsafe order == 0 ? buffers.0 : buffers.1
        var result = unsafe read(file, room.baseAddress, room.count)
        if result < 0 { result = -Int(errno) }
        guard unsafe write(results.raw, &result, MemoryLayout<Int>.size) > 0 else { return }
      }
    }
  }
}
