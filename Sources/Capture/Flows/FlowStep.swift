import Handshake
import Timebase

/// A step of a captured flow, timed between two of its packets.
public struct FlowStep: Hashable, Sendable {
  /// Which step.
  public var kind: StepKind
  /// The packet that it is counted from.
  public var from: FrameMark
  /// The packet that it is counted to.
  public var to: FrameMark
  /// Whether the first packet was sent more than once, and nothing shows which copy was answered: then there is no time
  /// (Karn's rule, RFC 6298 §3).
  public var isAmbiguous: Bool
  /// The first copy, where there was more than one.
  public var firstCopy: FrameMark?
  /// The latest copy, where there was more than one.
  public var lastCopy: FrameMark?

  /// How long it took; nil where that cannot be known, or no TCP waits so long and one of the stamps must be wrong.
  public var time: Interval? {
    guard !isAmbiguous, let time = to.since(from) else { return nil }
    return kind.isOfOpening && time > FlowStep.longestHandshake ? nil : time
  }

  /// Longer than any TCP waits for an answer to its SYN or SYN-ACK: Linux does so for 127 and 63 seconds, and at most for
  /// nine hours (`tcp_syn_retries` of 255, each wait but the first ones 120 seconds).
  private static let longestHandshake = Interval.seconds(9 * 3_600)

  init(
    _ kind: StepKind, from: FrameMark, to: FrameMark, isAmbiguous: Bool = false, copies: (FrameMark, FrameMark)? = nil
  ) {
    self.kind = kind
    self.from = from
    self.to = to
    self.isAmbiguous = isAmbiguous
    firstCopy = copies?.0
    lastCopy = copies?.1
  }
}

extension TrackedFlow {
  /// The steps that were seen, in the order of a connection's life.
  public var steps: [FlowStep] {
    var steps: [FlowStep] = []
    eachStep { steps.append($0) }
    return steps
  }

  /// Hands out the steps that were seen, in the order of a connection's life.
  public func eachStep(_ body: (FlowStep) -> Void) {
    eachOpeningStep(body)
    eachTalkingStep(body)
    eachClosingStep(body)
  }

  /// The time of one step; nil where it was not seen or cannot be known.
  public func time(of kind: StepKind) -> Interval? { step(kind)?.time }

  /// One step; nil where it was not seen.
  public func step(_ kind: StepKind) -> FlowStep? {
    var found: FlowStep?
    eachStep { if $0.kind == kind { found = $0 } }
    return found
  }

  /// `tcp.analysis.initial_rtt` as Wireshark computes it: from the latest copy of the SYN to the first ACK.
  public var initialRTT: Interval? { isHandshakeComplete ? established.since(synBeforeEstablished) : nil }

  private func eachOpeningStep(_ body: (FlowStep) -> Void) {
    guard client.firstSyn.isSet, answer.isSet else { return }
    let again = synCopiesBeforeAnswer > 1
    body(
      FlowStep(
        .syn, from: again && answeredSyn.isSet ? answeredSyn : synOfAnswer, to: answer,
        isAmbiguous: again && !answeredSyn.isSet, copies: copies(until: synBeforeAnswer)))
    if isHandshakeComplete { eachHandshakeStep(body) }
  }

  private func eachHandshakeStep(_ body: (FlowStep) -> Void) {
    let copies = synAckCopiesBeforeEstablished > 1
    body(
      FlowStep(
        .ack, from: server.firstSyn, to: established, isAmbiguous: copies,
        copies: copies ? (server.firstSyn, synAckBeforeEstablished) : nil))
    let again = synOfAnswer != synBeforeEstablished
    body(
      FlowStep(
        .handshake, from: again && answeredSyn.isSet ? answeredSyn : synOfAnswer, to: established,
        isAmbiguous: again && !answeredSyn.isSet, copies: self.copies(until: synBeforeEstablished)))
  }

  /// The first copy of the SYN and the latest by then, where there were several, those of refused attempts among them.
  private func copies(until latest: FrameMark) -> (FrameMark, FrameMark)? {
    client.firstSyn.frame == latest.frame ? nil : (client.firstSyn, latest)
  }

  private func eachTalkingStep(_ body: (FlowStep) -> Void) {
    if talk.acknowledged.isSet {
      body(FlowStep(.request, from: talk.request, to: talk.acknowledged, isAmbiguous: talk.isAmbiguous))
    }
    guard talk.response.isSet else { return }
    body(FlowStep(.response, from: talk.request, to: talk.response, isAmbiguous: talk.isAmbiguous))
    body(FlowStep(.transfer, from: talk.response, to: talk.responseEnd))
  }

  private func eachClosingStep(_ body: (FlowStep) -> Void) {
    guard let isClosedByClient else { return }
    let closerIsHigh = isClosedByClient == isClientHigh
    let (fin, acknowledged) = (self[closerIsHigh].fin, self[closerIsHigh].finAcknowledged)
    let (peerFin, peerAcknowledged) = (self[!closerIsHigh].fin, self[!closerIsHigh].finAcknowledged)
    guard fin.isSet else { return }
    if acknowledged.isSet {
      body(FlowStep(.fin, from: fin, to: acknowledged, isAmbiguous: self[closerIsHigh].isFinAmbiguous))
    }
    if peerFin.isSet { body(FlowStep(.peerFin, from: fin, to: peerFin)) }
    guard acknowledged.isSet, peerAcknowledged.isSet else { return }
    let last = peerAcknowledged.frame > acknowledged.frame ? peerAcknowledged : acknowledged
    body(FlowStep(.close, from: fin, to: last))
  }
}

extension StepKind {
  /// Whether it lies within the opening of a connection.
  fileprivate var isOfOpening: Bool { self == .syn || self == .ack || self == .handshake }
}
