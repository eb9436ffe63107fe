import Foundation

/// A server that answers whatever asks it by the octets it was given, right or wrong.
public final class PageServer: Sendable {
  private let program: Program
  /// The port on which it listens, with both families.
  public let port: UInt16 = 8081

  /// What it does after its last answer on a connection.
  public enum Then: String, Sendable {
    /// Waits for the client's end.
    case waits
    /// Closes.
    case closes
    /// Aborts by RST.
    case resets
  }

  /// Starts it; each request on a connection gets the next of the answers, whose pieces are sent 5 ms apart.
  public init(in namespace: Namespace, _ answers: [[String]], then: Then = .waits) throws {
    let pieces = answers.map { answer in
      answer.map { piece in piece.utf8.map { String(format: "%02x", $0) }.joined() }.joined(separator: ",")
    }
    program = try Program(
      ["python3", "-c", PageServer.script, "\(port)", then.rawValue] + pieces, in: namespace)
    try namespace.waitForListener(on: port)
  }

  /// Ends it.
  public func stop() { program.stop() }

  private static let script = """
    import socket, struct, sys, threading, time
    port, then, answers = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    def serve(connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        seen = b""
        for answer in answers:
            while b"\\r\\n\\r\\n" not in seen:
                octets = connection.recv(65536)
                if not octets:
                    return connection.close()
                seen += octets
            seen = seen.partition(b"\\r\\n\\r\\n")[2]
            for piece in answer.split(","):
                connection.sendall(bytes.fromhex(piece))
                time.sleep(0.005)
        if then == "resets":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if then == "waits":
            while connection.recv(65536):
                pass
        connection.close()
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
    """
}
