import CLaboratory
import Foundation
import Glibc
import Synchronization

/// What the application saw of one connection.
public struct Visit: Hashable, Sendable {
  /// The prober's port.
  public var port: UInt16
  /// What it read.
  public var bytes: [UInt8] = []
  /// How it ended.
  public var ending: Ending?

  /// How a connection can end in the eyes of the application.
  public enum Ending: Hashable, Sendable {
    /// End of file: the prober's FIN.
    case orderly
    /// ECONNRESET: the prober's RST.
    case reset
    /// Another error, by its number.
    case failed(Int32)
  }
}

/// A server on the kernel's TCP that keeps a record of what its application sees.
public final class RecordingListener: Sendable {
  /// What the application does with a connection.
  public enum Manner: Sendable {
    /// Reads to the end, then closes.
    case reads
    /// Closes as soon as it has accepted.
    case closesFirst
    /// Aborts by RST as soon as it has accepted.
    case resets
    /// Never accepts.
    case deaf
    /// Reads to the end, but is told of a connection only when it carries data (TCP_DEFER_ACCEPT).
    case waitsForData
    /// Sends back what it reads, to the end.
    case echoes
  }

  private let descriptor: Int32
  private let stopped: Box<Bool>
  private let visitsSeen: Mutex<[Visit]>
  private let thread: DispatchSemaphore
  /// The port on which it listens.
  public let port: UInt16

  /// Listens on an address of the namespace; on a free port if none is given.
  public init(
    in namespace: Namespace, address: String, port: UInt16 = 0, manner: Manner = .reads
  ) throws {
    let (descriptor, bound) = try namespace.run { try listenTCP(address, port: port) }
    if case .waitsForData = manner {
      var seconds: Int32 = 5
      let result = unsafe setsockopt(
        descriptor, Int32(IPPROTO_TCP), TCP_DEFER_ACCEPT, &seconds, socklen_t(MemoryLayout<Int32>.size))
      guard result == 0 else { throw LaboratoryError.system("set TCP_DEFER_ACCEPT") }
    }
    self.descriptor = descriptor
    self.port = bound
    stopped = Box(false)
    visitsSeen = Mutex([])
    thread = DispatchSemaphore(value: 0)
    guard case .deaf = manner else {
      Thread { [self] in serve(manner) }.start()
      return
    }
    thread.signal()
  }

  /// Every connection that the application has accepted until now.
  public var visits: [Visit] { visitsSeen.withLock { $0 } }

  /// Waits until this many connections have come and ended.
  public func ended(_ count: Int, seconds: Double = 5) -> [Visit] {
    _ = waitUntil(seconds: seconds) { visits.filter { $0.ending != nil }.count >= count ? true : nil }
    return visits
  }

  /// Stops serving and closes the socket.
  public func stop() {
    guard !stopped.value else { return }
    stopped.value = true
    thread.wait()
    close(descriptor)
  }

  private func serve(_ manner: Manner) {
    var open: [Int32: Int] = [:]
    while !stopped.value {
      var polled = ([descriptor] + open.keys).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard unsafe poll(&polled, nfds_t(polled.count), 20) > 0 else { continue }
      for entry in polled where entry.revents != 0 {
        if entry.fd == descriptor {
          accept(into: &open, manner)
        } else if let index = open[entry.fd], read(entry.fd, index, manner) {
          close(entry.fd)
          open[entry.fd] = nil
        }
      }
    }
    for descriptor in open.keys { close(descriptor) }
    thread.signal()
  }

  private func accept(into open: inout [Int32: Int], _ manner: Manner) {
    var port: UInt16 = 0
    let connection = unsafe laboratory_accept(descriptor, &port)
    guard connection >= 0 else { return }
    let index = visitsSeen.withLock { visits in
      visits.append(Visit(port: port))
      return visits.count - 1
    }
    switch manner {
    case .closesFirst: shutdown(connection, Int32(SHUT_WR))
    case .resets:
      var linger = linger(l_onoff: 1, l_linger: 0)
      unsafe setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
      close(connection)
      return
    case .reads, .deaf, .waitsForData, .echoes: break
    }
    open[connection] = index
  }

  /// Reads what is there; true when the connection has ended.
  private func read(_ connection: Int32, _ index: Int, _ manner: Manner) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe recv(connection, &buffer, buffer.count, 0)
    let code = errno
    if count < 0, code == EAGAIN { return false }
    if count > 0, case .echoes = manner { _ = unsafe send(connection, buffer, count, Int32(MSG_NOSIGNAL)) }
    visitsSeen.withLock { visits in
      if count > 0 { visits[index].bytes += buffer.prefix(count) }
      if count == 0 { visits[index].ending = .orderly }
      if count < 0 { visits[index].ending = code == ECONNRESET ? .reset : .failed(code) }
    }
    return count <= 0
  }
}
