import Handshake
import Script
import Timebase
import Wire

/// Plays conversations, several at a time, each from a source port of its own; a director says which.
public struct PlayEngine<Director: PlayDirector>: Engine {
  /// What the director makes of a conversation that was played; nil where that is nothing to show.
  public typealias Report = Director.Report?

  /// Who says what is played.
  public private(set) var director: Director
  private let source: IPAddress
  private let setting: Play.Setting
  /// The least time from one beginning to the next.
  private let gap: Interval
  /// When the next conversation may begin.
  private var nextBegin = Instant(nanoseconds: 0)
  private var slots: [Seat?]
  private var generation: UInt32 = 0
  private var startedAt = Instant(nanoseconds: 0)
  /// What the packet that passed last belongs to.
  public private(set) var lastRemark: String?
  /// Whether the director has nothing to play before another conversation ends.
  private var isWaiting = false
  private var isOver = false
  private var isInterrupted = false

  /// A conversation in its slot.
  private struct Seat {
    let job: PlayJob
    let generation: UInt32
    var play: Play?
    var number: UInt32 = 0
    /// Copies that are left of a packet that is sent more than once.
    var copies: (send: PlaySend, left: Int)?
    /// Whether the peer was freed of the connection.
    var isClosed = false
    /// What ended it before it was played.
    var trouble: PlayResult?
  }

  /// An engine that sends from an address; `places` conversations are played at once at most, and one begins at least
  /// `gap` after another.
  public init(
    director: Director, from source: IPAddress, setting: Play.Setting, places: Int, gap: Interval = .zero
  ) {
    self.gap = gap
    self.director = director
    self.source = source
    self.setting = setting
    slots = [Seat?](repeating: nil, count: max(places, 1))
  }

  private var running: Int { slots.count { $0 != nil } }

  /// When a conversation wants attention; in the past while one has something to send.
  public var nextDeadline: Instant? {
    if isOver || hasWork { return startedAt }
    var next = mayBegin ? nextBegin : nil
    for slot in slots {
      guard let due = slot?.play?.nextDeadline else { continue }
      next = min(next ?? due, due)
    }
    return next
  }

  /// Whether something is to be done before time passes.
  private var hasWork: Bool {
    if mayBegin, gap == .zero { return true }
    if running == 0, !mayBegin { return true }
    return slots.contains { seat in
      guard let seat else { return false }
      return seat.trouble != nil || seat.copies != nil || seat.play?.hasSends == true || seat.play?.result != nil
    }
  }

  /// Whether another conversation begins as soon as its time comes.
  private var mayBegin: Bool { !isInterrupted && !isWaiting && running < slots.count }

  /// Begins: the first conversation is begun by `expire(at:)`.
  public mutating func start(at now: Stamp) -> Action<Report> {
    (startedAt, nextBegin) = (now.instant, now.instant)
    return .none
  }

  /// Sends one packet, ends one conversation, or begins the next.
  public mutating func expire(at now: Stamp) -> Action<Report> {
    for index in slots.indices { slots[index]?.play?.expire(at: now.instant) }
    for index in slots.indices {
      if let action = turn(index) { return action }
    }
    return begin(at: now)
  }

  /// Sends what a conversation wants sent, or ends it.
  private mutating func turn(_ index: Int) -> Action<Report>? {
    guard let seat = slots[index] else { return nil }
    if let (send, left) = seat.copies {
      slots[index]?.copies = left > 1 ? (send, left - 1) : nil
      return .send(transmission(send, index))
    }
    if let send = slots[index]?.play?.nextSend() {
      if send.copies > 1 { slots[index]?.copies = (send, send.copies - 1) }
      return .send(transmission(send, index))
    }
    guard let result = seat.trouble ?? seat.play?.result else { return nil }
    if !seat.isClosed {
      slots[index]?.isClosed = true
      if let closing = seat.play?.closing { return .send(transmission(closing, index)) }
    }
    slots[index] = nil
    isWaiting = false
    return .report(director.take(PlayedJob(job: seat.job, result: result, play: seat.play)), slot: index)
  }

  private mutating func begin(at now: Stamp) -> Action<Report> {
    if !isInterrupted, !isWaiting, now.instant >= nextBegin, let index = slots.firstIndex(where: { $0 == nil }) {
      switch director.next(running: running) {
      case .play(let job):
        nextBegin = now.instant + gap
        generation &+= 1
        slots[index] = Seat(job: job, generation: generation)
        return .open(slot: index, address: job.source ?? source, port: 0)
      case .wait: isWaiting = running > 0
      case .over:
        isWaiting = true
        if running == 0 { isOver = true }
      }
    }
    if isInterrupted, running == 0 { isOver = true }
    return isOver ? .done : .none
  }

  private mutating func transmission(_ send: PlaySend, _ index: Int) -> Transmission {
    let number = slots[index]?.number ?? 0
    lastRemark = remark(index, send.words)
    slots[index]?.number &+= 1
    let flow =
      slots[index]?.play?.flow ?? Flow(local: Endpoint(source, 0), remote: Endpoint(source, 0))
    let token = Token(slot: index, generation: slots[index]?.generation ?? 0, number: number)
    var transmission = Transmission(
      token: token, flow: flow, segment: send.segment, ipFields: send.ipFields, data: send.text,
      text: 0..<send.text.count)
    transmission.packets = send.packets
    if let crafting = send.crafting {
      do throws(WireError) {
        transmission.packets = try crafting.packets(
          send.segment, flow: flow, text: send.text, ipFields: send.ipFields)
      } catch {
        slots[index]?.play?.end(.error, "a packet cannot be made: \(error)")
      }
    }
    return transmission
  }

  /// Hands a packet to the conversation that it belongs to.
  public mutating func receive(_ arrival: borrowing ReceivedPacket, at now: Stamp) -> Action<Report> {
    lastRemark = nil
    switch arrival.judged() {
    case .segment(let flow, let segment, let text, let ip):
      guard let index = seat(of: flow) else { return .none }
      var arrived = PlaySegment(segment, text: text.octets, timeToLive: ip.hopLimit)
      arrived.identification = ip.identification
      arrived.dontFragment = ip.dontFragment
      if case .tcp(let envelope, _) = arrival.dissection {
        arrived.trafficClass = envelope.trafficClass
      }
      slots[index]?.play?.receive(.segment(arrived), at: now.instant)
      lastRemark = remark(index, "answer")
    case .icmp(let flow, let notice, _):
      guard let index = seat(of: flow) else { return .none }
      slots[index]?.play?.receive(.icmp(notice), at: now.instant)
      lastRemark = remark(index, "ICMP error")
    case .refused, .notOurs: break
    }
    return .none
  }

  private func remark(_ index: Int, _ words: String) -> String? {
    guard let conversation = slots[index]?.job.conversation else { return nil }
    let check = conversation.rule.map { "check \($0.number) \($0.name)" } ?? conversation.name
    return [check, conversation.variant, words].filter { !$0.isEmpty }.joined(separator: ", ")
  }

  private func seat(of flow: Flow) -> Int? { slots.firstIndex { $0?.play?.flow == flow } }

  /// Begins a conversation when its port is there, and ends it when that or a packet fails.
  @discardableResult public mutating func note(_ event: Happening) -> Action<Report> {
    switch event {
    case .opened(let slot, let port, let seed, let now):
      guard let job = slots[slot]?.job else { return .none }
      let flow = Flow(local: Endpoint(job.source ?? source, port), remote: job.remote)
      let play = Play(job.conversation, flow: flow, iss: job.iss ?? seed.iss, setting: setting, at: now.instant)
      slots[slot]?.play = play
    case .unreserved(let slot, _):
      slots[slot]?.trouble = PlayResult(.error, "no source port is free")
      slots[slot]?.isClosed = true
    case .failed(let token, let reason):
      guard slots.indices.contains(token.slot), slots[token.slot]?.generation == token.generation else { return .none }
      slots[token.slot]?.isClosed = true
      slots[token.slot]?.play?.end(.error, "this host did not send a packet (\(reason.rawValue))")
    case .departed, .transmitted: break
    }
    return .none
  }

  /// Ends all conversations; their connections are reset.
  public mutating func interrupt(at now: Stamp) {
    isInterrupted = true
    for index in slots.indices { slots[index]?.play?.end(.inconclusive, "interrupted") }
  }
}

/// Says which conversations are played, and what they come to.
public protocol PlayDirector: Sendable {
  /// What is shown of a conversation, or of several.
  associatedtype Report: Sendable

  /// What is to be played next while so many are played.
  mutating func next(running: Int) -> PlayOrder

  /// Takes a conversation that has ended.
  mutating func take(_ played: PlayedJob) -> Report?
}

/// What a director wants.
public enum PlayOrder: Sendable {
  /// This is to be played.
  case play(PlayJob)
  /// Nothing before another one has ended; with none it is over.
  case wait
  /// Nothing any more.
  case over
}

/// A conversation that is to be played with someone.
public struct PlayJob: Sendable {
  /// What the director knows it by.
  public var id: Int
  /// The conversation.
  public var conversation: Conversation
  /// The peer's end.
  public var remote: Endpoint
  /// Our ISS; nil where it is random, or the conversation's.
  public var iss: UInt32?
  /// Our address; nil for the engine's.
  public var source: IPAddress?

  /// A conversation with an end.
  public init(id: Int, conversation: Conversation, remote: Endpoint, iss: UInt32? = nil) {
    self.id = id
    self.conversation = conversation
    self.remote = remote
    self.iss = iss
  }
}

/// A conversation that was played.
public struct PlayedJob: Sendable {
  /// What was asked for.
  public var job: PlayJob
  /// What it came to.
  public var result: PlayResult
  /// How it went; nil where it could not begin.
  public var play: Play?
}
