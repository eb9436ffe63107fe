import CLaboratory
import Foundation

/// A tcpdump that saw everything on one device while a closure ran, and no packet was lost to it.
public struct Capture: Sendable {
  /// The directory that goes with the capture; nil for a file that somebody else keeps.
  private let directory: TemporaryDirectory?

  /// The capture file.
  public let path: String

  /// A file that another program wrote.
  public init(reading path: String) {
    directory = nil
    self.path = path
  }

  private init(in directory: TemporaryDirectory) {
    self.directory = directory
    path = directory.file("capture.pcap")
  }

  /// Captures on a device while the closure runs; quietly, tcpdump is not woken for each packet, which costs the
  /// sender microseconds between the capture's stamp and the driver's, but the end takes a second longer.
  ///
  /// "any" is every device at once. It begins when tcpdump says that it listens, and ends after a mark that was sent behind the last packet has
  /// reached the file; a drop is a failure of the laboratory.
  public static func on<Answer>(
    _ device: String, of namespace: Namespace, quietly: Bool = false, while body: () throws -> Answer
  ) throws -> (Capture, Answer) {
    let directory = try TemporaryDirectory()
    let capture = Capture(in: directory)
    // The ring has room for a snapshot's length a packet: at the default of 256 KiB, 8 MiB hold 32 packets and a burst
    // is lost. Nothing that is sent here is longer than 4 KiB.
    var command = ["tcpdump", "-i", device, "-n", "-U", "-s", "4096", "-B", "8192", "--nano"]
    if !quietly { command.append("--immediate-mode") }
    if geteuid() == 0 { command += ["-Z", "root"] }  // it would become another user and lose its directory
    let tcpdump = try Program(command + ["-w", capture.path], in: namespace)
    guard waitUntil(seconds: 10, { tcpdump.errorsSoFar.contains("listening on") ? true : nil }) != nil else {
      throw LaboratoryError("tcpdump does not listen: \(tcpdump.stop().errors)")
    }
    let answer = Result { try body() }
    try capture.waitForMark(on: device, of: namespace)
    tcpdump.send(SIGINT)
    let outcome = tcpdump.wait(seconds: 10)
    guard outcome.code == 0, outcome.errors.contains("\n0 packets dropped by kernel") else {
      throw LaboratoryError("tcpdump: code \(outcome.code): \(outcome.errors)")
    }
    return (capture, try answer.get())
  }

  private func waitForMark(on device: String, of namespace: Namespace) throws {
    let device = device == "any" ? "lo" : device
    let mark = Data("laboratory mark \(UUID().uuidString)".utf8)
    try namespace.run {
      let sent = unsafe mark.withUnsafeBytes { bytes in
        unsafe laboratory_send_mark(device, bytes.baseAddress, UInt32(bytes.count))
      }
      guard sent == mark.count else { throw LaboratoryError.system("send the mark on \(device)") }
    }
    let file = path
    let seen = waitUntil(seconds: 10) {
      FileManager.default.contents(atPath: file)?.range(of: mark) != nil ? true : nil
    }
    guard seen != nil else { throw LaboratoryError("the mark did not reach the capture on \(device)") }
  }
}

extension Capture {
  /// The capture as tcpdump prints it, a line a TCP packet, without time stamps.
  public func tcpdumpLines(absolute: Bool) throws -> [String] {
    let command = ["tcpdump", "-nn", "-t"] + (absolute ? ["-S"] : []) + ["-r", path, "tcp"]
    return try Program.must(command).split(separator: "\n").map(String.init)
  }
}
