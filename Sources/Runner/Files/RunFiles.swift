import Kernel

/// A file that a run was asked to read or to write.
public struct RunFile: Hashable, Sendable {
  /// What asked for it: an option, or FILE for an operand.
  public var option: String
  /// Its path.
  public var path: FilePath
  /// Whether it is written.
  public var isWritten: Bool

  /// A file to be read.
  public static func read(_ path: FilePath, by option: String = "FILE") -> RunFile {
    RunFile(option: option, path: path, isWritten: false)
  }

  /// A file to be written; nil where none was asked for.
  static func written(_ path: FilePath?, by option: String) -> RunFile? {
    path.map { RunFile(option: option, path: $0, isWritten: true) }
  }

  /// Which file it is; nil where that is of no matter, as with a terminal.
  fileprivate var identity: FileIdentity? {
    path == .dash ? FileIdentity.of(descriptor: isWritten ? 1 : 0) : FileIdentity.of(path)
  }

  /// What messages call it: `--svg out.svg`.
  fileprivate var words: String { option == "FILE" ? "\(path)" : "\(option) \(path)" }
}

/// Refuses files that would destroy each other, before anything is opened: two that are written to one file, under
/// whatever names, and one that is written where another is read or where standard output or standard error go.
struct RunFiles {
  private let files: [RunFile]

  /// All files of a run.
  init(_ files: [RunFile?]) { self.files = files.compactMap(\.self) }

  /// Whether one of them takes standard output, so that results must go elsewhere.
  var takeStandardOutput: Bool { files.contains { $0.isWritten && $0.path.isStandardOutput } }

  /// Refuses what cannot be; `form` is the option that asks for results which only make sense on standard output.
  func check(form: String?) throws(RunError) {
    let written = files.filter(\.isWritten)
    let dashes = written.filter(\.path.isStandardOutput).map(\.words) + (form.map { [$0] } ?? [])
    if dashes.count > 1, written.contains(where: \.path.isStandardOutput) {
      throw .refused("\(dashes[0]) and \(dashes[1]) both write to standard output; name a file for one of them")
    }
    if files.count(where: { !$0.isWritten && $0.path.isStandardInput }) > 1 {
      throw .refused("standard input can be read once; name a file for one of them")
    }
    // Asked once of each: a run may read thousands.
    let known = files.compactMap { file in file.identity.map { (file: file, identity: $0) } }
    for (index, (file, identity)) in known.enumerated() {
      for other in known[..<index] where file.isWritten || other.file.isWritten {
        if other.identity == identity { throw RunFiles.refusal(file, other.file) }
      }
      try RunFiles.checkStandard(file, identity)
    }
  }

  private static func refusal(_ file: RunFile, _ other: RunFile) -> RunError {
    guard file.isWritten, other.isWritten else {
      let (lost, writer) = file.isWritten ? (other, file) : (file, other)
      return .refused("\(writer.words) would overwrite \(lost.words), which is an input; name another file")
    }
    return .refused("\(other.words) and \(file.words) are the same file; name two")
  }

  private static func checkStandard(_ file: RunFile, _ identity: FileIdentity) throws(RunError) {
    for (number, name) in [(Int32(1), "output"), (2, "error")] where FileIdentity.of(descriptor: number) == identity {
      if file.isWritten, file.path.names(number) { continue }
      // `--body-to - 2>&1 |` asks for both in one stream.
      if file.option == "--body-to", file.path.isStandardOutput, !identity.isFile { continue }
      guard file.isWritten || identity.isFile else { continue }
      let verb = file.isWritten ? "written" : "read"
      throw .refused("\(file.words) is \(verb), and standard \(name) goes to the same file; name another file")
    }
    guard file.isWritten, identity.isFile, FileIdentity.of(descriptor: 0) == identity else { return }
    throw .refused("\(file.words) would overwrite standard input; name another file")
  }
}

extension Presentation {
  /// Takes the files of a run, its own and others, and refuses those that would destroy each other.
  ///
  /// To be called before anything is opened. Where one of them is `-`, results go to standard error from then on.
  mutating func claim(_ others: [RunFile?], form: String? = nil) throws(RunError) {
    let own: [RunFile?] = [
      .written(pcapPath, by: "--pcap"), .written(svgPath, by: "--svg"), .written(htmlPath, by: "--html"),
      .written(outputPath, by: "--output"),
    ]
    let files = RunFiles(own + others)
    // Packets are a stream that another program reads while lines for a program come on standard error.
    let isStream = pcapPath?.isStandardOutput ?? false
    try files.check(form: form ?? (isStream ? nil : format.lineOption))
    isOutputTaken = files.takeStandardOutput
  }
}

/// A file that a run was asked for: in its place when it is whole, and never a part of it.
///
/// It is begun before anything is sent, so that one that cannot be written is told at once, and while the process still
/// has its privileges: root may write into the folder of whoever said `sudo`.
extension AtomicFile {
  /// Begins a file that was asked for; nil where none was.
  convenience init?(begun path: FilePath?) throws(RunError) {
    guard let path else { return nil }
    do throws(Errno) { try self.init(path) } catch { throw RunError(writing: error, to: path) }
  }

  /// Writes all that is left of it and puts it in its place.
  func finish(_ text: String = "") throws(RunError) {
    do throws(Errno) {
      try write(text)
      try commit()
    } catch {
      throw RunError(writing: error, to: path)
    }
  }
}
