import Kernel
import Report
import Scan
import Timebase

extension ScanFormat {
  /// What a file of it is called behind `--all-formats BASE`.
  func path(_ base: FilePath) -> FilePath { FilePath(octets: base.octets + ".\(rawValue)".utf8) }
}

/// The files of a scan, each written while results come.
///
/// Files of lines lie in their place from the beginning and have whole lines at any time, so that a scan that is killed has
/// lost nothing that was found. A document of XML is whole at its end only, and comes to its place then.
final class ScanFiles {
  private let files: [ScanFile]
  private var hosts = ScanHosts(ports: 1, probes: 0)
  /// Whole hosts with open ports, which wait for how they are marked.
  private var open: [ScanHosts.Host] = []
  private let checks: Bool

  /// Opens the files that were asked for, or goes on with the one of JSON Lines behind so many octets.
  init(
    _ formats: [ScanFormat: FilePath], checks: Bool, _ session: Session, resumed: UInt64? = nil
  ) throws(RunError) {
    var files: [ScanFile] = []
    for format in ScanFormat.allCases {
      guard let path = formats[format] else { continue }
      files.append(try ScanFile(format, path, session, resumed: resumed))
    }
    (self.files, self.checks) = (files, checks)
  }

  /// How many hosts answered by themselves, where that is known.
  var up: UInt64? { hosts.up }

  /// Writes what begins a file, where it is not continued.
  func begin(_ event: Event, _ head: ScanHead, _ hosts: ScanHosts) throws(Errno) {
    self.hosts = hosts
    for file in files {
      file.begin(head)
      if !file.isContinued { try file.tell(event) }
    }
  }

  /// How many octets of JSON Lines were handed to the kernel.
  var length: UInt64 { files.first { $0.canGoOn }?.length ?? 0 }

  /// Writes what begins a file, or ends it.
  func tell(_ event: Event) throws(Errno) { for file in files { try file.tell(event) } }

  /// Writes a result; one that is not shown counts for its host only.
  func take(_ result: ScanResult, service: String?, isShown: Bool, services: ServiceNames) throws(Errno) {
    if let host = hosts.take(result, isShown: isShown) {
      if checks, hosts.waits, host.results.contains(where: { $0.state == .open }) {
        open.append(host)
      } else {
        try tell(host, [], services)
      }
    }
    guard isShown else { return }
    for file in files where !file.takesHosts(hosts.waits) { try file.tell(.scanResult(result, service: service)) }
  }

  private func tell(_ host: ScanHosts.Host, _ marks: [ScanMark], _ services: ServiceNames) throws(Errno) {
    for file in files where file.takesHosts(hosts.waits) {
      try file.tell(
        .scanHost(host.address, host.results.map { ($0, services.name(of: $0.port)) }, marks: marks))
    }
  }

  /// Writes the hosts that wait still, with how they are marked.
  func tellRest(_ services: ServiceNames, _ checks: ScanChecks) throws(Errno) {
    for host in open + hosts.takeRest() {
      try tell(host, hosts.waits ? checks.marks(of: host.address) : [], services)
    }
    open = []
  }

  /// Writes a mark to the files whose hosts do not carry it.
  func tell(_ mark: ScanMark) throws(Errno) {
    for file in files where mark.isAliased || !hosts.waits || !file.takesHosts(true) { try file.tell(.scanMark(mark)) }
  }

  /// Hands what was written to the kernel.
  func flush() throws(Errno) { for file in files { try file.flush() } }

  /// Puts the files in their places.
  func finish() throws(RunError) { for file in files { try file.finish() } }
}

/// A file of a scan.
private final class ScanFile {
  private let format: ScanFormat
  private let path: FilePath
  /// What it is put into words by, once it is known what the scan is.
  private var writer: (any ResultWriter)?
  /// What lies in its place; nil for a document.
  private let lines: Output?
  private let document: AtomicFile?
  /// Whole lines that were not written yet.
  private var buffer = ""

  /// What leaves by one system call (`Output`), so that a file ends with a whole line between two of them.
  private static let most = 4_096

  /// Whether an earlier run has begun it.
  let isContinued: Bool
  /// Whether a scan that goes on can go on with it.
  var canGoOn: Bool { format.canGoOn }

  init(
    _ format: ScanFormat, _ path: FilePath, _ session: Session, resumed: UInt64?
  ) throws(RunError) {
    (self.format, self.path) = (format, path)
    isContinued = format.canGoOn && resumed != nil
    if format.isDocument {
      lines = nil
      document = try session.file(path)
    } else {
      do throws(Errno) {
        lines =
          if isContinued, let resumed { try Output(continuing: path, behind: resumed) } else {
            try Output(creating: path)
          }
      } catch {
        guard error.call != .flock else { throw .refused("\(path) is being written by another process") }
        throw RunError(writing: error, to: path)
      }
      document = nil
    }
  }

  /// Says what the scan is.
  func begin(_ head: ScanHead) { writer = format.writer(head) }

  /// How many octets of it lie in its place.
  var length: UInt64 {
    switch lines {
    case .some(let output): output.position ?? 0
    case .none: 0
    }
  }

  /// Whether it has all ports of a host together.
  func takesHosts(_ waits: Bool) -> Bool { format.hasHosts(waits) }

  func tell(_ event: Event) throws(Errno) {
    var sheet = Sheet()
    writer?.write(event, into: &sheet)
    if buffer.utf8.count + sheet.results.utf8.count > ScanFile.most { try flush() }
    buffer += sheet.results
  }

  func flush() throws(Errno) {
    guard !buffer.isEmpty else { return }
    defer { buffer = "" }
    let whole = length
    do throws(Errno) {
      try document?.write(buffer)
      try lines?.write(buffer)
    } catch {
      // A part of a line is no line.
      if document == nil { lines?.cut(behind: whole) }
      var error = error
      error.file = path
      throw error
    }
  }

  func finish() throws(RunError) {
    do throws(Errno) { try flush() } catch { throw RunError(writing: error, to: path) }
    try document?.finish()
  }
}
