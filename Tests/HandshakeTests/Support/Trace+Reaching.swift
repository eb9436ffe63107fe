import Testing
import Timebase
import Wire

@testable import Handshake

extension Trace {
  /// The states that a prober's end can be in, in the order of RFC 9293 §3.3.2.
  static let ourStates: [State] = [
    .synSent, .synReceived, .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck, .timeWait, .closed,
  ]

  /// Those in which both ends have agreed on sequence numbers.
  static let synchronized = ourStates.filter(\.isSynchronized)

  /// A trace that stands in a state, with nothing sent that was not played.
  ///
  /// CLOSE-WAIT owes its FIN, and ESTABLISHED does where `owesClose` says so.
  static func reaching(_ state: State, owesClose: Bool = false, _ change: (inout Plan) -> Void = { _ in }) throws
    -> Trace
  {
    let plan = Plan.plain {
      $0.timeWait = .seconds(60)
      // An unanswered confirmation keeps ESTABLISHED as it is.
      $0.confirm = state == .established && !owesClose
      change(&$0)
      if $0.isInteractive { $0.confirm = false }
    }
    var trace = Trace(plan)
    let closing = ClosingTests.closing
    let script: String =
      switch state {
      case .synSent: "0 > S 0:0(0)"
      case .synReceived: "0 > S 0:0(0)\n 0.1 < S 0:0(0)\n 0.1 > S. 0:0(0) ack 1"
      case .established: ClosingTests.opening + (plan.confirm ? "0.1 > . 0:0(0) ack 1" : "")
      case .finWait1: closing
      case .finWait2: closing + "0.1 < . 1:1(0) ack 2"
      case .closing: closing + "0.1 < F. 1:1(0) ack 1\n 0.1 > . 2:2(0) ack 2"
      case .timeWait: closing + "0.1 < F. 1:1(0) ack 2\n 0.1 > . 2:2(0) ack 2"
      case .closeWait, .lastAck:
        "0 > S 0:0(0)\n 0.1 < SF. 0:0(0) ack 1\n 0.1 > . 1:1(0) ack 2"
          + (state == .lastAck ? "\n 0.1 > F. 1:1(0) ack 2" : "")
      case .closed: "0 > S 0:0(0)\n 0.1 < R. 0:0(0) ack 1"
      case .listen: ""
      }
    // An owner says himself when nothing more is to be sent.
    try trace.play(
      plan.isInteractive
        ? script.replacing("0.1   > F", with: "0.1 > F").replacing("0.1 > F", with: "0.1 shutdown\n0.1 > F") : script)
    return trace
  }

  /// SND.NXT, RCV.NXT and our next acknowledgment, as a trace writes them.
  var ourNext: Int { Int(Int32(truncatingIfNeeded: connection.tcb.snd.nxt.distance(from: connection.tcb.snd.iss))) }
  /// RCV.NXT as a trace writes it.
  var theirNext: Int { Int(Int32(truncatingIfNeeded: connection.tcb.rcv.nxt.distance(from: Trace.theirs))) }
  /// Our bare ACK where we stand, as a trace writes it.
  var acknowledgment: String { "> . \(ourNext):\(ourNext)(0) ack \(theirNext)" }
}
