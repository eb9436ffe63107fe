// Packets that leave by one system call (sendmmsg(2)).

/// Packets of ours that are to leave together, in their order: rooms of fixed size, filled from the front.
///
/// Nothing is allocated after it was made, however often it is filled and emptied.
public struct PacketBatch: ~Copyable, Sendable {
  /// The most packets that it holds.
  public let capacity: Int
  /// The octets that each packet may take.
  public let room: Int
  /// How many packets are in it.
  public private(set) var count = 0
  private var octets: [UInt8]
  private var lengths: [Int]
  private var destinations: [Int]
  private var names: [UInt64]

  /// An empty batch.
  public init(capacity: Int, room: Int) {
    self.capacity = max(capacity, 1)
    self.room = max(room, 1)
    octets = [UInt8](repeating: 0, count: self.capacity * self.room)
    lengths = [Int](repeating: 0, count: self.capacity)
    destinations = lengths
    names = [UInt64](repeating: 0, count: self.capacity)
  }

  /// How many packets more it takes.
  public var vacancies: Int { capacity &- count }

  /// Adds a packet: `write` puts it at an offset of the octets and answers its length.
  ///
  /// `destination` and `name` are the sender's own words for where it goes and what it is. Where the batch is full
  /// nothing is written; whoever fills it asks `vacancies` before.
  public mutating func append<E: Error>(
    to destination: Int, named name: UInt64, _ write: (inout MutableRawSpan, Int) throws(E) -> Int
  ) throws(E) {
    guard count < capacity else { return }
    let start = count &* room
    let length = try octets.build { (out) throws(E) in try write(&out, start) }
    precondition(length <= room, "a packet is longer than its room")
    lengths[count] = length
    destinations[count] = destination
    names[count] = name
    count &+= 1
  }

  /// Adds packets as long as there is room and `next` has one: its name, and how it is written.
  ///
  /// All go to the same place in the sender's words: each to the destination of its own number in the batch.
  public mutating func append(
    upTo most: Int, _ next: () -> UInt64?, _ write: (UInt64, inout MutableRawSpan, Int) -> Int
  ) {
    let end = min(count &+ max(most, 0), capacity)
    guard count < end else { return }
    let room = room
    var index = count
    octets.build { out in
      while index < end, let name = next() {
        let length = write(name, &out, index &* room)
        precondition(length <= room, "a packet is longer than its room")
        lengths[index] = length
        destinations[index] = index
        names[index] = name
        index &+= 1
      }
    }
    count = index
  }

  /// Empties it.
  public mutating func removeAll() { count = 0 }

  /// What the sender calls a packet.
  public func name(of index: Int) -> UInt64 { names[index] }
  /// Where a packet goes, in the sender's words.
  public func destination(of index: Int) -> Int { destinations[index] }

  /// One packet.
  public subscript(index: Int) -> RawSpan {
    @_lifetime(borrow self) get { octets.span.raw.extracting(index &* room..<index &* room &+ lengths[index]) }
  }

  /// The packets' lengths in octets.
  public var allLengths: Span<Int> { @_lifetime(borrow self) get { lengths.span } }
  /// Where the packets go.
  public var allDestinations: Span<Int> { @_lifetime(borrow self) get { destinations.span } }
  /// All rooms one after the other: packet `i` begins at `i * room`.
  public var allOctets: RawSpan { @_lifetime(borrow self) get { octets.span.raw } }
}
