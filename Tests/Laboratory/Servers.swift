import Foundation

/// A real nginx of one process, with everything that it writes in a directory of its own.
public final class Nginx: Sendable {
  private let directory: TemporaryDirectory
  private let program: Program
  /// The port on which it listens, with both families.
  public let port: UInt16 = 8080

  /// What it writes when a client leaves by FIN before a request.
  public static let orderly = "closed connection while waiting for request"
  /// What it writes when a client leaves by RST.
  public static let reset = "Connection reset by peer"

  /// What it serves where nothing else is asked for: five octets.
  public static let page = #"location / { return 200 "here\n"; }"#

  /// Starts it in a namespace, serving what its words say, and waits until it listens.
  ///
  /// A file of `files` has its name as its path. The access log says of each request: the connection's number, the
  /// request's number on it, whether it was pipelined (`p`), the status and the request line.
  public init(in namespace: Namespace, site: String = Nginx.page, files: [String: [UInt8]] = [:]) throws {
    directory = try TemporaryDirectory()
    let place = directory.path
    for (name, octets) in files { try Data(octets).write(to: URL(fileURLWithPath: directory.file(name))) }
    let bodies = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(place)/\($0);" }
    try directory.write(
      "nginx.conf",
      """
      daemon off;
      master_process off;
      worker_processes 1;
      pid \(place)/pid;
      error_log \(place)/error.log info;
      events { worker_connections 64; }
      http {
        log_format requests '$connection $connection_requests $pipe $status $request';
        access_log \(place)/access.log requests;
        root \(place);
        \(bodies.joined(separator: "\n  "))
        server { listen \(port); listen [::]:\(port); \(site) }
      }

      """)
    program = try Program(
      ["nginx", "-p", place, "-c", directory.file("nginx.conf"), "-e", directory.file("error.log")], in: namespace)
    try namespace.waitForListener(on: port)
  }

  /// What it wrote about its connections.
  public var log: String { directory.text("error.log") + directory.text("access.log") }

  /// Waits until its log speaks of something.
  public func logs(_ words: String, seconds: Double = 5) -> Bool {
    waitUntil(seconds: seconds) { log.contains(words) ? true : nil } != nil
  }

  /// Waits until so many requests are in its access log, and gives the words of each.
  public func accesses(_ count: Int, seconds: Double = 5) -> [[String]] {
    _ = waitUntil(seconds: seconds) { lines.count >= count ? true : nil }
    return lines
  }

  private var lines: [[String]] {
    Outcome.lines(of: directory.text("access.log")).map { $0.split(separator: " ").map(String.init) }
  }

  /// Ends it.
  public func stop() { program.stop() }
}

/// A real redis-server that keeps nothing.
public final class Redis: Sendable {
  private let directory: TemporaryDirectory
  private let program: Program
  /// The port on which it listens, with both families.
  public let port: UInt16 = 6379

  /// What it writes of a new client.
  public static let accepted = "Accepted "
  /// What it writes when a client leaves by FIN.
  public static let orderly = "Client closed connection"
  /// What it writes when a client leaves by RST.
  public static let reset = "Connection reset by peer"

  /// Starts it in a namespace and waits until it listens.
  public init(in namespace: Namespace) throws {
    directory = try TemporaryDirectory()
    program = try Program(
      [
        "redis-server", "--port", "\(port)", "--bind", "0.0.0.0", "::", "--protected-mode", "no", "--save", "",
        "--appendonly", "no", "--dir", directory.path, "--loglevel", "verbose", "--daemonize", "no",
      ], in: namespace)
    try namespace.waitForListener(on: port)
  }

  /// What it wrote about its connections.
  public var log: String { program.outputSoFar }

  /// Waits until its log speaks of something.
  public func logs(_ words: String, seconds: Double = 5) -> Bool {
    waitUntil(seconds: seconds) { log.contains(words) ? true : nil } != nil
  }

  /// Ends it.
  public func stop() { program.stop() }
}
