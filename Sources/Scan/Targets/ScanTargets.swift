import Wire

/// The addresses of a scan, each once, in their order; and their ports.
///
/// A probe is a number: address × ports + port. Blocks lie sorted and apart from each other, so that address and number are
/// found from one another by a search among the blocks, however many addresses there are.
public struct ScanTargets: Hashable, Sendable {
  /// The blocks, IPv4 first, without what is excluded.
  public let blocks: AddressBlocks
  /// The ports, each once, in the order in which they were given.
  public let ports: [UInt16]
  /// How many addresses come before each block.
  private let before: [UInt64]
  /// The place of each port; 65,535 places, -1 where it is not asked for.
  private let places: [Int32]
  /// How many addresses there are.
  public let addresses: UInt64

  /// The most probes of a scan: what numbers and bitmaps can hold.
  public static let mostProbes = UInt64(1) << 48

  /// Why there is no such scan.
  public enum Mistake: Error, Hashable, Sendable {
    /// Nothing is left of what was asked for.
    case nothing
    /// There are more probes than a scan can have.
    case tooMany
  }

  /// All addresses of some blocks that are in none of the excluded ones; exclusions always win.
  public init(
    _ included: some Sequence<AddressBlock>, excluding: some Sequence<AddressBlock> = EmptyCollection(),
    ports: [UInt16]
  ) throws(Mistake) {
    try self.init(AddressBlocks(included), excluding: AddressBlocks(excluding), ports: ports)
  }

  /// How many probes go to addresses that are in none of some blocks.
  public func probes(outside others: AddressBlocks) -> UInt64 {
    blocks.subtracting(others).reduce(0) { $0 + UInt64(clamping: $1.count) } * UInt64(ports.count)
  }

  /// The same, of very many blocks.
  public init(_ included: AddressBlocks, excluding: AddressBlocks, ports: [UInt16]) throws(Mistake) {
    let blocks = included.subtracting(excluding)
    var places = [Int32](repeating: -1, count: 65_536)
    var list: [UInt16] = []
    for port in ports where places[Int(port)] < 0 {
      places[Int(port)] = Int32(list.count)
      list.append(port)
    }
    guard !blocks.isEmpty, !list.isEmpty else { throw .nothing }
    let (before, total) = ScanTargets.places(of: blocks)
    guard total <= ScanTargets.mostProbes / UInt64(list.count) else { throw .tooMany }
    (self.blocks, self.ports, self.before, self.places) = (blocks, list, before, places)
    addresses = total
  }

  private init(_ targets: ScanTargets, blocks: AddressBlocks) {
    (self.blocks, ports, places, addresses) = (blocks, targets.ports, targets.places, targets.addresses)
    before = ScanTargets.places(of: blocks).before
  }

  /// How many addresses come before each block, and how many there are; not more than a scan can have and one.
  private static func places(of blocks: AddressBlocks) -> (before: [UInt64], total: UInt64) {
    var before: [UInt64] = []
    before.reserveCapacity(blocks.count)
    var total: UInt64 = 0
    for block in blocks {
      before.append(total)
      total = min(total + UInt64(clamping: min(block.count, UInt128(mostProbes) + 1)), mostProbes + 1)
    }
    return (before, total)
  }

  /// The same probes with the same numbers, in blocks that end where another one is to begin.
  public func divided(at starts: [IPAddress]) -> ScanTargets {
    ScanTargets(self, blocks: blocks.divided(at: starts))
  }

  /// How many probes there are.
  public var count: UInt64 { addresses * UInt64(ports.count) }

  /// A number that the same addresses and ports always have, and others hardly ever (FNV-1a over their octets).
  public var fingerprint: UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ value: UInt128, octets: Int) {
      for octet in 0..<octets {
        hash ^= UInt64(truncatingIfNeeded: value >> UInt128(8 * octet)) & 0xff
        hash = hash &* 0x0000_0100_0000_01b3
      }
    }
    for block in blocks {
      add(block.family == .v4 ? 4 : 6, octets: 1)
      add(block.first, octets: 16)
      add(block.last, octets: 16)
    }
    for port in ports { add(UInt128(port), octets: 2) }
    return hash
  }

  /// What a probe's number stands for: its address, its port, and the block that it lies in.
  public func probe(_ number: UInt64) -> (address: IPAddress, port: UInt16, block: Int) {
    let (address, port) = number.quotientAndRemainder(dividingBy: UInt64(ports.count))
    let block = before.lastPlace { $0 <= address }
    return (blocks.address(ofBlock: block, at: address - before[block]), ports[Int(port)], block)
  }

  /// The number of a probe; nil where it is none of the scan's.
  public func number(of address: IPAddress, port: UInt16) -> UInt64? {
    let place = places[Int(port)]
    guard place >= 0, let index = index(of: address) else { return nil }
    return index * UInt64(ports.count) + UInt64(place)
  }

  /// The place of an address among all; nil where it is none of the scan's.
  public func index(of address: IPAddress) -> UInt64? {
    guard let (block, offset) = blocks.place(of: address) else { return nil }
    return before[block] + UInt64(offset)
  }
}

/// Addresses that are no single host's, and are not scanned unless that is asked for.
public struct ReservedBlock: Hashable, Sendable {
  /// The addresses.
  public let block: AddressBlock
  /// What they are.
  public let words: String
  /// What says so.
  public let source: String

  private init?(_ text: String, _ words: String, _ source: String) {
    guard let block = try? AddressBlock(parsing: text) else { return nil }
    (self.block, self.words, self.source) = (block, words, source)
  }

  /// All of them.
  public static let all: [ReservedBlock] = [
    ReservedBlock("0.0.0.0/8", "this network", "RFC 1122 §3.2.1.3"),
    ReservedBlock("224.0.0.0/4", "multicast", "RFC 5771"),
    ReservedBlock("240.0.0.0/4", "reserved, and broadcast", "RFC 1112 §4, RFC 919 §7"),
    ReservedBlock("::/128", "the unspecified address", "RFC 4291 §2.5.2"),
    ReservedBlock("ff00::/8", "multicast", "RFC 4291 §2.7"),
  ].compactMap { $0 }

  /// The first one that meets one of the scan's blocks; nil where none does.
  public static func met(by targets: ScanTargets) -> ReservedBlock? {
    all.first { reserved in
      targets.blocks.contains {
        $0.family == reserved.block.family && $0.first <= reserved.block.last && reserved.block.first <= $0.last
      }
    }
  }
}
