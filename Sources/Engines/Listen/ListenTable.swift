import Handshake
import Timebase

/// The connections of a listener: found by their flow, and by who is due next.
struct ListenTable {
  /// By slot; each is changed where it lies. (An accessor that lent them out would put its frame on the heap.)
  var entries: [ListenEntry?] = []
  private var free: [Int] = []
  private var slots: [Flow: Int] = [:]
  /// When each slot wants attention; apart from the entries, so that looking for the next one reads little memory.
  private var deadlines: [Instant] = []
  /// When each open connection began and last got on with something, apart from the entries for the same reason.
  ///
  /// Nil in slots that hold none, or one that is given up already.
  private var activity: [Activity?] = []
  private struct Activity {
    var opened: Instant
    var moved: Instant
  }
  /// Where the next search for what is due begins: no one is served twice while others wait.
  private var cursor = 0

  private static let never = Instant(nanoseconds: .max)

  /// How many connections there are.
  var count: Int { entries.count - free.count }

  /// The slots that hold a connection.
  var occupied: [Int] { entries.indices.filter { entries[$0] != nil } }

  func slot(of flow: Flow) -> Int? { slots[flow] }

  mutating func insert(_ entry: ListenEntry) -> Int {
    let slot = free.popLast() ?? entries.count
    slots[entry.conversation.flow] = slot
    if slot == entries.count {
      entries.append(entry)
      deadlines.append(ListenTable.never)
      activity.append(nil)
    } else {
      entries[slot] = entry
    }
    return slot
  }

  /// Takes a connection out.
  mutating func remove(_ slot: Int) -> ListenEntry? {
    guard let entry = entries[slot] else { return nil }
    release(slot)
    entries[slot] = nil
    deadlines[slot] = ListenTable.never
    activity[slot] = nil
    free.append(slot)
    return entry
  }

  /// Leaves a connection's flow to the next one of the same ends.
  mutating func release(_ slot: Int) {
    guard let flow = entries[slot]?.conversation.flow, slots[flow] == slot else { return }
    slots[flow] = nil
  }

  /// Lets a connection take news of a packet that it sent; false where it is gone.
  @discardableResult
  mutating func update(_ token: Token, _ body: (inout TracedConnection) -> Void) -> Bool {
    guard entries.indices.contains(token.slot), entries[token.slot]?.generation == token.generation else {
      return false
    }
    entries[token.slot]?.conversation.apply(body)
    return true
  }

  /// The connection that sent a packet; nil where it is gone.
  func conversation(of token: Token) -> TracedConnection? {
    guard entries.indices.contains(token.slot), entries[token.slot]?.generation == token.generation else { return nil }
    return entries[token.slot]?.conversation
  }

  /// Notes when a slot wants attention; nil never.
  mutating func setDeadline(_ deadline: Instant?, of slot: Int) { deadlines[slot] = deadline ?? ListenTable.never }

  /// Notes that an open connection got on with something.
  mutating func noteActivity(of slot: Int, at now: Instant) {
    activity[slot] = Activity(opened: activity[slot]?.opened ?? now, moved: now)
  }

  /// Leaves a connection out of `idlest(openFor:at:except:)` from now on.
  mutating func giveUp(_ slot: Int) {
    activity[slot] = nil
    entries[slot]?.isGivenUp = true
  }

  /// The open connection that has got on with nothing for the longest time, of those that have been open for a while.
  func idlest(openFor age: Interval, at now: Instant, except other: Int? = nil) -> Int? {
    var found: (slot: Int, moved: Instant)?
    for slot in activity.indices {
      guard let activity = activity[slot], now - activity.opened >= age, slot != other else { continue }
      if found.map({ activity.moved < $0.moved }) ?? true { found = (slot, activity.moved) }
    }
    return found?.slot
  }

  /// When the first slot wants attention.
  var nextDeadline: Instant? {
    guard let first = deadlines.min(), first < ListenTable.never else { return nil }
    return first
  }

  /// A slot that wants attention by now, each in its turn.
  mutating func nextDue(at now: Instant) -> Int? {
    for step in deadlines.indices {
      let slot = (cursor + step) % deadlines.count
      guard deadlines[slot] <= now else { continue }
      cursor = slot + 1
      return slot
    }
    return nil
  }
}
