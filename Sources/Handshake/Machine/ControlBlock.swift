import Wire

/// The send sequence variables (RFC 9293 §3.3.1, figure 3).
public struct SendVariables: Hashable, Sendable {
  /// ISS: our initial sequence number.
  public var iss: SequenceNumber
  /// SND.UNA: the oldest unacknowledged sequence number.
  public var una: SequenceNumber
  /// SND.NXT: the next sequence number to be sent.
  public var nxt: SequenceNumber
  /// SND.WND: the peer's window in octets, scaled.
  public var wnd: UInt32 = 0
  /// SND.WL1: SEG.SEQ of the last window update.
  public var wl1 = SequenceNumber(0)
  /// SND.WL2: SEG.ACK of the last window update.
  public var wl2 = SequenceNumber(0)
  /// The largest window ever offered to us (RFC 5961 §5.2: MAX.SND.WND).
  public var maxWnd: UInt32 = 0
  /// The shift to apply to the peer's window field (RFC 7323 §2.3).
  public var scale: UInt8 = 0
}

/// The receive sequence variables (RFC 9293 §3.3.1, figure 4).
public struct ReceiveVariables: Hashable, Sendable {
  /// IRS: the peer's initial sequence number.
  public var irs = SequenceNumber(0)
  /// RCV.NXT: the next sequence number expected.
  public var nxt = SequenceNumber(0)
  /// RCV.WND: the window that we offer, in octets.
  public var wnd: UInt32
  /// The shift that the peer applies to our window field.
  public var scale: UInt8 = 0
}

/// The transmission control block (RFC 9293 §3.3.1), as far as a prober needs it.
public struct ControlBlock: Hashable, Sendable {
  /// What we send.
  public var snd: SendVariables
  /// What we receive.
  public var rcv: ReceiveVariables

  /// The block of a connection that has not sent anything yet.
  public init(iss: SequenceNumber, window: UInt32) {
    snd = SendVariables(iss: iss, una: iss, nxt: iss)
    rcv = ReceiveVariables(wnd: window)
  }

  /// Whether a segment lies in our receive window (the four cases of RFC 9293 §3.4, table 6).
  public func accepts(_ segment: Segment) -> Bool {
    switch (segment.len, rcv.wnd) {
    case (0, 0): segment.seq == rcv.nxt
    case (0, _): segment.seq.isIn(rcv.nxt, length: rcv.wnd)
    case (_, 0): false
    default:
      segment.seq.isIn(rcv.nxt, length: rcv.wnd) || (segment.end - 1).isIn(rcv.nxt, length: rcv.wnd)
    }
  }

  /// Our window field for any segment after the SYN, scaled down and rounded up.
  public var windowField: UInt16 {
    let unit = (UInt32(1) << rcv.scale) - 1
    return UInt16(clamping: (rcv.wnd + unit) >> rcv.scale)
  }

  /// Takes a window from a segment that may update it (RFC 9293 §3.10.7.4, fifth check).
  public mutating func updateWindow(from segment: Segment, ack: SequenceNumber) {
    let newer = snd.wl1.precedes(segment.seq) || (snd.wl1 == segment.seq && !ack.precedes(snd.wl2))
    guard newer else { return }
    setWindow(UInt32(segment.wnd) << snd.scale, from: segment, ack: ack)
  }

  /// Takes a window as it stands in a SYN, where it is never scaled (RFC 7323 §2.2).
  public mutating func setWindow(_ window: UInt32, from segment: Segment, ack: SequenceNumber) {
    snd.wnd = window
    snd.maxWnd = max(snd.maxWnd, window)
    snd.wl1 = segment.seq
    snd.wl2 = ack
  }
}
