import Glibc
import Timebase
import Wire

/// What the kernel's TCP knows of one of its connections, `tcp(7)` TCP_INFO.
public struct TCPInformation: Hashable, Sendable {
  /// The states of RFC 9293 §3.3.2, as the kernel numbers them.
  public enum State: UInt8, Hashable, Sendable {
    /// ESTABLISHED.
    case established = 1
    /// SYN-SENT.
    case synSent = 2
    /// SYN-RECEIVED.
    case synReceived = 3
    /// FIN-WAIT-1.
    case finWait1 = 4
    /// FIN-WAIT-2.
    case finWait2 = 5
    /// TIME-WAIT.
    case timeWait = 6
    /// CLOSED.
    case closed = 7
    /// CLOSE-WAIT.
    case closeWait = 8
    /// LAST-ACK.
    case lastAck = 9
    /// LISTEN.
    case listen = 10
    /// CLOSING.
    case closing = 11
  }

  /// The state; nil for a number that RFC 9293 has no name for.
  public var state: State?
  /// The smoothed round-trip time in whole microseconds; after the handshake alone, that of SYN and SYN-ACK.
  public var smoothedRTT: Interval
  /// How much it varies, in whole microseconds.
  public var variation: Interval
  /// Segments retransmitted so far, the SYN among them.
  public var retransmissions: Int
  /// The largest segment we send, in octets of payload.
  public var sendMSS: Int
  /// The peer's window scale; nil where it offered none.
  public var peerWindowScale: UInt8?
  /// Whether both ends use SACK.
  public var usesSACK: Bool
  /// Whether both ends use timestamps.
  public var usesTimestamps: Bool
  /// Whether both ends agreed on ECN.
  public var usesECN: Bool

  /// Reads a `tcp_info`, whose bit fields Swift does not take as plain octets; CLinux.c shows the offsets.
  init(_ info: RawSpan) {
    let options = CInt(info.octet(at: 5))
    state = State(rawValue: info.octet(at: 0))
    peerWindowScale = options & CInt(TCPI_OPT_WSCALE) != 0 ? info.octet(at: 6) & 15 : nil
    sendMSS = Int(info.load(native: 16, as: UInt32.self))
    smoothedRTT = .microseconds(Int64(info.load(native: 68, as: UInt32.self)))
    variation = .microseconds(Int64(info.load(native: 72, as: UInt32.self)))
    retransmissions = Int(info.load(native: 100, as: UInt32.self))
    usesSACK = options & CInt(TCPI_OPT_SACK) != 0
    usesTimestamps = options & CInt(TCPI_OPT_TIMESTAMPS) != 0
    usesECN = options & CInt(TCPI_OPT_ECN) != 0
  }
}
