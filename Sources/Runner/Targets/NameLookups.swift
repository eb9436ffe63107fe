import Kernel
import Timebase
import Wire

/// The names of a run: looked up side by side at the start, and from time to time where they are to be followed.
///
/// The rules alone; who is asked is a closure, and answers are handed in. A name's address stays for as long as the name
/// has it: name servers tell several in turns.
struct NameLookups {
  /// What an answer changed.
  enum News: Equatable {
    /// The name has an address for the first time; how long its lookup took.
    case found(Int, ZonedAddress, Measurement)
    /// It has another one now.
    case moved(Int, ZonedAddress)
    /// It could not be looked up, which is news; why, in words.
    case failed(Int, String)
    /// It can be looked up again.
    case recovered(Int)
  }

  typealias Answer = Result<[ZonedAddress], ResolveError>

  private struct Name {
    let host: String
    let ascii: String
    /// The family that is asked for; once there is an address, its own.
    var family: AddressFamily?
    var address: ZonedAddress?
    /// All that the latest answer gave.
    var addresses: [ZonedAddress] = []
    /// When it is to be asked for next; nil never.
    var due: Instant?
    var isUnderWay = false
    var isFailing = false
    var isSettled = false
  }

  private var names: [Name] = []
  private var indices: [String: Int] = [:]
  /// How many names have had no answer yet.
  private(set) var unsettled = 0
  /// How many are in flight.
  private(set) var underWay = 0
  /// The first name that has never been asked for; those before it have a time of their own, if any.
  private var fresh = 0
  /// When a question may be taken again, where the last one was not.
  private var stalledUntil = Instant(nanoseconds: 0)
  /// From one lookup of a name to its next; nil where one is enough.
  private let period: Interval?
  /// Whether a name that has no address yet is asked for again.
  private let isPatient: Bool
  /// Which of its addresses can be probed.
  private let choose: ([ZonedAddress]) -> ZonedAddress?

  /// The most names that are in flight at once.
  static let concurrency = NameService.mostWorkers
  /// How soon a name that has no address yet is asked for again, at the latest.
  static let retry = Interval.seconds(10)

  /// No names yet.
  init(every period: Interval? = nil, isPatient: Bool = false, choose: @escaping ([ZonedAddress]) -> ZonedAddress?) {
    (self.period, self.isPatient, self.choose) = (period, isPatient, choose)
  }

  /// How many names there are.
  var count: Int { names.count }

  /// The address of a name; nil while it has none.
  func address(of name: Int) -> ZonedAddress? { names[name].address }

  /// A name, as it was typed.
  subscript(name: Int) -> String { names[name].host }

  /// All addresses of a name, as it was typed, in the order of the latest answer.
  func addresses(of host: String) -> [ZonedAddress] { indices[host].map { names[$0].addresses } ?? [] }

  /// Adds a name, due at once; its number, the old one where it is there already.
  mutating func add(_ host: String, _ ascii: String, _ family: AddressFamily?) -> Int {
    if let known = indices[host] { return known }
    indices[host] = names.count
    names.append(Name(host: host, ascii: ascii, family: family))
    unsettled += 1
    return names.count - 1
  }

  /// When someone is to be asked; nil where only an answer brings news.
  var nextTurn: Instant? {
    guard underWay < NameLookups.concurrency else { return nil }
    if fresh < names.count { return stalledUntil }
    guard period != nil || isPatient else { return nil }
    return names.lazy.compactMap(\.due).min().map { max($0, stalledUntil) }
  }

  /// Asks for what is due; `ask` says whether the question was taken.
  mutating func ask(at now: Instant, _ ask: (UInt32, String, AddressFamily?) -> Bool) {
    while let due = nextTurn, due <= now {
      var index = fresh
      if index == names.count {
        guard let next = names.indices.first(where: { names[$0].due.map { $0 <= now } ?? false }) else { return }
        index = next
      }
      guard ask(UInt32(index), names[index].ascii, names[index].family) else {
        stalledUntil = now + .milliseconds(10)
        return
      }
      if index == fresh { fresh += 1 }
      names[index].due = nil
      names[index].isUnderWay = true
      underWay += 1
    }
  }

  /// Takes an answer; nil where it changes nothing, or no one asked.
  mutating func take(_ answer: Answer, of number: UInt32, took: Measurement, at now: Instant) -> News? {
    let index = Int(number)
    guard names.indices.contains(index), names[index].isUnderWay else { return nil }
    names[index].isUnderWay = false
    underWay -= 1
    let isFirst = !names[index].isSettled
    if isFirst {
      names[index].isSettled = true
      unsettled -= 1
    }
    let news = judge(answer, index, took)
    if names[index].address == nil {
      names[index].due = isPatient ? now + min(period ?? NameLookups.retry, NameLookups.retry) : nil
    } else if let period {
      // Spread over the period, so that they do not all come due in the same moment forever after.
      let share = isFirst ? period / Int64(max(names.count, 1)) * Int64(index) : .zero
      names[index].due = now + period + share
    }
    return news
  }

  /// Fails every lookup that is in flight: no one will answer it.
  mutating func fail(_ reason: String, at now: Instant) -> [News] {
    names.indices.filter { names[$0].isUnderWay }.compactMap { index in
      take(
        .failure(.failure(name: "", reason: reason)), of: UInt32(index), took: Measurement(.zero, clock: .user), at: now
      )
    }
  }

  /// The names that have had no answer yet, which will have none in this run.
  mutating func abandon() -> [Int] {
    let left = names.indices.filter { !names[$0].isSettled }
    for index in names.indices {
      names[index].due = nil
      names[index].isSettled = true
    }
    unsettled = 0
    fresh = names.count
    return left
  }

  private mutating func judge(_ answer: Answer, _ index: Int, _ took: Measurement) -> News? {
    let (host, wasFailing) = (names[index].host, names[index].isFailing)
    let words: String
    switch answer {
    case .failure(let error): words = "\(error.about(host))"
    case .success(let addresses):
      names[index].addresses = addresses
      let present = names[index].address
      if let present, addresses.contains(present) {
        names[index].isFailing = false
        return wasFailing ? .recovered(index) : nil
      }
      if let address = choose(addresses) {
        names[index].isFailing = false
        names[index].address = address
        names[index].family = address.address.family
        return present == nil ? .found(index, address, took) : .moved(index, address)
      }
      words = "\(host): no usable address"
    }
    names[index].isFailing = true
    return wasFailing ? nil : .failed(index, words)
  }
}
