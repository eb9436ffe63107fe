import CLaboratory
import Foundation

/// A network namespace of our own, with loopback up; it vanishes with the last reference and the last process in it.
///
/// It has no name and leaves no file: a descriptor holds it, so it works the same as root and in a user namespace.
public final class Namespace: Sendable {
  private let descriptor: Int32

  /// Makes one.
  public init() throws {
    descriptor = try onThread {
      guard laboratory_unshare_network() == 0 else { throw LaboratoryError.system("unshare") }
      let descriptor = unsafe open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw LaboratoryError.system("open namespace") }
      return descriptor
    }
    try command("ip", "link", "set", "lo", "up")
  }

  /// The one that a process is in.
  public init(ofProcess pid: pid_t) throws {
    descriptor = unsafe open("/proc/\(pid)/ns/net", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw LaboratoryError.system("open the namespace of process \(pid)") }
  }

  deinit { close(descriptor) }

  /// The path under which other programs of ours find it.
  public var path: String { "/proc/\(getpid())/fd/\(descriptor)" }

  /// Does something inside, on a thread of its own.
  public func run<Answer: Sendable>(_ body: @escaping @Sendable () throws -> Answer) throws -> Answer {
    let descriptor = descriptor
    return try onThread {
      guard laboratory_enter_network(descriptor) == 0 else { throw LaboratoryError.system("setns") }
      return try body()
    }
  }

  /// Runs a tool inside that must succeed.
  @discardableResult
  public func command(_ words: String...) throws -> String { try Program.must(words, in: self) }

  /// Sets a kernel setting of this namespace, by its path below /proc/sys.
  public func setting(_ name: String, _ value: String) throws {
    try run {
      guard let file = FileHandle(forWritingAtPath: "/proc/sys/\(name)") else {
        throw LaboratoryError("no setting \(name)")
      }
      try file.write(contentsOf: Data(value.utf8))
    }
  }

  /// Loads firewall rules, in nft's words.
  public func firewall(_ rules: String) throws { try Program.must(["nft", "-f", "-"], in: self, input: rules) }

  /// Loads rules for what comes in, each in nft's words.
  public func filterInput(_ rules: String...) throws {
    let lines = rules.joined(separator: "\n    ")
    try firewall(
      "table inet laboratory {\n  chain input {\n    type filter hook input priority 0\n    \(lines)\n  }\n}\n")
  }

  /// The local ports on which something listens with TCP.
  public func listeningPorts() throws -> Set<UInt16> {
    try run {
      var ports: Set<UInt16> = []
      for table in ["tcp", "tcp6"] {
        let text = try String(contentsOfFile: "/proc/thread-self/net/\(table)", encoding: .utf8)
        for line in text.split(separator: "\n").dropFirst() {
          let fields = line.split(separator: " ")
          guard fields.count > 3, fields[3] == "0A", let port = fields[1].split(separator: ":").last else { continue }
          ports.insert(UInt16(port, radix: 16) ?? 0)
        }
      }
      return ports
    }
  }

  /// Waits until something listens on a port.
  public func waitForListener(on port: UInt16, seconds: Double = 10) throws {
    guard try waitUntil(seconds: seconds, { try listeningPorts().contains(port) ? true : nil }) != nil else {
      throw LaboratoryError("nobody listens on port \(port) after \(seconds) s")
    }
  }
}

/// Runs a closure on a new thread to its end, so that what it changes about its thread dies with it.
func onThread<Answer: Sendable>(_ body: @escaping @Sendable () throws -> Answer) throws -> Answer {
  let done = DispatchSemaphore(value: 0)
  let box = Box(Result<Answer, any Error>.failure(LaboratoryError("the thread did not run")))
  let thread = Thread {
    box.value = Result { try body() }
    done.signal()
  }
  thread.start()
  done.wait()
  return try box.value.get()
}

/// A place that one thread writes before another reads it.
final class Box<Value>: @unchecked Sendable {
  var value: Value
  init(_ value: Value) { self.value = value }
}
