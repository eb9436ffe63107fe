import Glibc
import Testing
import Timebase
import Wire

@testable import Kernel

@Suite("Reading ahead") struct ReadAheadTests {
  /// Lengths around a piece, and around where a thread begins to read.
  private static let lengths = [0, 1, 1, 8, 9, 20].map { $0 * ReadAhead.pieceLength } + [12_345, 9_000_001]

  /// A file without a name, each of its pages full of what tells which it is, from its start.
  private static func file(_ length: Int) throws -> FileDescriptor {
    var name = Array("/tmp/probe-read-ahead-XXXXXX".utf8CString)
    let file = FileDescriptor(owning: try kernel(.open) { unsafe mkstemp(&name) })
    unsafe unlink(&name)
    for start in stride(from: 0, to: length, by: 4_096) {
      let page = [UInt8](repeating: mark(start), count: min(4_096, length - start))
      _ = try file.write(page.span.raw)
    }
    lseek(file.raw, 0, SEEK_SET)
    return file
  }

  /// The end of a pipe that some octets wait in, and nobody writes to any more.
  private static func pipe(of octets: [UInt8]) throws -> FileDescriptor {
    let pipe = try Pipe()
    _ = try pipe.writer.write(octets.span.raw)
    return try File.open(FilePath("/proc/self/fd/\(pipe.reader.raw)"))
  }

  private static func mark(_ offset: Int) -> UInt8 { UInt8(truncatingIfNeeded: offset &>> 12 ^ offset &>> 20) }

  /// Whether octets are those that the file has from an offset on: three of each page are looked at.
  private static func holds(_ octets: RawSpan, from start: Int) -> Bool {
    stride(from: 0, to: octets.byteCount, by: 1_365).allSatisfy { octets.octet(at: $0) == mark(start + $0) }
  }

  @Test("a file comes whole and in order, with the thread and without", arguments: lengths)
  func whole(length: Int) throws {
    var file = ReadAhead(try Self.file(length))
    var have = 0
    while let count = try file.next(), count > 0 {
      let isRight = Self.holds(file.octets, from: have)
      #expect(isRight)
      have += count
    }
    #expect(have == length)
  }

  @Test("whoever waits for a piece is woken by it") func polled() throws {
    var file = ReadAhead(try Self.file(9 * ReadAhead.pieceLength))
    var poller = Poller()
    let slot = file.add(to: &poller)
    var pieces = 0
    while true {
      #expect(try poller.wait(atMost: .seconds(10)) == 1)
      #expect(poller.events(of: slot) == .readable)
      guard let count = try file.next(), count > 0 else { break }
      pieces += 1
    }
    #expect(pieces == 9)
  }

  @Test("one that is given up half-way leaves no thread behind") func givenUp() throws {
    for pieces in 0..<30 {
      var file = ReadAhead(try Self.file(9 * ReadAhead.pieceLength))
      for _ in 0..<pieces % 12 { _ = try file.next() }
    }
    // The tests beside this one may have a thread at work: those of thirty files would be more.
    #expect(
      try File.read("/proc/self/status", atMost: 65_536).split(separator: 10).contains { line in
        let words = line.split(separator: 9)
        guard words.first.map(Array.init) == Array("Threads:".utf8), let count = words.last else { return false }
        return Int(String(decoding: count, as: UTF8.self)).map { $0 < 30 } ?? false
      })
  }

  @Test("a file that becomes shorter ends where it ends") func shortened() throws {
    let descriptor = try Self.file(20 * ReadAhead.pieceLength)
    let raw = descriptor.raw
    var file = ReadAhead(descriptor)
    var have = try file.next() ?? 0
    #expect(have == ReadAhead.pieceLength)
    ftruncate(raw, off_t(have))
    while let count = try file.next(), count > 0 {
      // What was read before the cut, at most one piece more.
      have += count
    }
    #expect(have <= 3 * ReadAhead.pieceLength)
  }

  @Test("a folder is refused by name of the error, a pipe is read as it comes") func others() throws {
    var folder = ReadAhead(try File.open("/"))
    #expect(throws: Errno(code: EISDIR, call: .read)) { try folder.next() }
    var file = ReadAhead(try Self.pipe(of: [1, 2, 3]))
    #expect(try file.next() == 3)
    let octets = file.octets.octets
    #expect(octets == [1, 2, 3])
    #expect(try file.next() == 0)
  }
}
