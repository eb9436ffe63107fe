import Handshake

// What the words for the course of a connection mean: its steps, how it ended, the states of both ends.

extension StepKind {
  /// From where to where a step is timed.
  package var meaning: Meaning {
    switch self {
    case .resolve:
      Meaning(
        "the name lookup, from its start to the address", "Time spent on DNS and files, before the first packet.",
        by: "getaddrinfo(3)")
    case .syn:
      Meaning(
        "from the SYN that was answered to its SYN-ACK or RST",
        "One round trip of the network: a kernel answers a SYN without its application.", by: "RFC 9293 §3.5")
    case .ack:
      Meaning(
        "of captures: from the SYN-ACK to its acknowledgment",
        "The round trip between the place of the capture and the client.", by: "RFC 9293 §3.5")
    case .handshake:
      Meaning(
        "of captures: from the SYN to the first ACK, Wireshark's initial round trip",
        "The whole three-way handshake, as seen at the place of the capture.", by: "RFC 9293 §3.5")
    case .confirm:
      Meaning(
        "from the confirming keep-alive probe to its acknowledgment (`--confirm`)",
        "A round trip that only an ESTABLISHED peer completes.", by: "RFC 9293 §3.8.4")
    case .request:
      Meaning(
        "from the first byte of our data to the acknowledgment of the last",
        "The peer's kernel received the data; its application may not have read it yet.", by: "RFC 9293 §3.4")
    case .response:
      Meaning(
        "from the first byte of our data to the first of the reply",
        "Time to first byte: a round trip, and what the application took.", by: "RFC 9110 §3.4")
    case .transfer:
      Meaning(
        "from the first byte of the reply to its last", "It shows bandwidth, window and losses rather than distance.",
        by: "RFC 9293 §3.8.6")
    case .fin:
      Meaning(
        "from our FIN to its acknowledgment", "A round trip: a kernel acknowledges a FIN without its application.",
        by: "RFC 9293 §3.6")
    case .peerFin:
      Meaning(
        "from our FIN to the peer's, or from the peer's to the acknowledgment of ours",
        "How long the peer's application took to close its end.", by: "RFC 9293 §3.6")
    case .close:
      Meaning(
        "from the first FIN to the last acknowledgment", "The whole four-way close of both directions.",
        by: "RFC 9293 §3.6")
    }
  }
}

extension Ending {
  /// How a connection ended.
  package var meaning: Meaning {
    switch self {
    case .fin:
      Meaning(
        "both FINs were sent and acknowledged",
        "An orderly close: each end sent all of its data, and each knows that the other received it.",
        by: "RFC 9293 §3.6")
    case .rst:
      Meaning(
        "we reset it", "An abort: the connection is gone at once, without a FIN of either end.", by: "RFC 9293 §3.10.5")
    case .peerRst:
      Meaning(
        "the peer reset it", "The peer aborted the connection, or a middlebox sent an RST in its name.",
        by: "RFC 9293 §3.5.3")
    case .timeout:
      Meaning(
        "the peer stopped answering, and we reset it",
        "Retransmissions were used up without an acknowledgment; our RST frees the peer's memory if it is still there.",
        by: "RFC 9293 §3.8.3")
    case .none:
      Meaning(
        "it was left as it is",
        "With `--close none` the peer keeps an open connection until it gets an RST or times out.",
        by: "RFC 9293 §3.5.1")
    }
  }
}

extension State {
  /// What an end in the state has done and waits for.
  package var meaning: Meaning {
    switch self {
    case .closed:
      Meaning(
        "no connection",
        "There is no connection: either none was begun, or it is over. Segments are answered with an RST.",
        by: "RFC 9293 §3.10.7.1")
    case .listen:
      Meaning("waits for a SYN from any host", "A server waits here for clients (passive open).", by: "RFC 9293 §3.3.2")
    case .synSent:
      Meaning(
        "sent a SYN, waits for the peer's", "A client waits here for the SYN-ACK (active open).", by: "RFC 9293 §3.3.2")
    case .synReceived:
      Meaning(
        "received a SYN and sent its own, waits for the ACK",
        "Half of the handshake is missing: the address of the client may still be forged.", by: "RFC 9293 §3.3.2")
    case .established:
      Meaning(
        "the handshake is complete", "Data flows in both directions: both ends have acknowledged each other's SYN.",
        by: "RFC 9293 §3.3.2")
    case .finWait1:
      Meaning(
        "sent the first FIN, waits for its ACK or the peer's FIN",
        "This end closes first. It sends no more data, and still receives.", by: "RFC 9293 §3.6")
    case .finWait2:
      Meaning(
        "its FIN is acknowledged, waits for the peer's FIN",
        "The connection is half-closed: the peer may send for as long as its application likes.", by: "RFC 9293 §3.6.1")
    case .closeWait:
      Meaning(
        "received the peer's FIN, has not closed yet",
        "The application has to close its end. Connections that stay here show an application that does not.",
        by: "RFC 9293 §3.6")
    case .closing:
      Meaning(
        "both FINs crossed; waits for the ACK of its FIN", "Both ends closed at the same time (simultaneous close).",
        by: "RFC 9293 §3.6")
    case .lastAck:
      Meaning(
        "sent the second FIN, waits for its ACK", "When the ACK arrives the connection is over at this end.",
        by: "RFC 9293 §3.6")
    case .timeWait:
      Meaning(
        "both directions are closed; waits 2 MSL",
        "The end that closed first waits twice the maximum segment lifetime. If its last ACK is lost, it can answer the "
          + "retransmitted FIN. Old duplicates die out before the ports are used again.", by: "RFC 9293 §3.6.1")
    }
  }
}
