import Timebase

/// What was sent and is not acknowledged, segment by segment: when each left last, and what is known of it (RFC 8985
/// §5.2).
///
/// As many segments as were sent: a peer can neither add to them nor cut them up, however it reports.
struct Flight: Hashable, Sendable {
  /// One segment, as offsets into what we send.
  struct Piece: Hashable, Sendable {
    var start: Int
    var end: Int
    /// When it left last.
    var sentAt: Instant
    /// Whether the peer has said to hold it beyond a gap (RFC 2018 §5).
    var isHeld = false
    /// Whether it is taken for lost, and was not retransmitted since.
    var isLost = false
    /// Whether it was sent more than once.
    var isSentAgain = false

    var count: Int { end - start }
  }

  /// In the order of their offsets, without gaps; those before `first` are acknowledged.
  private var pieces: [Piece] = []
  private var first = 0
  /// How many octets are held beyond a gap.
  private(set) var held = 0
  /// How many segments are.
  private(set) var heldPieces = 0
  /// How many octets are lost and not retransmitted yet.
  private(set) var lost = 0
  private var octets = 0

  var isEmpty: Bool { first == pieces.count }
  var count: Int { pieces.count - first }
  /// What the path carries at a guess: neither held beyond a gap nor lost (RFC 6675 §4, pipe).
  var outstanding: Int { octets - held - lost }
  var last: Piece? { isEmpty ? nil : pieces[pieces.count - 1] }

  subscript(index: Int) -> Piece { pieces[first + index] }

  /// Adds a segment that is sent for the first time, behind all others.
  mutating func append(_ range: Range<Int>, at now: Instant) {
    pieces.append(Piece(start: range.lowerBound, end: range.upperBound, sentAt: now))
    octets += range.count
  }

  /// Forgets what is acknowledged; calls `body` with each segment that is whole, and was not known to have arrived.
  mutating func acknowledge(upTo offset: Int, _ body: (Piece) -> Void) {
    while first < pieces.count, pieces[first].start < offset {
      let piece = pieces[first]
      let gone = min(piece.end, offset) - piece.start
      octets -= gone
      if piece.isHeld { held -= gone }
      if piece.isLost { lost -= gone }
      guard piece.end <= offset else {
        pieces[first].start = offset
        break
      }
      if piece.isHeld { heldPieces -= 1 } else { body(piece) }
      first += 1
    }
    if isEmpty {
      pieces.removeAll(keepingCapacity: true)
      first = 0
    } else if first >= 64, first * 2 >= pieces.count {
      pieces.removeFirst(first)
      first = 0
    }
  }

  /// Notes that the peer holds a range beyond a gap; calls `body` with each segment of which that is news.
  ///
  /// A segment of which it holds a part only counts as missing: it is sent once more than needed.
  mutating func hold(_ range: Range<Int>, _ body: (Piece) -> Void) {
    var index = position(of: range.lowerBound)
    while index < pieces.count, pieces[index].end <= range.upperBound {
      if !pieces[index].isHeld {
        body(pieces[index])
        if pieces[index].isLost { lost -= pieces[index].count }
        pieces[index].isLost = false
        pieces[index].isHeld = true
        held += pieces[index].count
        heldPieces += 1
      }
      index += 1
    }
  }

  /// The place of the first segment that starts at an offset or after it.
  private func position(of offset: Int) -> Int {
    var (low, high) = (first, pieces.count)
    while low < high {
      let middle = (low + high) / 2
      if pieces[middle].start < offset { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

// MARK: What is lost

extension Flight {
  /// Takes for lost what `isLost` says of the segments that are in flight.
  mutating func markLost(_ isLost: (Piece) -> Bool) {
    for index in first..<pieces.count where !pieces[index].isHeld && !pieces[index].isLost && isLost(pieces[index]) {
      pieces[index].isLost = true
      lost += pieces[index].count
    }
  }

  /// Takes the oldest segment for lost, whatever was said of it: a peer that holds it would have acknowledged it.
  mutating func markFirstLost() {
    guard !isEmpty, !pieces[first].isLost else { return }
    if pieces[first].isHeld {
      held -= pieces[first].count
      heldPieces -= 1
    }
    pieces[first].isHeld = false
    pieces[first].isLost = true
    lost += pieces[first].count
  }

  /// Believes nothing of what was said to be held: the peer has thrown it away (RFC 2018 §8).
  mutating func forgetHeld() {
    for index in first..<pieces.count { pieces[index].isHeld = false }
    held = 0
    heldPieces = 0
  }

  /// Takes nothing for lost any more.
  mutating func forgetLost() {
    for index in first..<pieces.count { pieces[index].isLost = false }
    lost = 0
  }

  /// The oldest segment that is lost, by its index; nil where none is.
  var firstLost: Int? {
    guard lost > 0 else { return nil }
    return (first..<pieces.count).first { pieces[$0].isLost }.map { $0 - first }
  }

  /// Notes that a segment was retransmitted; no more of it than `limit`: what lies behind becomes a segment of its own.
  mutating func sentAgain(_ index: Int, upTo limit: Int, at now: Instant) {
    let index = first + index
    if limit < pieces[index].end {
      var rest = pieces[index]
      rest.start = limit
      pieces[index].end = limit
      pieces.insert(rest, at: index + 1)
    }
    if pieces[index].isLost { lost -= pieces[index].count }
    pieces[index].isLost = false
    pieces[index].isSentAgain = true
    pieces[index].sentAt = now
  }

  /// Forgets all segments, as if they had never been sent.
  mutating func removeAll() { self = Flight() }
}
