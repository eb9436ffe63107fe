import Handshake
import Path
import Timebase
import Wire

/// Where a search for an idle limit is made.
public struct IdleTarget: Hashable, Sendable {
  /// The target, as it was given.
  public var name: String
  /// Its address and port.
  public var remote: Endpoint

  /// A target from its parts.
  public init(name: String, remote: Endpoint) { (self.name, self.remote) = (name, remote) }
}

/// What `probe idle` found.
public struct IdleRecord: Hashable, Sendable {
  /// Where.
  public var target: IdleTarget
  /// What was searched.
  public var plan: IdleSearch.Plan
  /// Whether there was a search.
  public var hasSearched: Bool
  /// What the search came to.
  public var finding: IdleFinding
  /// All trials.
  public var trials: [IdleTrial]
  /// What keep-alive segments came to; nil where none were asked for, or it did not come to that.
  public var proof: KeepAliveProof?
  /// The time from the start of this run.
  public var elapsed: Interval

  /// A record from its parts.
  public init(
    target: IdleTarget, search: IdleSearch, hasSearched: Bool, host: IdleFinding.HostTracking?, proof: KeepAliveProof?,
    elapsed: Interval
  ) {
    (self.target, plan, self.hasSearched) = (target, search.plan, hasSearched)
    (finding, trials) = (IdleFinding(search, host: host), search.trials)
    (self.proof, self.elapsed) = (proof, elapsed)
  }

  /// Whether the search came to its end, and keep-alive segments hold where they were asked for.
  public var isGood: Bool {
    let isFound = !hasSearched || finding.end == .found || finding.end == .longest
    return isFound && proof?.holds != false
  }
}

/// The trials of a search as a file keeps them, so that it can go on later.
public struct IdleJournal: Hashable, Sendable {
  /// Where.
  public var target: IdleTarget
  /// What was searched.
  public var plan: IdleSearch.Plan
  /// All trials.
  public var trials: [IdleTrial]

  /// A journal from its parts.
  public init(target: IdleTarget, plan: IdleSearch.Plan, trials: [IdleTrial]) {
    (self.target, self.plan, self.trials) = (target, plan, trials)
  }

  /// Why a file is no journal.
  public struct Mistake: Error, Hashable, Sendable {
    /// The line, from 1.
    public var line: Int
    /// What is wrong there.
    public var text: String
  }

  /// The most octets of a file that is read: more than any search writes.
  public static let sizeLimit = 1 << 20

  /// Reads what `text` of Report has written: a line of type `idle-resume`, then one of type `trial` each.
  public init(parsing octets: [UInt8]) throws(Mistake) {
    var (head, trials): ((IdleTarget, IdleSearch.Plan)?, [IdleTrial]) = (nil, [])
    var number = 0
    for line in octets.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      if line.isEmpty { continue }
      let value: JSONValue
      do throws(JSONReader.Fault) { value = try JSONReader.value(of: Array(line)) } catch {
        throw Mistake(line: number, text: "not JSON: expected \(error.expected)")
      }
      switch (value["type"]?.text, head) {
      case ("idle-resume", nil):
        guard let read = IdleJournal.head(value) else { throw Mistake(line: number, text: "a member is missing") }
        head = read
      case ("trial", _?):
        guard let trial = IdleTrial(value) else { throw Mistake(line: number, text: "not a trial") }
        guard trials.count < IdleSearch.trialLimit else { throw Mistake(line: number, text: "too many trials") }
        trials.append(trial)
      default: throw Mistake(line: number, text: "not a file of --resume")
      }
    }
    guard let head else { throw Mistake(line: 1, text: "not a file of --resume") }
    (target, plan, self.trials) = (head.0, head.1, trials)
  }

  private static func head(_ value: JSONValue) -> (IdleTarget, IdleSearch.Plan)? {
    guard let name = value["target"]?.text, let address = value["address"]?.text.flatMap({ IPAddress(parsing: $0) }),
      let port = value["port"]?.integer.flatMap({ UInt16(exactly: $0) }), let longest = value.time("max_ns"),
      let resolution = value.time("resolution_ns"), let first = value.time("first_ns"),
      let patience = value.time("patience_ns")
    else { return nil }
    var plan = IdleSearch.Plan()
    (plan.longest, plan.resolution, plan.first, plan.patience) = (longest, resolution, first, patience)
    return (IdleTarget(name: name, remote: Endpoint(address, port)), plan)
  }

  /// What is different in another search, as a part of a message; nil where it is the same.
  public func difference(from other: IdleJournal) -> String? {
    if target.name != other.target.name { return "it is of \(target.name), not of \(other.target.name)" }
    if target.remote != other.target.remote {
      return "its \(target.name) is \(target.remote.address), not \(other.target.remote.address)"
    }
    let pairs = [
      ("--max", plan.longest, other.plan.longest), ("--resolution", plan.resolution, other.plan.resolution),
      ("--first", plan.start, other.plan.start), ("-W", plan.patience, other.plan.patience),
    ]
    return pairs.first { $0.1 != $0.2 }.map { "it has another \($0.0)" }
  }

  /// The search as far as it had come.
  public var search: IdleSearch {
    var search = IdleSearch(plan)
    for trial in trials { search.take(trial) }
    return search
  }
}

extension JSONValue {
  /// A length of time that is not negative, up to a month.
  fileprivate func time(_ name: String) -> Interval? {
    guard let value = self[name]?.integer, (0...2_678_400_000_000_000).contains(value) else { return nil }
    return Interval(nanoseconds: value)
  }
}

extension IdleTrial {
  /// Reads a line of type `trial`.
  fileprivate init?(_ value: JSONValue) {
    guard let silence = value.time("silence_ns"), let word = value["answer"]?.text, let answer = Answer(rawValue: word),
      let evidence = value["evidence"]?.text
    else { return nil }
    let sender = value["sender"]?.text
    guard sender == nil || sender.flatMap(Sender.init) != nil else { return nil }
    self.init(
      silence, answer, announced: value.time("announced_ns"), sender: sender.flatMap(Sender.init), evidence: evidence)
  }
}
