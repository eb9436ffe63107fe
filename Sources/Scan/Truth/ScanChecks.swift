import Handshake
import Statistics
import Wire

/// What a scan says of a host or a prefix whose open ports are not to be believed.
public struct ScanMark: Hashable, Sendable {
  /// What is marked: one address, or a prefix of IPv6.
  public var block: AddressBlock
  /// Why.
  public var reason: Reason
  /// How many ports, or neighbours, were asked.
  public var asked: Int
  /// How many of them are open.
  public var open: Int

  /// Why something is marked.
  public enum Reason: String, Hashable, Sendable, CaseIterable {
    /// Random high ports, on which hardly anything listens, are open.
    case randomPorts = "random-ports"
    /// More ports are open than a host has services.
    case manyPorts = "many-ports"
    /// Random neighbours in the same prefix are open too.
    case neighbors
  }

  /// A mark from its parts.
  public init(_ block: AddressBlock, _ reason: Reason, asked: Int, open: Int) {
    (self.block, self.reason, self.asked, self.open) = (block, reason, asked, open)
  }

  /// Whether it is about a prefix.
  public var isAliased: Bool { reason == .neighbors }
}

/// Which hosts and prefixes with open ports are asked whether they answer for everything, and what is marked by that.
///
/// A host is suspect if all of a few random high ports are open too, or more than a hundred of those that were asked for
/// (LZR, USENIX Security 2021: two fifths of what looks like services are such hosts). A prefix of IPv6 is aliased if a
/// random address in each of its sixteen parts answers alike (IMC 2018, "Clusters in the Expanse").
public struct ScanChecks: Sendable {
  /// How much is checked.
  public enum Extent: String, Hashable, Sendable, CaseIterable {
    /// The first hosts and prefixes that answer: in a random order that is a sample.
    case some
    /// All of them.
    case all
    /// None.
    case none
  }

  /// What is still to be asked of what, as blocks and ports of a small scan.
  public struct Question: Sendable {
    /// The addresses.
    public var blocks: [AddressBlock]
    /// The ports that each of them is asked.
    public var ports: [UInt16]
    /// An address of the scan in each prefix: neighbours are reached as it is.
    public var examples: [(UInt128, IPAddress)] = []
  }

  private let extent: Extent
  private let excluded: AddressBlocks
  private let ports: [UInt16]
  private var random: SplitMix64
  private var hosts: [IPAddress] = []
  private var isListed: Set<IPAddress> = []
  /// How many ports of a host are open; nothing where fewer were asked than make a host suspect.
  private var counts: [IPAddress: Int] = [:]
  private let (countsPorts, hasSeveralPorts): (Bool, Bool)
  private var prefixes: [(prefix: AddressBlock, example: IPAddress, port: UInt16)] = []
  private var isKnown: Set<UInt128> = []
  /// What is marked, in the order in which it was found.
  public private(set) var marks: [ScanMark] = []
  private var marked: Set<IPAddress> = []
  private var aliased: Set<UInt128> = []
  private var sound: Set<IPAddress> = []
  private var single: Set<UInt128> = []
  /// How many hosts, and prefixes, had open ports: more than were checked where there was a limit.
  public private(set) var (hostsSeen, prefixesSeen): (UInt64, UInt64) = (0, 0)
  /// How many hosts and prefixes were checked: asked, or known by the number of their open ports.
  public private(set) var (hostsAsked, prefixesAsked) = (0, 0)

  /// How many random ports a host is asked, and how many open ones make it suspect.
  public static let (randomPorts, mostPorts) = (3, 100)
  /// How many neighbours a prefix is asked.
  public static let neighbors = 16
  /// The most hosts and prefixes that are checked without a word.
  public static let (someHosts, somePrefixes) = (1_024, 256)
  /// The most that are kept at all: some 100 MB.
  private static let mostKept = 1 << 20
  /// The first of the ports that are no service's (RFC 6335 §6).
  private static let firstDynamic: UInt16 = 49_152

  /// Checks of a scan of these ports; what is excluded is never asked.
  public init(_ extent: Extent, ports: [UInt16], excluding excluded: AddressBlocks, seed: UInt64) {
    self.extent = extent
    var sorted = excluded
    sorted.join()
    self.excluded = sorted
    random = SplitMix64(seed: seed)
    let asked = Set(ports)
    (countsPorts, hasSeveralPorts) = (asked.count > ScanChecks.mostPorts, asked.count > 1)
    var free = (ScanChecks.firstDynamic...UInt16.max).filter { !asked.contains($0) }
    var chosen: [UInt16] = []
    while chosen.count < ScanChecks.randomPorts, !free.isEmpty {
      chosen.append(free.remove(at: Int(random.next() % UInt64(free.count))))
    }
    // Where nearly all ports were asked for, their number says it.
    self.ports = chosen.count == ScanChecks.randomPorts ? chosen : []
  }

  /// The most SYNs that checks of a scan send, in so many passes.
  public static func mostSYNs(_ extent: Extent, of targets: ScanTargets, passes: Int) -> UInt64 {
    var (v4, v6): (UInt64, UInt64) = (0, 0)
    for block in targets.blocks {
      let count = UInt64(clamping: block.count)
      if block.family == .v4 { v4 += count } else { v6 += count }
    }
    let (hosts, prefixes) =
      switch extent {
      case .none: (UInt64(0), UInt64(0))
      case .some: (min(v4 + v6, UInt64(someHosts)), min(v6, UInt64(somePrefixes)))
      case .all: (min(v4 + v6, UInt64(mostKept)), min(v6, UInt64(mostKept)))
      }
    return UInt64(passes) * (hosts * UInt64(randomPorts) + prefixes * UInt64(neighbors))
  }

  private var mostHosts: Int { extent == .all ? ScanChecks.mostKept : ScanChecks.someHosts }
  private var mostPrefixes: Int { extent == .all ? ScanChecks.mostKept : ScanChecks.somePrefixes }

  /// Takes a result of the scan.
  public mutating func take(_ result: ScanResult) {
    guard result.state == .open, extent != .none else { return }
    let address = result.address
    if countsPorts, counts[address] != nil || counts.count < ScanChecks.mostKept { counts[address, default: 0] += 1 }
    if isNew(address) {
      hostsSeen += 1
      if hosts.count < mostHosts { hosts.append(address) }
    }
    guard let prefix = ScanChecks.prefix(of: address), !isKnown.contains(prefix.first) else { return }
    prefixesSeen += 1
    if isKnown.count < ScanChecks.mostKept { isKnown.insert(prefix.first) }
    if prefixes.count < mostPrefixes { prefixes.append((prefix, address, result.port)) }
  }

  /// Whether a host has had no open port before; beyond what is kept, each port counts as a host.
  private mutating func isNew(_ address: IPAddress) -> Bool {
    // With one port each host has one result.
    guard hasSeveralPorts || hosts.count < mostHosts else { return true }
    guard isListed.count < ScanChecks.mostKept else { return !isListed.contains(address) }
    return isListed.insert(address).inserted
  }

  /// The /64 of an address whose neighbours may be asked: not of a link, of this host or of many.
  static func prefix(of address: IPAddress) -> AddressBlock? {
    guard case .v6(let v6) = address, v6.rawValue >> 64 != 0 else { return nil }
    let first = v6.rawValue >> 120
    guard first != 0xff, !v6.isLinkLocal else { return nil }
    let network = ScanChecks.network(v6.rawValue)
    return AddressBlock(.v6, network, network | UInt128(UInt64.max))
  }

  /// The first address of the /64 of an address.
  public static func network(_ address: UInt128) -> UInt128 { (address >> 64) << 64 }

  // MARK: Random ports

  /// The hosts that are asked random ports; nil where none is.
  public mutating func hostQuestion() -> Question? {
    for (address, count) in counts.sorted(by: { $0.key < $1.key }) where count > ScanChecks.mostPorts {
      mark(address, ScanMark(AddressBlock(address), .manyPorts, asked: count, open: count))
    }
    let left = hosts.filter { !marked.contains($0) }
    guard !left.isEmpty, !ports.isEmpty else {
      // Of nearly all ports the number of open ones says it.
      if ports.isEmpty { sound.formUnion(left) }
      hostsAsked = marked.count + (ports.isEmpty ? left.count : 0)
      return nil
    }
    hostsAsked = left.count + marked.count
    return Question(blocks: left.map { AddressBlock($0) }, ports: ports)
  }

  /// Takes which of the random ports are open, once all were asked.
  public mutating func takeHosts(open: [ScanResult]) {
    var found: [IPAddress: Int] = [:]
    for result in open { found[result.address, default: 0] += 1 }
    for address in hosts where !marked.contains(address) {
      guard found[address] == ports.count else {
        sound.insert(address)
        continue
      }
      mark(address, ScanMark(AddressBlock(address), .randomPorts, asked: ports.count, open: ports.count))
    }
  }

  private mutating func mark(_ address: IPAddress, _ mark: ScanMark) {
    guard marked.insert(address).inserted else { return }
    marks.append(mark)
  }

  // MARK: Neighbours

  /// The neighbours that are asked, a question for each port; none where a prefix has not sixteen that may be.
  public mutating func prefixQuestions() -> [Question] {
    var questions: [Question] = []
    for port in Set(prefixes.map(\.port)).sorted() {
      var question = Question(blocks: [], ports: [port])
      for entry in prefixes where entry.port == port {
        let wanted = neighbors(in: entry.prefix)
        // All sixteen, or none: fewer would say less.
        guard wanted.allSatisfy({ excluded.place(of: IPAddress(number: $0.first, .v6)) == nil }) else { continue }
        question.blocks += wanted
        question.examples.append((entry.prefix.first, entry.example))
        prefixesAsked += 1
      }
      if !question.blocks.isEmpty { questions.append(question) }
    }
    return questions
  }

  /// A random address in each of the sixteen parts of a /64.
  private mutating func neighbors(in prefix: AddressBlock) -> [AddressBlock] {
    (0..<UInt64(ScanChecks.neighbors)).compactMap { part in
      let identifier = part << 60 | random.next() >> 4
      let address = prefix.first | UInt128(identifier)
      return AddressBlock(.v6, address, address)
    }
  }

  /// Takes which of the neighbours are open, once all of a question were asked.
  public mutating func takeNeighbors(of question: Question, open: [ScanResult]) {
    var found: [UInt128: Int] = [:]
    for result in open { found[ScanChecks.network(result.address.number), default: 0] += 1 }
    var asked: Set<UInt128> = []
    for block in question.blocks { asked.insert(ScanChecks.network(block.first)) }
    for entry in prefixes where asked.contains(entry.prefix.first) {
      let count = found[entry.prefix.first] ?? 0
      if count == ScanChecks.neighbors {
        aliased.insert(entry.prefix.first)
        marks.append(ScanMark(entry.prefix, .neighbors, asked: ScanChecks.neighbors, open: count))
      } else {
        single.insert(entry.prefix.first)
      }
    }
  }

  // MARK: What is known

  /// Takes what another part of the scan has marked.
  public mutating func add(_ mark: ScanMark) {
    if mark.isAliased {
      guard aliased.insert(mark.block.first).inserted else { return }
    } else {
      guard marked.insert(IPAddress(number: mark.block.first, mark.block.family)).inserted else { return }
    }
    marks.append(mark)
  }

  /// Whether a host is suspect; nil where it was not checked.
  public func isSuspect(_ address: IPAddress) -> Bool? {
    marked.contains(address) ? true : sound.contains(address) ? false : nil
  }

  /// Whether the prefix of an address is aliased; nil where it was not checked.
  public func isAliased(_ address: IPAddress) -> Bool? {
    guard let prefix = ScanChecks.prefix(of: address) else { return nil }
    return aliased.contains(prefix.first) ? true : single.contains(prefix.first) ? false : nil
  }

  /// The marks of an address: its own, and its prefix's.
  public func marks(of address: IPAddress) -> [ScanMark] {
    guard marked.contains(address) || isAliased(address) == true else { return [] }
    return marks.filter {
      $0.block.family == address.family && $0.block.first <= address.number && address.number <= $0.block.last
    }
  }
}
