import Glibc
import Wire

/// Reads a file piece by piece: the next one on a thread of its own, while the present one is looked at.
///
/// Where nothing would be gained, with a pipe, a terminal or a file of a few pieces, there is no thread, and a piece is
/// read when it is asked for.
///
/// Sound: of the two buffers one belongs to the value and one to its thread, which change hands by messages alone; they
/// live until the thread has ended.
@safe public struct ReadAhead: ~Copyable {
  /// Octets of a piece at most.
  public static var pieceLength: Int { 1_048_576 }

  private let file: FileDescriptor
  private let buffers: UnsafeMutableRawBufferPointer
  private let worker: ReadWorker?
  /// Which buffer has the present piece, and how long that is.
  private var turn: UInt8 = 1
  private var count = 0

  /// Reads a file from where it stands to its end.
  ///
  /// The thread is to take no signal: their collection, by `SignalSource`, must have begun.
  public init(_ file: consuming FileDescriptor) {
    unsafe buffers = .allocate(byteCount: 2 * ReadAhead.pieceLength, alignment: 64)
    let isLong = file.regularLength.map { $0 >= 8 * ReadAhead.pieceLength } ?? false
    worker = unsafe isLong ? ReadWorker(file.raw, ReadAhead.part(0, of: buffers), ReadAhead.part(1, of: buffers)) : nil
    self.file = file
  }

  deinit {
    worker?.join()
    unsafe buffers.deallocate()
  }

  /// Waits for the next piece from now on.
  public func add(to poller: inout Poller) -> Poller.Slot { worker?.add(to: &poller) ?? poller.add(file) }

  /// Takes the next piece, which `octets` is from now on: how long it is, 0 at the end, nil where it has not come yet.
  ///
  /// - Throws: what `read(2)` gives, EISDIR for a folder.
  public mutating func next() throws(Errno) -> Int? {
    if let found = try worker?.result(thenFill: turn) {
      count = found
    } else {
      guard let found = try readNow() else { return nil }
      count = found
    }
    turn = 1 - turn
    return count
  }

  private func readNow() throws(Errno) -> Int? {
    let (raw, room) = unsafe (file.raw, ReadAhead.part(1 - turn, of: buffers))
    return try kernelNow(.read) { unsafe read(raw, room.baseAddress, room.count) }
  }

  /// The present piece.
  public var octets: RawSpan {
    @_lifetime(borrow self) get {
      let part = unsafe UnsafeRawBufferPointer(ReadAhead.part(turn, of: buffers))
      return unsafe _overrideLifetime(RawSpan(_unsafeBytes: part).extracting(first: count), borrowing: self)
    }
  }

  private static func part(_ index: UInt8, of buffers: UnsafeMutableRawBufferPointer) -> UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(rebasing: buffers[Int(index) * pieceLength..<Int(index + 1) * pieceLength])
  }
}
