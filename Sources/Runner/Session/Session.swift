import Handshake
import Kernel
import Timebase
import Wire

/// What a run acquires while it may, and the one place where it gives everything else up.
///
/// The order is the same for every verb: look names up, open sockets and files, `seal`, run. Whatever reads a byte that
/// someone else wrote wants a `Sealed`, and no one but `seal` makes one.
final class Session {
  /// The proof that no privilege is left: a token without contents.
  struct Sealed {
    fileprivate init() {}
  }

  private let level: Sandbox
  private var needs: Confinement.Needs
  /// Whether times of day are shown, by rules that lie in files.
  var showsTimeOfDay: Bool
  private var stamping: TimestampWarmUp?
  /// Folders in which names are changed after the seal.
  private var folders: [Confinement.Folder] = []
  /// The source port that was asked for; 0 without.
  private var sourcePort: UInt16 = 0
  /// Who changes names in folders after the seal; nil where no one does.
  private var renamer: Identity?

  /// Begins a run with what it needs once it is sealed; where it times packets the kernel is asked for stamps at once,
  /// since it takes its time.
  init(_ presentation: Presentation, _ needs: Confinement.Needs, stamps: Bool = false) throws(RunError) {
    level = presentation.sandbox
    self.needs = needs
    showsTimeOfDay = presentation.tracesPackets
    guard ResourceLimit.leavesDescriptors(Session.fewestDescriptors) else {
      throw .refused("too few file descriptors: a run needs \(Session.fewestDescriptors); raise `ulimit -n`")
    }
    // Found out while this is so, and not when a user namespace shows other numbers.
    _ = Identity.ofFiles
    if stamps { stamp() }
    if let path = presentation.outputPath, let file = try file(path) {
      results = file
      do throws(Errno) { try file.takeStandardOutput() } catch { throw RunError(writing: error, to: path) }
    }
  }

  /// The file that stands for standard output (`-o`).
  private var results: AtomicFile?

  /// Puts the file of results in its place, where there is one.
  func finish() throws(RunError) { try results?.finish() }

  /// Begins a run of probes: by hand, or by the kernel, which needs no stamps.
  convenience init(for settings: RunSettings) throws(RunError) {
    try self.init(
      settings.presentation, settings.usesKernel ? .connections : .sockets, stamps: !settings.usesKernel)
    sourcePort = settings.sourcePort
  }

  /// What a plain probe of a name has open at once, and what is open already.
  private static let fewestDescriptors = 14

  /// Asks the kernel to stamp packets, which `seal` waits for.
  func stamp() { stamping = try? TimestampWarmUp() }

  /// Opens files that are read later, as many at once as there may be descriptors.
  func inputs(_ paths: [FilePath]) -> [InputFile] {
    if paths.count > 100 { _ = ResourceLimit.raiseDescriptors() }
    let files = paths.map { InputFile($0) }
    if files.contains(where: \.isLeftForLater) { needs.insert(.reading) }
    return files
  }

  /// Takes a source port that only a privilege gives, for connections of the kernel's: the first of each target.
  ///
  /// Later ones ask for it as anybody may.
  func sources(_ settings: RunSettings, _ targets: [ResolvedTarget]) throws(RunError) -> [[ReservedSource]] {
    let port = settings.sourcePort
    guard (1..<1_024).contains(port), Capability.has(.netBindService) else { return targets.map { _ in [] } }
    let share = max(Session.mostSources / targets.count, 1)
    let count = min(settings.schedule.count ?? share, share)
    return try targets.enumerated().map { (index, target) throws(RunError) in
      guard index < Session.mostSources, target.isKnown else { return [] }
      let address = settings.source == nil ? nil : target.source
      do throws(Errno) {
        return try (0..<count).map { (_) throws(Errno) in
          try ReservedSource(
            target.remote.address.family, address, port: port, interface: target.device, scope: target.zone)
        }
      } catch {
        throw .port(error, Endpoint(target.source ?? target.remote.address, port))
      }
    }
  }

  /// The most connections for which such a port is taken: each takes a descriptor.
  private static let mostSources = 128

  /// Begins a file that is put in its place when the run is over.
  func file(_ path: FilePath?) throws(RunError) -> AtomicFile? {
    guard let file = try AtomicFile(begun: path) else { return nil }
    if file.isRenamed {
      renamer = renamer ?? .ofFiles
      changesNames(beside: file.path)
    }
    return file
  }

  /// Notes a file that is replaced again and again: for one in a folder of root's alone, root stays user 0.
  ///
  /// - Throws: what stands in the way of it, which is better known now than when the first result is there.
  func replaces(_ path: FilePath?) throws(RunError) {
    guard let path, !path.isStandardOutput else { return }
    do throws(Errno) { try AtomicFile.check(path) } catch { throw RunError(writing: error, to: path) }
    renamer = Identity.ofFiles.mayReplace(path) ? renamer ?? .ofFiles : .current
    changesNames(beside: path)
  }

  /// Notes that files are read again while it runs.
  func rereads() { needs.insert(.reading) }

  private func changesNames(beside path: FilePath) {
    needs.insert(.names)
    // One that cannot be opened is told when a name in it is to be changed.
    if let folder = try? Confinement.Folder(of: path) { folders.append(folder) }
  }

  /// Gives every privilege up for good, confines what is left, and waits until packets are stamped.
  ///
  /// Root becomes who said `sudo`. Where no one did it becomes no one, unless names of files are to be changed later:
  /// then it stays user 0, with the rights of an owner and no other.
  func seal() throws(RunError) -> Sealed {
    _ = try sealShowing()
    return Sealed()
  }

  /// The same, and which ways of confinement hold.
  func sealShowing() throws(RunError) -> Layers {
    if showsTimeOfDay { LocalTime.readRules() }
    var layers = Layers()
    layers.capabilities = try attempt { () throws(Errno) in
      try Privileges.giveUp(becoming: renamer ?? Identity.invoker ?? .nobody)
    }
    layers.user = renamer != nil || Identity.current.user != 0
    if level != .off {
      let isShut = (try? Confinement.confineFiles(needs, port: sourcePort, folders: folders)) != nil
      if isShut { layers.landlock = Confinement.landlock }
      layers.seccomp = (try? Confinement.confineSystemCalls(needs)) != nil
    }
    if level == .strict, let missing = layers.missing.first {
      throw .refused("--sandbox=strict: this system has no \(missing); use --sandbox=auto to run without it")
    }
    _ = stamping?.wait()
    return layers
  }
}

/// How far a run is confined once it is sealed (`--sandbox`).
public enum Sandbox: String, Hashable, Sendable, CaseIterable {
  /// As far as this system allows.
  case auto
  /// In every way, or not at all: the run is refused where one is missing.
  case strict
  /// Privileges alone are given up.
  case off
}

/// Which of the ways hold.
struct Layers {
  /// Whether privileges are gone from every set, the bounding set included.
  var capabilities = true
  /// Whether root was left, or was never there; true too where it has files to rename.
  var user = true
  /// The version of Landlock that shuts files and ports; nil where none does.
  var landlock: Int?
  /// Whether system calls are filtered.
  var seccomp = false

  /// Those that do not hold, in words.
  var missing: [String] {
    var list: [String] = []
    if !capabilities { list.append("an empty bounding set (CAP_SETPCAP or user namespaces)") }
    if !user { list.append("another user than root") }
    if landlock == nil { list.append("Landlock") }
    if !seccomp { list.append("seccomp") }
    return list
  }
}

/// A file that a run was asked to read: opened before the seal, read after it.
///
/// What is wrong with it is told in its turn: the files before it are read still.
final class InputFile {
  let path: FilePath
  private var opened: FileDescriptor?
  private var trouble: Errno?

  /// Opens it; `-` is standard input.
  init(_ path: FilePath) {
    self.path = path
    do throws(Errno) {
      opened = path.isStandardInput ? .standardInput : try File.open(path)
    } catch {
      trouble = error
    }
  }

  /// Whether descriptors had run out, so that it is opened in its turn.
  var isLeftForLater: Bool { trouble?.isOutOfDescriptors ?? false }

  /// Hands it over, once.
  ///
  /// Where descriptors had run out it is opened now, with the rights that are left.
  func take() throws(RunError) -> FileDescriptor {
    if let opened = opened.take() { return opened }
    do throws(Errno) {
      if let trouble, !trouble.isOutOfDescriptors { throw trouble }
      return try File.open(path)
    } catch {
      throw .unreadable(error, path)
    }
  }
}
