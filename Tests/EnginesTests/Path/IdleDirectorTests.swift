import Path
import Script
import Testing
import Timebase
import Wire

@testable import Engines
@testable import Handshake

/// What a search plays, with a scripted peer in virtual time, and what it makes of what comes.
@Suite("Silent connections") struct IdleDirectorTests {
  /// A peer behind a box that forgets.
  private struct Peer {
    var limit = Interval.seconds(20)
    /// Whether SYNs are answered; the number of the first one that is not.
    var goneAfter = Int.max
    /// What the box does with what it has forgotten: nothing, or an RST with this hop limit.
    var resets: UInt8?
    /// After how long the peer closes.
    var closes: Interval?
    /// How many keep-alive segments of a connection are lost.
    var lost = 0
    /// The period of packets that the peer sends by itself.
    var speaks: Interval?
    /// Whether an ICMP error answers what was forgotten.
    var isProhibited = false
  }

  private let remote = Endpoint(.v4(IPv4Address(192, 0, 2, 2)), 80)
  private let local = Endpoint(.v4(IPv4Address(192, 0, 2, 1)), 40_000)

  private func director(
    _ longest: Int64 = 7_440, keepAlive: Interval? = nil, hold: Interval? = nil
  ) -> IdleDirector {
    var plan = IdleSearch.Plan()
    plan.longest = .seconds(longest)
    var wish = IdleDirector.Wish()
    (wish.keepAlive, wish.hold, wish.searches) = (keepAlive, hold, hold == nil)
    return IdleDirector(IdleSearch(plan), with: remote, from: local.address, wish)
  }

  /// Plays everything; `peer` answers each segment.
  private func play(_ director: inout IdleDirector, _ peer: Peer) -> (trials: [IdleTrial], proof: KeepAliveProof?) {
    var (trials, proof, syns): ([IdleTrial], KeepAliveProof?, Int) = ([], nil, 0)
    for _ in 0..<100 {
      guard case .play(let job) = director.next(running: 0) else { break }
      let played = play(job, peer, &syns)
      switch director.take(PlayedJob(job: job, result: played.result ?? PlayResult(.error, "?"), play: played)) {
      case .trial(let trial, _): trials.append(trial)
      case .hold(let found): proof = found
      case nil: break
      }
    }
    return (trials, proof)
  }

  private func play(_ job: PlayJob, _ peer: Peer, _ syns: inout Int) -> Play {
    var now = Instant(nanoseconds: 0)
    var play = Play(
      job.conversation, flow: Flow(local: local, remote: remote), iss: 500, setting: Play.Setting(), at: now)
    var (last, opened, lost, spoken) = (now, now, 0, now)
    var hasClosed = false
    func come(_ flags: TCPFlags, _ seq: UInt32, ack: UInt32?, ttl: UInt8 = 55) {
      var segment = Segment(seq: SequenceNumber(1_000 &+ seq), ack: ack.map { SequenceNumber(500 &+ $0) }, flags: flags)
      segment.flags = flags
      play.receive(.segment(PlaySegment(segment, timeToLive: ttl)), at: now)
    }
    for _ in 0..<10_000 where play.result == nil {
      if let send = play.nextSend() {
        let isForgotten = now - last >= peer.limit
        if send.segment.flags.contains(.syn) {
          syns += 1
          guard syns <= peer.goneAfter else { continue }
          (last, opened, spoken) = (now, now, now)
          come([.syn, .ack], 0, ack: 1)
        } else if send.segment.seq.value == 500 {
          if isForgotten {
            if let ttl = peer.resets { come(.rst, 1, ack: nil, ttl: ttl) }
            if peer.isProhibited { play.receive(.icmp(ICMPNotice(type: 3, code: 13)), at: now) }
            continue
          }
          lost += 1
          if lost <= peer.lost { continue }
          last = now
          come(.ack, 1, ack: 1)
        } else {
          last = now
        }
        continue
      }
      guard let due = play.nextDeadline else { break }
      if let closes = peer.closes, !hasClosed, opened + closes <= due, now - last < peer.limit {
        now = max(opened + closes, now)
        hasClosed = true
        come([.fin, .ack], 1, ack: 1)
      } else if let period = peer.speaks, spoken + period <= due {
        now = spoken + period
        (spoken, last) = (now, now)
        come(.ack, 1, ack: 1)
      } else {
        now = max(due, now)
        play.expire(at: now)
      }
    }
    return play
  }

  @Test("forgotten in silence: a new connection is asked for before that counts") func silence() {
    var director = director()
    let (trials, _) = play(&director, Peer())
    let answers = trials.map { "\($0.silence.nanoseconds / 1_000_000_000) \($0.answer.rawValue)" }
    #expect(answers == ["8 alive", "16 alive", "32 silent", "24 silent", "20 silent", "18 alive", "19 alive"])
    #expect(trials[2].evidence == "no answer to 3 keep-alive segments; a new connection is answered")
    #expect(director.search.end == .found && director.search.alive == .seconds(19))
  }

  @Test("a keep-alive segment that is lost decides nothing", arguments: [1, 2]) func losses(_ count: Int) {
    var director = director(10)
    let (trials, _) = play(&director, Peer(limit: .seconds(20), lost: count))
    #expect(trials.map(\.answer) == [.alive, .alive] && director.search.end == .longest)
  }

  @Test("a target that answers no more has not forgotten") func gone() {
    var director = director()
    // Three silences are answered; the fourth SYN is that of the silence, the fifth would show that it is there.
    let (trials, _) = play(&director, Peer(limit: .seconds(20), goneAfter: 3))
    #expect(trials.map(\.answer) == [.alive, .alive, .unclear, .unclear, .unclear])
    #expect(trials[2].evidence.hasSuffix("a new connection is not answered either: target gone"))
    #expect(director.search.end == .unclear && director.search.dead == nil && director.search.alive == .seconds(16))
  }

  @Test("no connection at all is no search") func closed() {
    var director = director()
    let (trials, _) = play(&director, Peer(goneAfter: 0))
    #expect(trials.isEmpty && director.trouble == "no answer to a SYN")
  }

  @Test(
    "an RST, by the distance of who sent it",
    arguments: [(64, .host), (60, .path), (55, .peer)] as [(UInt8, IdleTrial.Sender)])
  func reset(_ ttl: UInt8, _ sender: IdleTrial.Sender) {
    var director = director()
    let (trials, _) = play(&director, Peer(resets: ttl))
    let trial = trials.first { $0.answer == .rst }
    #expect(trial?.sender == sender && trial?.announced == nil && director.search.end == .found)
    #expect(director.search.alive == .seconds(19) && director.search.dead == .seconds(20))
  }

  @Test("the peer's FIN, at its time") func fin() {
    var director = director()
    let (trials, _) = play(&director, Peer(limit: .seconds(1_000), closes: .milliseconds(15_250)))
    #expect(trials.map(\.answer) == [.alive, .fin, .alive])
    #expect(trials[1].announced == .milliseconds(15_250) && trials[1].sender == .peer)
    #expect(director.search.alive == .milliseconds(14_250) && director.search.end == .found)
  }

  @Test("an ICMP error alone is no end, and is told") func prohibited() {
    var director = director()
    let (trials, _) = play(&director, Peer(isProhibited: true))
    #expect(trials[2].answer == .icmp && trials[2].sender == .path)
    #expect(trials[2].evidence.contains("but icmp 3/13"))
  }

  @Test("a peer that speaks by itself leaves no longer silence") func busy() {
    var director = director()
    let (trials, _) = play(&director, Peer(speaks: .seconds(10)))
    #expect(trials.map(\.answer) == [.alive, .busy])
    #expect(
      trials[1].evidence == "the peer sends packets by itself, at least every 10 s" && director.search.end == .busy)
  }

  @Test("where no connection is made there is nothing to hold") func nothingToHold() {
    var director = director(keepAlive: .seconds(1), hold: .seconds(60))
    let (trials, proof) = play(&director, Peer(goneAfter: 0))
    #expect(trials.isEmpty && proof == nil && director.trouble != nil)
    guard case .over = director.next(running: 0) else {
      Issue.record("another connection is begun")
      return
    }
  }

  @Test("a keep-alive period that holds, and one that does not", arguments: [(15, true), (25, false)])
  func keepAlive(_ seconds: Int64, _ holds: Bool) throws {
    var director = director(keepAlive: .seconds(seconds))
    let (_, found) = play(&director, Peer())
    let proof = try #require(found)
    #expect(proof.holds == holds && proof.period == .seconds(seconds))
    #expect(holds ? proof.time == .seconds(45) : proof.answer == .silent)
    var alone = self.director(keepAlive: .seconds(seconds), hold: .seconds(60))
    let (trials, held) = play(&alone, Peer())
    #expect(trials.isEmpty && held?.holds == holds && (!holds || held?.time == .seconds(60)))
  }

  @Test("an interruption leaves what is known") func interruption() {
    var director = director()
    guard case .play(let job) = director.next(running: 0) else { return #expect(Bool(false)) }
    #expect(director.take(PlayedJob(job: job, result: PlayResult(.inconclusive, "interrupted"), play: nil)) == nil)
    guard case .over = director.next(running: 0) else { return #expect(Bool(false), "it is over") }
  }

  @Test("this host's own refusal to send") func refused() {
    var director = director()
    guard case .play(let job) = director.next(running: 0) else { return #expect(Bool(false)) }
    var syns = 0
    var played = play(job, Peer(), &syns)
    #expect(played.result?.verdict == .pass)
    played.end(.error, "this host did not send a packet (not-sent)")
    let result = PlayResult(.error, "this host did not send a packet (not-sent)")
    guard case .trial(let trial, _) = director.take(PlayedJob(job: job, result: result, play: played)) else {
      return #expect(Bool(false))
    }
    #expect(trial.answer == .refused && trial.sender == .host)
  }
}
