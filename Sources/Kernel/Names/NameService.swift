import CLinux
import Glibc
import Timebase
import Wire

/// Looks names up in a process of its own, so that whoever has packets to time waits for no name server.
///
/// A process rather than threads: name services run code of this machine's and read what strangers send, which is no
/// business of the process that holds the raw sockets; it is begun before privileges are dropped, serves afterwards, and
/// a lookup that goes on ends with it. Inside it a number of threads take questions from one socket, each in turn.
public final class NameService {
  /// What came of a question.
  public struct Answer: Sendable {
    /// The question's number.
    public var question: UInt32
    /// What the lookup gave; its errors do not say the name.
    public var result: Result<[ZonedAddress], ResolveError>
    /// The name of an address that was asked for; nil where it has none, and where a name was asked for.
    public var name: String?
    /// How long the lookup took.
    public var took: Measurement
  }

  private let socket: FileDescriptor
  private let child: pid_t

  /// The most names that are looked up at once.
  public static let mostWorkers = 64

  /// Begins the process, which looks up so many names at once.
  ///
  /// Call it while there is one thread: another one would not be there on the other side, but what it had locked.
  public init(workers: Int) throws(Errno) {
    var ends: (CInt, CInt) = (0, 0)
    let type = CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
    _ = try kernel(.socketpair) {
      unsafe withUnsafeMutableBytes(of: &ends) {
        unsafe socketpair(AF_UNIX, type, 0, $0.assumingMemoryBound(to: CInt.self).baseAddress)
      }
    }
    let own = FileDescriptor(owning: ends.0)
    let others = FileDescriptor(owning: ends.1)
    child = try kernel(.fork) { clinux_fork() }
    if child == 0 { NameServer.run(on: others.raw, workers: min(max(workers, 1), NameService.mostWorkers)) }
    socket = own
  }

  deinit {
    // With its own group it takes along what it has started.
    guard kill(-child, SIGKILL) == 0 || kill(child, SIGKILL) == 0 else { return }
    var status: CInt = 0
    _ = try? kernel(.waitpid) { unsafe waitpid(child, &status, 0) }
  }

  /// Asks the poll loop to watch for answers.
  public func watch(by poller: inout Poller) -> Poller.Slot { poller.add(socket, for: .readable) }

  /// Asks for a name in ASCII, under a number; false where no question can be taken now.
  ///
  /// - Throws: EPIPE where the process has ended.
  public func ask(_ question: UInt32, _ name: String, _ family: AddressFamily?) throws(Errno) -> Bool {
    try socket.send(NameMessage.question(question, name, family), flags: CInt(MSG_DONTWAIT)) != nil
  }

  /// Asks for the name of an address, under a number; false where no question can be taken now.
  ///
  /// - Throws: EPIPE where the process has ended.
  public func ask(_ question: UInt32, nameOf address: IPAddress) throws(Errno) -> Bool {
    try socket.send(NameMessage.question(question, nameOf: address), flags: CInt(MSG_DONTWAIT)) != nil
  }

  /// The next answer; nil where there is none now.
  ///
  /// - Throws: EPIPE where the process has ended.
  public func next() throws(Errno) -> Answer? {
    var buffer = [UInt8](repeating: 0, count: NameMessage.longest)
    guard let count = try socket.receive(into: &buffer, flags: CInt(MSG_DONTWAIT)) else { return nil }
    guard count > 0 else { throw Errno(code: EPIPE, call: .recvmsg) }
    return NameMessage.answer(buffer.span.raw.extracting(first: count))
  }
}

/// The other side of a `NameService`.
private enum NameServer {
  /// The most descriptors that one lookup has open: two sockets, and a pipe from `getent(1)`.
  private static let needed = 4

  /// Serves until whoever asks has gone; never returns.
  static func run(on socket: CInt, workers: Int) -> Never {
    // A group of its own: what a terminal sends to the other process is not for this one.
    let isLeader = setpgid(0, 0) == 0
    let own: CInt = 3
    if socket != own { _ = dup2(socket, own) }
    clinux_close_from(UInt32(own) + 1)
    StandardDescriptors.forget()
    // Each lookup has a file or two sockets open: beyond what there is, names would seem not to exist.
    let most = ResourceLimit.remainingDescriptors(upTo: workers * needed) / needed
    _ = try? Privileges.giveUp(becoming: Identity.invoker ?? .nobody)
    NameServiceSwitch.restrict()
    let descriptor = FileDescriptor(owning: own)
    var threads = 0
    for _ in 0..<min(workers, most) {
      guard let thread = unsafe WorkerThread(Worker(own)) else { break }
      thread.detach()
      threads += 1
    }
    // One at a time is better than none.
    if threads == 0 { Worker(own).run() }
    // Nothing is waited for but the end of the other side.
    _ = try? Poller.isReady(descriptor, for: [], until: nil)
    if isLeader { _ = kill(0, SIGKILL) }
    _exit(0)
  }

  /// Takes a question, looks the name up, answers, and so on.
  private final class Worker: ThreadBody {
    private let socket: CInt
    init(_ socket: CInt) { self.socket = socket }

    func run() {
      var buffer = [UInt8](repeating: 0, count: NameMessage.longest)
      while true {
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(socket, $0.baseAddress, $0.count, 0) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return }
        guard let (number, question) = NameMessage.question(buffer.span.raw.extracting(first: count)) else { continue }
        let start = SystemClock.monotonic()
        let answer: [UInt8]
        switch question {
        case .name(let address):
          let name = Resolver.name(of: address)
          answer = NameMessage.answer(number, SystemClock.monotonic() - start, name: name)
        case .addresses(let name, let family):
          let result: Result<[ZonedAddress], ResolveError>
          do throws(ResolveError) {
            result = .success(try Resolver.lookUp(name, family))
          } catch {
            result = .failure(error)
          }
          answer = NameMessage.answer(number, SystemClock.monotonic() - start, result)
        }
        _ = unsafe answer.withUnsafeBytes { unsafe send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
      }
    }
  }
}

/// Questions and answers as octets.
///
/// Read with care on both sides: the other process may have been taken over by what it read.
enum NameMessage {
  /// The longest message, in octets.
  static let longest = 8_192
  /// The most addresses of a name that are told.
  private static let mostAddresses = 256
  /// A family, 16 octets of address, and the number of an interface.
  private static let addressLength = 21

  static func question(_ number: UInt32, _ name: String, _ family: AddressFamily?) -> [UInt8] {
    var octets: [UInt8] = []
    octets.append(native: number)
    octets.append(family.map { $0 == .v4 ? 4 : 6 } ?? 0)
    octets.append(contentsOf: name.utf8.prefix(1_024))
    return octets
  }

  /// What asks for the name of an address.
  private static let reverse: UInt8 = 1
  /// The longest name that is told, in octets: the longest of DNS, with room for escapes.
  private static let longestName = 1_024

  static func question(_ number: UInt32, nameOf address: IPAddress) -> [UInt8] {
    var octets: [UInt8] = []
    octets.append(native: number)
    octets.append(reverse)
    octets += address.octets
    return octets
  }

  /// What is asked for.
  enum Question: Hashable {
    /// The addresses of a name.
    case addresses(of: String, AddressFamily?)
    /// The name of an address.
    case name(of: IPAddress)
  }

  /// - Returns: nil for what is no question.
  static func question(_ octets: RawSpan) -> (number: UInt32, Question)? {
    guard octets.byteCount > 5 else { return nil }
    let (number, rest): (UInt32, RawSpan) = (octets.load(native: 0), octets.extracting(droppingFirst: 5))
    switch octets.load(native: 4, as: UInt8.self) {
    case reverse: return IPAddress(octets: rest).map { (number, .name(of: $0)) }
    case 4: return (number, .addresses(of: rest.text(), .v4))
    case 6: return (number, .addresses(of: rest.text(), .v6))
    default: return (number, .addresses(of: rest.text(), nil))
    }
  }

  static func answer(_ number: UInt32, _ took: Interval, _ result: Result<[ZonedAddress], ResolveError>) -> [UInt8] {
    var octets: [UInt8] = []
    octets.append(native: number)
    octets.append(native: took.nanoseconds)
    switch result {
    case .success(let addresses):
      octets.append(0)
      for entry in addresses.prefix(mostAddresses) {
        octets.append(entry.address.family == .v4 ? 4 : 6)
        let address = entry.address.octets
        octets.append(contentsOf: address + [UInt8](repeating: 0, count: 16 - address.count))
        octets.append(native: entry.zone.flatMap { UInt32($0) } ?? 0)
      }
    case .failure(.notFound): octets.append(1)
    case .failure(.noAddress): octets.append(2)
    case .failure(.temporaryFailure): octets.append(3)
    case .failure(.invalidName): octets.append(4)
    case .failure(.failure(_, let reason)): octets += [5] + Array(reason.utf8.prefix(1_024))
    }
    return octets
  }

  static func answer(_ number: UInt32, _ took: Interval, name: String?) -> [UInt8] {
    var octets: [UInt8] = []
    octets.append(native: number)
    octets.append(native: took.nanoseconds)
    octets.append(6)
    octets += (name ?? "").octets.prefix(longestName)
    return octets
  }

  /// - Returns: nil for what is no answer.
  static func answer(_ octets: RawSpan) -> NameService.Answer? {
    guard octets.byteCount >= 13 else { return nil }
    let took = Interval.nanoseconds(max(octets.load(native: 4, as: Int64.self), 0))
    let rest = octets.extracting(droppingFirst: 13)
    let result: Result<[ZonedAddress], ResolveError>
    var name: String?
    switch octets.load(native: 12, as: UInt8.self) {
    case 6:
      result = .success([])
      let text = rest.extracting(first: min(rest.byteCount, longestName)).text()
      name = text.isEmpty ? nil : text
    case 0: result = .success(addresses(rest))
    case 1: result = .failure(.notFound(name: ""))
    case 2: result = .failure(.noAddress(name: ""))
    case 3: result = .failure(.temporaryFailure(name: ""))
    case 4: result = .failure(.invalidName(name: "", .label))
    default: result = .failure(.failure(name: "", reason: rest.text()))
    }
    return NameService.Answer(
      question: octets.load(native: 0), result: result, name: name, took: Measurement(took, clock: .user))
  }

  private static func addresses(_ octets: RawSpan) -> [ZonedAddress] {
    var found: [ZonedAddress] = []
    var offset = 0
    while offset + addressLength <= octets.byteCount {
      let isV4 = octets.load(native: offset, as: UInt8.self) == 4
      let zone: UInt32 = octets.load(native: offset + 17)
      if let address = IPAddress(octets: octets.extracting(offset + 1..<offset + (isV4 ? 5 : 17))) {
        found.append(ZonedAddress(address, zone: zone == 0 ? nil : String(zone)))
      }
      offset += addressLength
    }
    return found
  }
}

extension FileDescriptor {
  /// Sends one message, `send(2)`; nil where there is no room now.
  fileprivate func send(_ octets: [UInt8], flags: CInt) throws(Errno) -> Int? {
    let flags = flags | CInt(MSG_NOSIGNAL)
    return try unsafe octets.span.raw.withUnsafeBytes { bytes throws(Errno) in
      try kernelNow(.sendmsg) { unsafe Glibc.send(raw, bytes.baseAddress, bytes.count, flags) }
    }
  }

  /// Receives one message, `recv(2)`: 0 where the other side has gone, nil where there is none now.
  fileprivate func receive(into buffer: inout [UInt8], flags: CInt) throws(Errno) -> Int? {
    let room = buffer.count
    var octets = buffer.mutableSpan
    var bytes = unsafe octets.mutableBytes
    return try unsafe bytes.withUnsafeMutableBytes { bytes throws(Errno) in
      try kernelNow(.recvmsg) { unsafe recv(raw, bytes.baseAddress, room, flags) }
    }
  }
}
