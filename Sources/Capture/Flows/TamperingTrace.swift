import Handshake
import Timebase
import Wire

/// How far a flow had come when it was cut off, and by which RSTs: of fixed size.
struct TamperingTrace: Sendable {
  /// How far the client had come.
  enum Stage: UInt8, Sendable {
    /// Nothing of it, or not its SYN.
    case nowhere
    /// It has sent its SYN.
    case syn
    /// It has completed the handshake.
    case ack
    /// It has sent one segment of data.
    case push
    /// It has sent more of them.
    case data
  }

  /// How far the client came, up to the first RST.
  private(set) var stage = Stage.nowhere
  /// Whether the client sent anything new behind what the stage began with.
  private(set) var hasClientGoneOn = false
  /// Whether the server sent anything behind what the stage began with, RSTs aside.
  private(set) var hasServerAnswered = false
  /// When the client's packet passed that the stage began with, in nanoseconds; `.min` where that is not known.
  private(set) var began = Int64.min
  /// Whether a FIN came before any RST: whoever closes so was not cut off.
  private(set) var isClosed = false
  /// Whether the client sent the first RST; those of the other end are its answers.
  private(set) var isByClient: Bool?
  /// RSTs of that end without ACK, and with it, each up to 255.
  private(set) var plain: UInt8 = 0
  private(set) var acknowledging: UInt8 = 0
  /// Whether the acknowledgment fields of those without ACK differ, and whether one of them is 0.
  private(set) var acknowledgmentsDiffer = false
  private(set) var hasZero = false
  private var firstAcknowledgment: UInt32 = 0

  /// Takes a packet; `isOpening` is the ACK that completes the handshake, `isNews` what tells that the client had more
  /// from the server than its SYN-ACK.
  mutating func take(
    _ segment: borrowing CapturedSegment, fromClient: Bool, isOpening: Bool, isNews: Bool, _ novelty: SegmentNovelty,
    _ mark: FrameMark
  ) {
    let flags = segment.header.flags
    if flags.contains(.rst) {
      takeReset(segment, fromClient: fromClient)
      return
    }
    guard isByClient == nil, novelty != .stray else { return }
    isClosed = isClosed || flags.contains(.fin)
    guard fromClient else {
      if !flags.contains(.syn) { hasServerAnswered = true }
      return
    }
    if flags.contains(.syn) {
      if stage == .nowhere { begin(.syn, mark) }
      return
    }
    if isOpening { begin(.ack, mark) }
    let hasNewText = segment.payloadLength > 0 && novelty != .retransmission && !novelty.isAside
    if hasNewText, stage == .ack {
      begin(.push, mark)
    } else if hasNewText, stage == .push {
      begin(.data, mark)
    } else if isNews || novelty == .keepAlive {
      hasClientGoneOn = true
    }
  }

  /// The SYN that was refused or reset is answered after all.
  mutating func beginAnew(_ syn: FrameMark) { begin(.syn, syn) }

  private mutating func begin(_ next: Stage, _ mark: FrameMark) {
    stage = next
    began = mark.nanoseconds
    (hasClientGoneOn, hasServerAnswered) = (false, false)
  }

  private mutating func takeReset(_ segment: borrowing CapturedSegment, fromClient: Bool) {
    if isByClient == nil { isByClient = fromClient }
    guard isByClient == fromClient else { return }
    guard !segment.header.flags.contains(.ack) else {
      if acknowledging < .max { acknowledging &+= 1 }
      return
    }
    let field = segment.header.acknowledgment.value
    if plain == 0 { firstAcknowledgment = field }
    acknowledgmentsDiffer = acknowledgmentsDiffer || field != firstAcknowledgment
    hasZero = hasZero || field == 0
    if plain < .max { plain &+= 1 }
  }

  /// The signature of the RSTs; nil without any, and where they are none of those.
  var signatureOfResets: TamperingSignature? {
    let isMixed = plain > 0 && acknowledging > 0
    switch stage {
    case .nowhere: return nil
    case .syn: return isMixed ? .synBoth : plain > 0 ? .synReset : .synResetAck
    case .ack:
      if isMixed { return nil }
      if plain > 0 { return plain > 1 ? .ackResets : .ackReset }
      return acknowledging > 1 ? .ackResetAcks : .ackResetAck
    case .push:
      if isMixed { return .pushBoth }
      if acknowledging > 0 { return acknowledging > 1 ? .pushResetAcks : .pushResetAck }
      guard plain > 1 else { return .pushReset }
      guard acknowledgmentsDiffer else { return .pushEqualResets }
      return hasZero ? .pushZeroReset : .pushUnequalResets
    case .data:
      if isMixed { return nil }
      return plain > 0 ? .dataReset : .dataResetAck
    }
  }
}

extension TrackedFlow {
  /// How a flow compares with the signatures of tampering.
  public enum Tampering: Hashable, Sendable {
    /// It matches none.
    case none
    /// It matches this one.
    case signature(TamperingSignature)
    /// It was silent when the capture ended, or when it was given up, but not for long enough to tell.
    case undecided
  }

  /// For so long nothing comes where the signature is ∅.
  static let tamperingSilence = Interval.seconds(3)

  /// Which of the signatures it matches.
  ///
  /// A closed port is none, though one of them is its mirror: an RST,ACK is how a host refuses a SYN. Nor is what the host
  /// that captured it has sent.
  public var tampering: Tampering {
    let trace = trace
    guard isHeadSeen, !isSimultaneous, !trace.isClosed else { return .none }
    if let isByClient = trace.isByClient {
      guard !(isByClient ? client : server).isCapturing else { return .none }
      let isRefusal = !isByClient && trace.stage == .syn && trace.plain == 0
      let isPlainRefusal = isRefusal && end?.wentOn != true
      return isPlainRefusal ? .none : trace.signatureOfResets.map(Tampering.signature) ?? .none
    }
    guard errors == nil else { return .none }
    switch trace.stage {
    case .syn where !client.hasSpoken: return silence(since: client.lastSyn.nanoseconds, .synNothing)
    case .ack where !trace.hasClientGoneOn: return silence(since: client.latest, .ackNothing)
    case .push where !trace.hasServerAnswered: return silence(since: trace.began, .pushNothing)
    case .push where !trace.hasClientGoneOn: return silence(since: client.latest, .pushNothing)
    default: return .none
    }
  }

  private func silence(since moment: Int64, _ signature: TamperingSignature) -> Tampering {
    guard moment != .min, goneAt != .min else { return .undecided }
    let (silence, overflows) = goneAt.subtractingReportingOverflow(moment)
    guard !overflows, silence >= TrackedFlow.tamperingSilence.nanoseconds else { return .undecided }
    return .signature(signature)
  }

  /// Takes a packet for the signatures.
  mutating func traceTampering(
    _ segment: borrowing CapturedSegment, _ fromHigh: Bool, _ mark: FrameMark, _ novelty: SegmentNovelty
  ) {
    let isFromClient = fromHigh == isClientHigh
    let isNews =
      isFromClient && segment.header.flags.contains(.ack)
      && (self[!isClientHigh].isn.map { ($0 + 1).precedes(segment.header.acknowledgment) } ?? false)
    trace.take(
      segment, fromClient: isFromClient, isOpening: established.frame == mark.frame && isFromClient, isNews: isNews,
      novelty, mark)
  }
}
