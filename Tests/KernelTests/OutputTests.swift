import Glibc
import Testing
import Wire

@testable import Kernel

/// A pipe's two ends.
private struct Pipe: ~Copyable {
  let reader: FileDescriptor
  let writer: FileDescriptor

  init() throws {
    var ends: [CInt] = [0, 0]
    let result = unsafe pipe(&ends)
    try #require(result == 0)
    reader = FileDescriptor(owning: ends[0])
    writer = FileDescriptor(owning: ends[1])
  }
}

@Suite("Output and files") struct OutputTests {
  @Test("a full disk is an error of write") func full() throws {
    let output = try Output(creating: "/dev/full")
    let error = #expect(throws: Errno.self) { try output.write("lost") }
    #expect(error == Errno(code: ENOSPC, call: .write))
    #expect(error?.hint == "the disk is full")
    let terminal = (output.isTerminal, output.width)
    #expect(terminal == (false, nil))
  }

  @Test("a reader who has gone is an error of write, not a signal") func brokenPipe() throws {
    SignalSource.ignoreWriteSignals()
    let pipe = try Pipe()
    let writer = Output(FileDescriptor(owning: dup(pipe.writer.raw)))
    try pipe.letGo()
    let error = #expect(throws: Errno.self) { try writer.write("nobody") }
    #expect(error?.code == EPIPE)
  }

  @Test("much text arrives whole through a small pipe that never blocks") func partial() async throws {
    let pipe = try Pipe()
    let raw = pipe.writer.raw
    #expect(fcntl(raw, F_SETFL, O_NONBLOCK) == 0)
    let text = String(repeating: "0123456789", count: 50_000)
    let reading = FileDescriptor(owning: dup(pipe.reader.raw))
    let task = Task.detached { try drain(reading, expecting: 500_000) }
    try Output(FileDescriptor(owning: dup(raw))).write(text)
    #expect(try await task.value == 500_000)
  }

  @Test("standard descriptors are not closed") func standard() throws {
    do {
      let output = Output.standardError
      try output.close()
    }
    #expect(fcntl(2, F_GETFD) >= 0)
  }
}

extension Pipe {
  fileprivate consuming func letGo() throws {}
}

private func drain(_ reader: borrowing FileDescriptor, expecting total: Int) throws -> Int {
  var frame = FrameBuffer()
  var count = 0
  while count < total, let part = try frame.build({ try reader.read(into: &$0) }), part > 0 { count += part }
  return count
}
