import Engines
import Handshake
import Judging
import Kernel
import Timebase
import Wire

/// The targets of a run, whose names are looked up beside it.
final class RunTargets {
  /// What became known of targets.
  enum News {
    /// A target has its address now: it can be probed.
    case known(Int)
    /// Its name gave none, for the reason that stands in `problems`.
    case unknown(Int)
    /// Its name has another address than this one, which it had before.
    case moved(Int, from: IPAddress)
    /// A name whose address is known cannot be looked up any more; why, in words.
    case troubled(host: String, String)
    /// It can be again.
    case recovered(host: String)
    /// The name of a target with an address was looked up once more; its time stands in `list`.
    case lookedUp(Int)
  }

  let resolution: TargetResolution
  /// One a port, in the order of the command line; what is not known yet has the unspecified address.
  private(set) var list: [ResolvedTarget] = []
  /// Why a target cannot be probed, in words.
  private(set) var problems: [Int: String] = [:]
  /// The targets of each name.
  private var members: [[Int]] = []
  private var lookups: NameLookups
  private var service: NameService?
  private var slot: Poller.Slot?
  private let isFollowed: Bool
  /// Whether targets may be added while it runs.
  private(set) var isReloadable = false
  /// Whether a target whose name has no address keeps the run going.
  let waitsForNames: Bool
  /// Why there is no one to ask.
  private var missing = "the resolver process has ended"

  /// Reads what is asked for, and begins to look names up.
  ///
  /// Call it while there is one thread, and before privileges are dropped. Where nothing has to be looked up, nothing
  /// is begun. `isLenient` makes an address that cannot be probed a problem of its own target, rather than of the run;
  /// `isFollowed` has names looked up again, every so often where there is a `period`.
  init(
    _ settings: RunSettings, _ specs: [TargetSpec], isLenient: Bool = false, isFollowed: Bool = false,
    every period: Interval? = nil
  ) throws(RunError) {
    let resolution = try TargetResolution(settings)
    self.resolution = resolution
    self.isFollowed = isFollowed
    waitsForNames = isFollowed && settings.schedule.count == nil
    lookups = NameLookups(every: period, isPatient: isFollowed) { resolution.best(of: $0) }
    var ways: [String: Result<(ZonedAddress, Way), RunError>] = [:]
    for spec in specs {
      do throws(RunError) {
        try add(spec, isOnly: specs.count == 1, &ways)
      } catch {
        // Ranges of addresses contain what is no host.
        if !isLenient, spec.isOfRange, case .broadcast = error {
          Output.complain("\(spec.text): left out, a broadcast address")
          continue
        }
        guard isLenient, error.concernsTarget else { throw error }
        for target in resolution.unknown(spec) {
          problems[list.count] = error.message
          list.append(target)
        }
      }
    }
    guard !list.isEmpty || specs.isEmpty else { throw .refused("no targets are left") }
    start()
  }

  private func add(
    _ spec: TargetSpec, isOnly: Bool, _ ways: inout [String: Result<(ZonedAddress, Way), RunError>]
  ) throws(RunError) {
    let question: Resolver.Question
    do throws(ResolveError) {
      question = try Resolver.question(spec.host)
    } catch {
      // It is that target's result, as of a name that no one knows.
      for target in resolution.unknown(spec) {
        problems[list.count] = "\(error)"
        list.append(target)
      }
      return
    }
    switch question {
    case .address(let address):
      // Many ports of one host go one way.
      // (Of one target alone none is remembered: the first dictionary of a process costs more than all the rest.)
      let known = isOnly ? nil : ways[spec.host]
      let way = known ?? Result { () throws(RunError) in (address, try resolution.way(to: address, spec)) }
      if !isOnly { ways[spec.host] = way }
      list += resolution.targets(spec, try way.get())
    case .name(let ascii):
      try resolution.allowName(spec)
      let name = lookups.add(spec.host, ascii, resolution.family)
      if name == members.count { members.append([]) }
      for target in resolution.unknown(spec) {
        members[name].append(list.count)
        list.append(target)
      }
    }
  }

  /// Gets ready to take further targets in later, names too; call it before privileges are dropped.
  func prepareForReload() {
    isReloadable = true
    if service == nil { begin() }
  }

  /// Takes another target in while it runs, one a port; what cannot be probed has its problem.
  func add(_ spec: TargetSpec) -> Range<Int> {
    let first = list.count
    var ways: [String: Result<(ZonedAddress, Way), RunError>] = [:]
    do throws(RunError) {
      try add(spec, isOnly: true, &ways)
    } catch {
      for target in resolution.unknown(spec) {
        problems[list.count] = error.message
        list.append(target)
      }
    }
    // A name that other targets have is not new to the lookups.
    for (name, indices) in members.enumerated() {
      guard let address = lookups.address(of: name) else { continue }
      for index in indices where index >= first && !list[index].isKnown {
        list[index] = resolution.moved(list[index], to: address)
        list[index].host = lookups[name]
      }
    }
    return first..<list.count
  }

  /// Whether a target's first lookup is not over yet.
  func isAwaited(_ index: Int) -> Bool { !list[index].isKnown && problems[index] == nil }

  /// Whether a name has had no answer yet.
  var isAwaiting: Bool { lookups.unsettled > 0 }

  /// Whether a target may yet get an address: its lookup is not over, or is made again.
  var mayGrow: Bool { isAwaiting || waitsForNames && list.contains { !$0.isKnown } }

  /// Whether anything has to be looked up.
  var hasNames: Bool { lookups.count > 0 }

  /// The families that packets may have to be sent in: where names are awaited, any that is allowed; where the run
  /// outlives routes, also those of targets that none leads to yet.
  var families: [AddressFamily] {
    AddressFamily.allCases.filter { family in
      let mayCome =
        (isReloadable || isAwaiting || isFollowed && hasNames) && resolution.family.map { $0 == family } ?? true
      return mayCome
        || list.contains { $0.isKnown && $0.remote.address.family == family && (isFollowed || $0.source != nil) }
    }
  }

  /// Waits for every name's first lookup where a run cannot begin before; what the wait takes is taken from its deadline.
  func settle(_ schedule: inout Schedule) throws(RunError) -> Signal? {
    let start = SystemClock.monotonic()
    let signal = try settle(until: schedule.deadline.map { start + $0 })
    if isAwaiting { _ = abandon(schedule.deadline) }
    if let deadline = schedule.deadline {
      schedule.deadline = max(deadline - (SystemClock.monotonic() - start), .milliseconds(1))
    }
    service = nil
    return signal
  }

  /// Waits for all names where a source port has to be reserved that only the privileged may have: later it is too late.
  func settleForPort(_ settings: RunSettings) throws(RunError) -> Signal? {
    guard (1..<1_024).contains(settings.sourcePort) else { return nil }
    return try settle(until: settings.schedule.deadline.map { SystemClock.monotonic() + $0 })
  }

  private func start() {
    guard lookups.count > 0 else { return }
    begin()
    ask(at: SystemClock.monotonic())
  }

  private func begin() {
    do throws(Errno) {
      service = try NameService(workers: max(lookups.count, isReloadable ? 4 : 1))
    } catch {
      missing = "\(error.hinted)"
    }
  }

  /// Asks for what is due; without anybody to ask, that is the answer.
  private func ask(at now: Instant) {
    let service = service
    lookups.ask(at: now) { (number, name, family) in
      guard let service else { return true }
      return (try? service.ask(number, name, family)) ?? true
    }
  }
}

// MARK: In the loop

extension RunTargets {
  /// Asks the poll loop to watch for answers, as long as there is someone who may answer.
  func watch(by poller: inout Poller) {
    if let service {
      if slot == nil { slot = service.watch(by: &poller) }
    } else if let slot {
      poller.remove(slot)
      self.slot = nil
    }
  }

  /// When there is something to do by itself; nil where only an answer brings news.
  var nextTurn: Instant? {
    service == nil && lookups.underWay > 0 ? Instant(nanoseconds: 0) : lookups.nextTurn
  }

  /// Takes the answers that have come, and asks for what is due.
  func turn(at now: Instant) -> [News] {
    var news: [NameLookups.News] = []
    var again: [News] = []
    do throws(Errno) {
      while let answer = try service?.next() {
        if case .success = answer.result { again += time(Int(answer.question), answer.took) }
        if let item = lookups.take(answer.result, of: answer.question, took: answer.took, at: now) { news.append(item) }
      }
    } catch {
      service = nil
    }
    if let due = lookups.nextTurn, due <= now {
      if service == nil { begin() }
      ask(at: now)
    }
    if service == nil { news += lookups.fail("cannot look up names: \(missing)", at: now) }
    return again + news.flatMap { take($0) }
  }

  /// Notes how long the latest lookup of a name took.
  private func time(_ name: Int, _ took: Measurement) -> [News] {
    guard isFollowed, members.indices.contains(name) else { return [] }
    let known = members[name].filter { list[$0].isKnown }
    for index in known { list[index].resolve = took }
    return known.map { .lookedUp($0) }
  }

  private func take(_ news: NameLookups.News) -> [News] {
    switch news {
    case .found(let name, let address, let took): return find(name, address, took)
    case .failed(let name, let words):
      let unknown = members[name].filter { !list[$0].isKnown }
      guard !unknown.isEmpty else { return [.troubled(host: lookups[name], words)] }
      for index in unknown { problems[index] = words }
      return unknown.map { .unknown($0) }
    case .recovered(let name): return [.recovered(host: lookups[name])]
    case .moved(let name, let address):
      return [.recovered(host: lookups[name])]
        + members[name].map { index in
          let before = list[index].remote.address
          list[index] = resolution.moved(list[index], to: address)
          list[index].share = share(of: address, lookups[name])
          return .moved(index, from: before)
        }
    }
  }

  private func find(_ name: Int, _ address: ZonedAddress, _ took: Measurement) -> [News] {
    members[name].map { index in
      problems[index] = nil
      list[index] = resolution.moved(list[index], to: address)
      list[index].resolve = took
      list[index].host = lookups[name]
      list[index].share = share(of: address, lookups[name])
      return .known(index)
    }
  }

  private func share(of address: ZonedAddress, _ host: String) -> AddressShare? {
    let all = lookups.addresses(of: host)
    return all.firstIndex(of: address).flatMap { AddressShare(number: $0 + 1, of: all.count) }
  }

  /// Makes a target of each address of each name (`--all-addresses`); every name must have been looked up.
  ///
  /// - Returns: which target each of the new ones was.
  func spread() -> [Int] {
    var (spread, origins, reasons): ([ResolvedTarget], [Int], [Int: String]) = ([], [], [:])
    for (index, target) in list.enumerated() {
      if let problem = problems[index] { reasons[spread.count] = problem }
      let addresses = target.host.map { lookups.addresses(of: $0) } ?? []
      if addresses.isEmpty { spread.append(target) }
      for address in addresses {
        var one = resolution.moved(target, to: address)
        one.share = share(of: address, target.host ?? "")
        spread.append(one)
      }
      origins += Array(repeating: index, count: max(addresses.count, 1))
    }
    (list, problems, members) = (spread, reasons, members.map { _ in [] })
    return origins
  }

  /// Nothing is awaited any more: the run ends before the answers came.
  func abandon(_ deadline: Interval?) -> [News] {
    lookups.abandon().flatMap { name in
      let limit = deadline.map { " within -w \($0.compact)" } ?? ""
      let words =
        "\(lookups[name]): the lookup did not finish\(limit): the name servers do not answer; check /etc/resolv.conf"
      return take(.failed(name, words))
    }
  }

  /// Waits until every name has been looked up once, or the time is over; for a run that cannot begin before.
  ///
  /// - Returns: the signal that ended the wait.
  func settle(until deadline: Instant?) throws(RunError) -> Signal? {
    guard lookups.unsettled > 0 else { return nil }
    var loop = try Loop()
    var work = LookupWork(targets: self, deadline: deadline)
    let signal = try loop.run(&work)
    slot = nil
    return signal
  }
}
