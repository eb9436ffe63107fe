import Script

/// Plays the peer's part of one scenario against one run of the program; what the file does not say is a complaint.
///
/// A value that is told what came and when: it needs neither network nor clock.
struct ScenarioPlayer: Sendable {
  /// The peer's ISS: its first octets go round the end of the sequence space.
  static let theirs: UInt32 = 0xffff_fffe
  /// The port that is probed.
  static let port: UInt16 = 80
  /// How soon a segment may come, as a part of the time told, and how late, in seconds.
  ///
  /// The peer may have seen the segment before it late, the machine being busy; how exactly the program keeps time is
  /// measured elsewhere.
  private static let early = 0.5
  private static let late = 0.75
  /// The clock is read a little after what it is to tell.
  private static let grain = 0.002
  /// How long a segment is awaited of which no time is told.
  private static let patience = 2.0

  private let events: [Scenario.Event]
  private let address: [UInt8]
  private let other: [UInt8]
  private var position = 0
  /// When the latest line was played, or will be.
  private var clock = 0.0
  private var silence: (line: Int, end: Double)?
  private(set) var ours: UInt32?
  /// What went wrong, with the line of the file.
  private(set) var complaints: [String] = []
  /// What the program sent, in the scenario's words.
  private(set) var transcript: [String] = []
  /// When the last line of the peer's is to be played.
  private var lastSent = 0.0

  init(_ scenario: Scenario, address: [UInt8], other: [UInt8]) {
    events = scenario.events
    (self.address, self.other) = (address, other)
  }

  /// What the peer sends in answer to a segment that came at a time on any clock, in seconds.
  mutating func receive(_ segment: PeerSegment, at now: Double) -> [Reply] {
    let ours = ours ?? segment.seq
    if self.ours == nil { (self.ours, clock) = (ours, now) }
    let words = ScriptSegment(segment, ours: ours, theirs: ScenarioPlayer.theirs).description
    // Windows follow the path's MTU, and the kernel remembers what it was told of that.
    transcript.append("> \(words.prefix { $0 != "w" })")
    guard complaints.isEmpty else { return [] }
    guard segment.destination == address, segment.destinationPort == ScenarioPlayer.port else {
      complain("> \(words) was sent to somebody else: \(segment.destination) port \(segment.destinationPort)")
      return []
    }
    guard position < events.count, case .awaits(let expected) = events[position].action else {
      complain("> \(words) was sent after the last line")
      return []
    }
    let event = events[position]
    guard expected.fits(segment, ours: ours, theirs: ScenarioPlayer.theirs) else {
      complain("line \(event.line): > \(words) was sent")
      return []
    }
    guard isInTime(event, now, words) else { return [] }
    (clock, silence) = (now, nil)
    position += 1
    return playOn(answering: segment, ours: ours, now: now)
  }

  private mutating func isInTime(_ event: Scenario.Event, _ now: Double, _ words: String) -> Bool {
    if let silence, now < silence.end {
      complain("line \(silence.line): > \(words) was sent into the silence")
    } else if now < clock + (event.seconds ?? 0) * ScenarioPlayer.early - ScenarioPlayer.grain {
      complain(
        "line \(event.line): > \(words) was sent \(milliseconds(clock + (event.seconds ?? 0) - now)) ms too soon")
    } else if now > clock + (event.seconds.map { $0 + ScenarioPlayer.late } ?? ScenarioPlayer.patience) {
      complain("line \(event.line): > \(words) was sent too late, after \(milliseconds(now - clock)) ms")
    }
    return complaints.isEmpty
  }

  /// Plays the lines of the peer's up to the next of the program's.
  private mutating func playOn(answering latest: PeerSegment, ours: UInt32, now: Double) -> [Reply] {
    var replies: [Reply] = []
    while position < events.count {
      let event = events[position]
      switch event.action {
      case .awaits: return replies
      case .silence:
        clock += event.seconds ?? 0
        silence = (event.line, clock)
      case .sends(let packet):
        clock += event.seconds ?? 0
        lastSent = clock
        let packets = packet.packets(answering: latest, ours: ours, theirs: ScenarioPlayer.theirs, other: other)
        replies += packets.map { Reply($0, after: (clock - now) * 1000) }
      }
      position += 1
    }
    return replies
  }

  /// The program has ended: what was not played by then is a complaint.
  mutating func end(at now: Double) {
    guard complaints.isEmpty else { return }
    if position < events.count {
      complain("line \(events[position].line): nothing was sent")
    } else if lastSent > now {
      complain("the program ended \(milliseconds(lastSent - now)) ms before the peer's last packet")
    } else if let silence, now < silence.end {
      complain("line \(silence.line): the program ended \(milliseconds(silence.end - now)) ms before the silence did")
    }
  }

  private mutating func complain(_ words: String) { complaints.append(words) }

  private func milliseconds(_ seconds: Double) -> Int { Int((seconds * 1000).rounded()) }
}

extension Scenario.Event {
  /// How long after the line above, in seconds.
  fileprivate var seconds: Double? { delay.map { Double($0.nanoseconds) / 1e9 } }
}
