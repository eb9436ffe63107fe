import Timebase

/// Who wants attention when, among slots that are numbered from 0: a binary heap, the earliest first.
///
/// To set a deadline takes as many steps as the number of slots has digits in binary.
struct DeadlineQueue {
  private var heap: [(deadline: Instant, slot: Int)] = []
  /// Where each slot is in the heap; -1 where it wants nothing.
  private var places: [Int] = []

  /// The earliest deadline and whose it is; nil where no one wants anything.
  var first: (deadline: Instant, slot: Int)? { heap.first }

  /// Notes when a slot wants attention; nil never.
  mutating func set(_ deadline: Instant?, of slot: Int) {
    while places.count <= slot { places.append(-1) }
    let place = places[slot]
    guard let deadline else { return remove(at: place) }
    if place < 0 {
      heap.append((deadline, slot))
      rise(from: heap.count - 1)
    } else {
      heap[place].deadline = deadline
      settle(place)
    }
  }

  private mutating func remove(at place: Int) {
    guard place >= 0 else { return }
    places[heap[place].slot] = -1
    let last = heap.removeLast()
    guard place < heap.count else { return }
    heap[place] = last
    settle(place)
  }

  private mutating func settle(_ place: Int) {
    if place > 0, heap[place].deadline < heap[(place - 1) / 2].deadline { rise(from: place) } else { sink(from: place) }
  }

  private mutating func rise(from start: Int) {
    let entry = heap[start]
    var place = start
    while place > 0, entry.deadline < heap[(place - 1) / 2].deadline {
      put(heap[(place - 1) / 2], at: place)
      place = (place - 1) / 2
    }
    put(entry, at: place)
  }

  private mutating func sink(from start: Int) {
    let entry = heap[start]
    var place = start
    while 2 * place + 1 < heap.count {
      var child = 2 * place + 1
      if child + 1 < heap.count, heap[child + 1].deadline < heap[child].deadline { child += 1 }
      guard heap[child].deadline < entry.deadline else { break }
      put(heap[child], at: place)
      place = child
    }
    put(entry, at: place)
  }

  private mutating func put(_ entry: (deadline: Instant, slot: Int), at place: Int) {
    heap[place] = entry
    places[entry.slot] = place
  }
}
