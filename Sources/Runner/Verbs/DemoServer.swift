import Kernel
import Wire

/// A listener of our own on loopback, served from the one loop: what `probe demo` connects to.
final class DemoServer {
  private let listener: Listener
  private var connections: [Held] = []

  /// The most connections that are held at once.
  private static let capacity = 16

  private final class Held {
    let connection: ListenerConnection
    init(_ connection: consuming ListenerConnection) { self.connection = connection }
  }

  /// Listens on a port that the kernel chooses.
  init(address: IPAddress) throws(Errno) { listener = try Listener(address: address) }

  /// The port that it listens on.
  var port: UInt16 { listener.port }

  /// Accepts what has come, reads it, and closes what the other side has closed.
  func serve() throws(Errno) {
    while connections.count < DemoServer.capacity, let connection = try listener.accept() {
      connections.append(Held(connection))
    }
    for index in connections.indices.reversed() {
      if try connections[index].connection.step() { connections.remove(at: index) }
    }
  }

  /// Asks the poll loop to watch the listener.
  func watch(by poller: inout Poller) { _ = poller.add(listener.descriptor, for: .readable) }
}
