import HTTP
import Handshake
import Judging
import Path
import Scan
import Script
import Timebase
import Wire

/// What a run has to report, in whatever format.
public enum Event: Sendable {
  /// Connections are about to be made to these targets, so many to each; nil for a run without an end.
  case connectionsBegin(targets: [String], count: Int?)
  /// Checks are about to be made; `width` is that of the longest target.
  case checksBegin(count: Int, width: Int)
  /// A target is about to be probed: where, from where, and what is done to it, in words.
  case target(String, remote: Endpoint, share: AddressShare?, source: IPAddress, words: String)
  /// A benchmark is about to begin, in words.
  case benchBegin(words: String)
  /// A port is open; what its connections are answered with, as a word and in words.
  case listening(Endpoint, service: String, words: String)

  /// A connection to a target, by its number.
  case connection(Record, target: Int, ConnectionDetail)
  /// A target could not be probed, because its name gave no address.
  case unresolved(Record, target: Int)
  /// A connection with requests; whether it is one of those that a comparison sums up.
  case page(HTTPRecord, isSummed: Bool)
  /// A check, its number from 1, and its connections where every detail is wanted.
  case check(CheckResult, number: Int, [Record])
  /// A target is in another state.
  case change(WatchChange)
  /// A target has another address.
  case move(WatchMove)

  /// The run was interrupted before everything was reported.
  case interrupted
  /// What targets that were probed several times came to: at the end, or so far.
  case summaries([TargetSummary], isFinal: Bool)
  /// What a benchmark came to.
  case bench([BenchSummary], [BenchComparison])
  /// What checks came to.
  case checks([CheckResult], CheckTotals, file: String)
  /// What the same requests cost on a connection each and on one.
  case costs(target: String, each: Traffic, kept: Traffic)
  /// What a listener counted.
  case tally(ListenTally, Endpoint)
  /// An audit of a target is about to begin: where, from where, how many checks.
  case auditBegin(target: String, remote: Endpoint, source: IPAddress?, count: Int)
  /// What a check of an audit found, its number from 1; the heading of its group where it is the first.
  case finding(Finding, target: String, remote: Endpoint, number: Int, heading: String?)
  /// What an audit came to.
  case audit(AuditTotals, target: String, remote: Endpoint)
  /// What a script's conversation came to, its number from 1.
  case script(ScriptRecord, number: Int)
  /// What a TCP is like.
  case profile(PeerProfile, target: String, remote: Endpoint)
  /// What is behind a port.
  case service(ServiceFinding, target: String, remote: Endpoint)
  /// A path is about to be measured: where to, from where, and how, in words.
  case routeBegin(target: String, remote: Endpoint, source: IPAddress?, words: String)
  /// A probe of a path is finished.
  case pathProbe(PathProbe, target: String)
  /// What is known of a path after a round.
  case routeRound(RouteRecord)
  /// What is known of a path: at the end, or so far.
  case route(RouteRecord, isFinal: Bool)
  /// Silent connections are about to be made: whether there will be trials, where, from where, and what is done, in words.
  case idleBegin(searches: Bool, target: IdleTarget, source: IPAddress, words: String)
  /// A connection that was left silent, its number from 1.
  case trial(IdleTrial, number: Int, target: IdleTarget)
  /// How long a silent connection is remembered.
  case idle(IdleRecord)
  /// Loss and reordering of each direction.
  case oneWay(OneWayRecord)
  /// Addresses that would be scanned, some of them at a time.
  case scanBlocks([AddressBlock], isFirst: Bool)
  /// What would be scanned.
  case scanList(ScanListing)
  /// A scan is about to begin.
  case scanBegin(ScanIdentity, ScanHead)
  /// What was found out about a port, and the port's name.
  case scanResult(ScanResult, service: String?)
  /// What was found out about the ports of an address, once all is known, and how it and its prefix are marked.
  case scanHost(IPAddress, [(result: ScanResult, service: String?)], marks: [ScanMark] = [])
  /// A host or a prefix of a scan is marked.
  case scanMark(ScanMark)
  /// So many hosts gave no answer on any port.
  case scanSilent(hosts: Int)
  /// What a scan came to, or did so far.
  case scanEnd(ScanSummary, isFinal: Bool)
  /// How two files compare.
  case comparison(CaptureComparison, first: String, second: String)
  /// How two paths compare.
  case routeComparison(RouteComparison, first: String, second: String)
}

/// How much of a connection is reported.
public enum ConnectionDetail: Hashable, Sendable {
  /// Everything: it is the only one.
  case whole
  /// It is one of several.
  case among
  /// It is one of a watched target, whose changes are what matters.
  case watched
}

/// One connection with its requests.
public struct HTTPRecord: Sendable {
  /// The connection.
  public var record: Record
  /// The requests that were sent on it.
  public var requests: [HTTPTransaction]
  /// How many more were asked for and never sent.
  public var unsent: Int
  /// What it cost.
  public var cost: Traffic

  /// A connection's record with what it carried.
  public init(record: Record, requests: [HTTPTransaction], unsent: Int, cost: Traffic) {
    (self.record, self.requests, self.unsent, self.cost) = (record, requests, unsent, cost)
  }
}

/// What a format writes of an event.
public struct Sheet: Sendable {
  /// What goes to where the results go.
  public var results = ""
  /// What goes to standard error.
  public var remarks = ""

  /// Nothing yet.
  public init() {}
}

/// A format: it puts events into words, one after the other.
public protocol ResultWriter: Sendable {
  /// Adds what it writes of an event.
  mutating func write(_ event: Event, into sheet: inout Sheet)
  /// Whether packets are shown as they pass, each on a line of text; otherwise they come with their connection.
  var showsPassingPackets: Bool { get }
  /// Whether a person reads along: then there may be a screen instead of lines.
  var isForPeople: Bool { get }
  /// Whether results that belong together are shown as a table, once all of them are known.
  var showsTables: Bool { get }
  /// What a monitoring plugin exits with; nil where the format is none.
  func state(of results: [CheckResult]) -> PluginState?
}

extension ResultWriter {
  /// Most are lines for programs.
  public var showsPassingPackets: Bool { false }
  /// Most are lines for programs.
  public var isForPeople: Bool { false }
  /// Most are lines as they come.
  public var showsTables: Bool { false }
  /// Most are none.
  public func state(of results: [CheckResult]) -> PluginState? { nil }
}
