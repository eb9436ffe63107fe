import Handshake

/// Which slot a flow of ours has, found by its source port: a connection has one to itself, so that few share one.
///
/// Open addressing, half full at most. Nothing that comes from outside is ever put in, so no peer can make it slow; and
/// no dictionary, since the first one that a process uses costs more than the table does in a run of one probe.
struct FlowTable {
  private struct Entry {
    var flow: Flow
    var slot: Int
  }

  private var entries: [Entry?] = []
  private var count = 0

  /// The slot of a flow; nil where it has none.
  func slot(of flow: Flow) -> Int? {
    guard count > 0 else { return nil }
    var place = home(of: flow)
    while let entry = entries[place] {
      if entry.flow == flow { return entry.slot }
      place = (place + 1) & (entries.count - 1)
    }
    return nil
  }

  /// Gives a flow, which has none, a slot.
  mutating func insert(_ flow: Flow, slot: Int) {
    if 2 * (count + 1) > entries.count { grow() }
    put(Entry(flow: flow, slot: slot))
    count += 1
  }

  /// Forgets a flow.
  mutating func remove(_ flow: Flow) {
    guard count > 0 else { return }
    var hole = home(of: flow)
    while let entry = entries[hole], entry.flow != flow { hole = (hole + 1) & (entries.count - 1) }
    guard entries[hole] != nil else { return }
    count -= 1
    // Whoever stands behind the hole, and was pushed there from it or from before it, moves up.
    var place = hole
    while true {
      entries[hole] = nil
      while true {
        place = (place + 1) & (entries.count - 1)
        guard let entry = entries[place] else { return }
        let pushed = (place - home(of: entry.flow)) & (entries.count - 1)
        if pushed >= (place - hole) & (entries.count - 1) { break }
      }
      entries[hole] = entries[place]
      hole = place
    }
  }

  private mutating func grow() {
    let old = entries
    entries = Array(repeating: nil, count: max(16, old.count * 2))
    for case let entry? in old { put(entry) }
  }

  private mutating func put(_ entry: Entry) {
    var place = home(of: entry.flow)
    while entries[place] != nil { place = (place + 1) & (entries.count - 1) }
    entries[place] = entry
  }

  private func home(of flow: Flow) -> Int {
    let spread = (UInt32(flow.local.port) << 16 | UInt32(flow.remote.port)) &* 0x9e37_79b1
    return Int(spread >> 8) & (entries.count - 1)
  }
}
