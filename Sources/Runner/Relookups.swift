import Kernel
import Timebase
import Wire

/// Looks the names of a run up again from time to time, one after the other, and never waits for an answer.
///
/// The present address stays for as long as the name still has it: name servers tell several in turns.
struct Relookups {
  /// What a look-up changed.
  enum News: Equatable {
    /// The name has other addresses now; this one is to be probed.
    case moved(host: String, to: IPAddress)
    /// It could not be looked up, which was possible before; why, in words.
    case failed(host: String, String)
    /// It can be looked up again.
    case recovered(host: String)
  }

  typealias Answer = Result<[IPAddress], ResolveError>
  /// Begins a look-up, and says later what came of it; nil where none can be begun.
  typealias Begin = (String, AddressFamily) -> (() -> Answer?)?

  private struct Name {
    let host: String
    var address: IPAddress
    var due: Instant
    var isFailing = false
  }

  private var names: [Name] = []
  private let period: Interval
  private let begin: Begin
  /// The look-up under way, and when it is asked next whether it has ended.
  private var current: (name: Int, ask: () -> Answer?, next: Instant)?

  /// How long an answer may lie there before it is seen.
  private static let patience = Interval.milliseconds(50)

  /// The names among targets; each is due once a period, and they take turns in it.
  init(
    _ targets: [ResolvedTarget], every period: Interval, from start: Instant,
    begin: @escaping Begin = { name, family in NameLookup(of: name, family: family).map { lookup in { lookup.answer } }
    }
  ) {
    (self.period, self.begin) = (period, begin)
    var known: Set<String> = []
    for target in targets {
      guard let host = target.host, known.insert(host).inserted else { continue }
      names.append(Name(host: host, address: target.remote.address, due: start))
    }
    let share = period / Int64(max(names.count, 1))
    for index in names.indices { names[index].due = start + period + share * Int64(index) }
  }

  /// When there is something to do.
  var nextTurn: Instant? { current?.next ?? names.map(\.due).min() }

  /// Sees whether a look-up has ended, or begins the next one.
  mutating func turn(at now: Instant) -> News? {
    if let (name, ask, _) = current {
      guard let answer = ask() else {
        current?.next = now + Relookups.patience
        return nil
      }
      current = nil
      names[name].due = now + period
      return take(answer, name)
    }
    guard let name = names.indices.min(by: { names[$0].due < names[$1].due }), names[name].due <= now else {
      return nil
    }
    names[name].due = now + period
    if let ask = begin(names[name].host, names[name].address.family) { current = (name, ask, now) }
    return nil
  }

  private mutating func take(_ answer: Answer, _ name: Int) -> News? {
    let (host, wasFailing) = (names[name].host, names[name].isFailing)
    let words: String
    switch answer {
    case .failure(let error): words = "\(error)"
    case .success(let addresses):
      let isKept = addresses.contains(names[name].address)
      if let address = isKept ? names[name].address : addresses.first(where: \.isOfOneHost) {
        names[name].isFailing = false
        names[name].address = address
        guard isKept else { return .moved(host: host, to: address) }
        return wasFailing ? .recovered(host: host) : nil
      }
      words = "\(host): none of its addresses can be probed"
    }
    names[name].isFailing = true
    return wasFailing ? nil : .failed(host: host, words)
  }
}

extension IPAddress {
  /// Whether it can be that of one host, known without an interface.
  fileprivate var isOfOneHost: Bool {
    switch self {
    case .v4(let v4): !isMulticast && !isUnspecified && !v4.isLimitedBroadcast
    case .v6(let v6): !isMulticast && !isUnspecified && !v6.isLinkLocal
    }
  }
}
