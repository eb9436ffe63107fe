import Synchronization

/// A server that does all as RFC 9293 says, one connection for each flow: the ground on which scripts lie.
public final class PoliteServer: Sendable {
  /// The initial sequence number of its every connection.
  public static let iss: UInt32 = 0xfffe_0000

  /// How it ends a connection.
  public enum Close: Sendable {
    /// Acknowledges our FIN, then sends its own.
    case afterOurs
    /// One segment that does both.
    case together
    /// Sends its FIN as soon as it is ESTABLISHED.
    case first
    /// Answers our FIN by its own that does not acknowledge ours yet; the acknowledgment comes 10 ms later.
    case crossing
    /// Acknowledges our FIN and never sends its own.
    case never
    /// Answers our FIN by RST.
    case reset
    /// Sends an RST, exactly at RCV.NXT, as soon as it is ESTABLISHED.
    case abort
  }

  private let close: Close
  private let delay: Double
  private let offersTimestamps: Bool
  private let flows = Mutex<[UInt16: State]>([:])

  private struct State {
    var next = PoliteServer.iss &+ 1
    var received: UInt32
    var isEstablished = false
    var hasClosed = false
    var hasTimestamps: Bool
    var text: [UInt8] = []

    /// A segment that acknowledges all that has come, with timestamps where both ends offered them.
    func says(_ flags: PeerSegment.Flags, to segment: PeerSegment, seq: UInt32? = nil) -> PeerSegment {
      var options: [UInt8] = []
      if hasTimestamps, let value = segment.timestamp {
        options = [1, 1, 8, 10]
        options.append32(0x0101_0102)
        options.append32(value)
      }
      return segment.answer(flags, seq: seq ?? next, ack: received, options: options)
    }
  }

  /// A server that closes this way and answers after so many milliseconds.
  public init(close: Close = .afterOurs, delay: Double = 0, offersTimestamps: Bool = true) {
    (self.close, self.delay, self.offersTimestamps) = (close, delay, offersTimestamps)
  }

  /// The text that a flow has brought.
  public func text(of port: UInt16) -> [UInt8] { flows.withLock { $0[port]?.text ?? [] } }

  /// The options of its SYN-ACK: what Linux would offer, timestamps only where they were asked for.
  public func options(for syn: PeerSegment) -> [UInt8] {
    var options: [UInt8] = [2, 4, 5, 180]
    if syn.option(4) != nil { options += [4, 2] }
    if offersTimestamps, let value = syn.timestamp {
      options += [8, 10]
      options.append32(0x0101_0101)
      options.append32(value)
    }
    if syn.option(3) != nil { options += [1, 3, 3, 7] }
    return options
  }

  /// The right SYN-ACK to a SYN.
  public func synAck(to syn: PeerSegment) -> PeerSegment {
    syn.answer([.syn, .ack], seq: PoliteServer.iss, ack: syn.seq &+ 1, options: options(for: syn))
  }

  /// What it answers to a segment.
  public func answer(_ segment: PeerSegment) -> [Reply] {
    if segment.flags.contains(.rst) {
      // Only one that is exactly where it is awaited ends the connection (RFC 5961 §3.2).
      flows.withLock { if $0[segment.sourcePort]?.received == segment.seq { $0[segment.sourcePort] = nil } }
      return []
    }
    if segment.flags.contains(.syn) {
      let state = State(received: segment.seq &+ 1, hasTimestamps: offersTimestamps && segment.timestamp != nil)
      flows.withLock { $0[segment.sourcePort] = state }
      return [Reply(synAck(to: segment), after: delay)]
    }
    return flows.withLock { flows in
      guard var state = flows[segment.sourcePort] else {
        return [Reply(segment.answer(.rst, seq: segment.ack), after: delay)]
      }
      defer { flows[segment.sourcePort] = state }
      return established(segment, &state).map { Reply($0.packet, after: $0.after + delay) }
    }
  }

  private func established(_ segment: PeerSegment, _ state: inout State) -> [Reply] {
    let isFirst = !state.isEstablished
    state.isEstablished = true
    // A repetition, or a keep-alive probe: tell again what has come (RFC 9293 §3.10.7.4, first).
    guard segment.seq == state.received else { return [Reply(state.says(.ack, to: segment))] }
    state.text += segment.payload
    state.received &+= segment.length
    if segment.flags.contains(.fin) { return finished(segment, &state) }
    if isFirst, case .abort = close { return [Reply(state.says([.rst, .ack], to: segment))] }
    if isFirst, case .first = close {
      state.hasClosed = true
      state.next &+= 1
      return [Reply(state.says([.fin, .ack], to: segment, seq: state.next &- 1))]
    }
    return segment.payload.isEmpty ? [] : [Reply(state.says(.ack, to: segment))]
  }

  private func finished(_ segment: PeerSegment, _ state: inout State) -> [Reply] {
    let acknowledgment = state.says(.ack, to: segment)
    if state.hasClosed { return [Reply(acknowledgment)] }
    if case .never = close { return [Reply(acknowledgment)] }
    if case .reset = close { return [Reply(state.says([.rst, .ack], to: segment))] }
    state.hasClosed = true
    var fin = state.says([.fin, .ack], to: segment)
    state.next &+= 1
    switch close {
    case .together: return [Reply(fin)]
    case .crossing:
      fin.ack = segment.seq &+ UInt32(segment.payload.count)
      return [Reply(fin), Reply(state.says(.ack, to: segment), after: 10)]
    default: return [Reply(acknowledgment), Reply(fin, after: 1)]
    }
  }
}
