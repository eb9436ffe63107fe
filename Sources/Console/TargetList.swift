import Kernel
import Runner

/// A list of targets, a line each, as they are typed on a command line: `HOST:PORT`, `HOST PORT…`, with `-p` hosts alone.
struct TargetList {
  /// The targets, in the order of the lines.
  private(set) var specs: [TargetSpec] = []
  /// Everything that is wrong, as `FILE:LINE: what`.
  private(set) var faults: [String] = []

  /// Reads all lines; blank ones and comments mean nothing.
  ///
  /// What names no port has `ports`.
  init(_ file: ListFile, ports: [UInt16] = []) {
    var count = 0
    for line in file.lines where !line.words.isEmpty {
      do throws(UsageError) {
        let more = try TargetParser.targets(line.words.map(\.text), ports: ports)
        count += more.reduce(0) { $0 + $1.ports.count }
        guard count <= TargetParser.portLimit else {
          throw UsageError("too many targets; at most \(TargetParser.portLimit) at once")
        }
        specs += more
      } catch {
        faults.append("\(file.name):\(line.number): \(error.message)")
        // No more is kept than a run takes, whatever the file has.
        if count > TargetParser.portLimit || faults.count > ListFile.mostFaults { return }
      }
    }
    if specs.isEmpty, faults.isEmpty { faults = ["\(file.name):1: no targets found; each line is HOST:PORT"] }
  }

  /// Reads a file, or standard input if it is called `-`; every line that cannot be read is named.
  init(reading path: FilePath, ports: [UInt16] = []) throws(UsageError) {
    let file = try ListFile(reading: path)
    self.init(file, ports: ports)
    guard faults.isEmpty else { throw UsageError(places: faults, of: file.name) }
  }
}

extension HasRun {
  /// Takes the targets of a command line: its words, among which `-` is a list on standard input, and the lists of `-f`.
  mutating func takeTargets(_ operands: [String]) throws(UsageError) {
    run.targetLists += operands.filter { $0 == "-" }.map { FilePath($0) }
    let words = run.hosts + operands.filter { $0 != "-" }
    var specs: [TargetSpec] = []
    if !words.isEmpty || run.targetLists.isEmpty { specs += try TargetParser.targets(words, ports: run.ports) }
    let inputs = run.filesRead.map(\.path) + run.targetLists
    guard inputs.count(where: \.isStandardInput) < 2 else {
      throw UsageError("standard input can be read once; name a file for one of them")
    }
    for path in run.targetLists {
      specs += try TargetList(reading: path, ports: run.ports).specs
      run.filesRead.append(.read(path, by: path == .dash ? "FILE" : "-f"))
    }
    try TargetParser.checkCount(specs)
    run.targets = specs
  }
}
