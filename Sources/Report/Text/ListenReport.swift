import Handshake

/// What a listener counted beside its connections.
public struct ListenTally: Hashable, Sendable {
  /// SYNs received to LISTEN.
  public var syns: Int
  /// Handshakes that were completed.
  public var established: Int
  /// Half-open connections that ended without having been completed.
  public var abandoned: Int
  /// SYNs that were answered by a cookie.
  public var cookiesSent: Int
  /// Cookies that came back and were right.
  public var cookiesAccepted: Int
  /// SYNs and cookies that found no room.
  public var refused: Int
  /// Open connections that were reset to make room for others.
  public var displaced: Int
  /// Segments to LISTEN that were answered by RST.
  public var resets: Int

  /// A tally from its numbers.
  public init(
    syns: Int, established: Int, abandoned: Int, cookiesSent: Int, cookiesAccepted: Int, refused: Int,
    displaced: Int, resets: Int
  ) {
    self.syns = syns
    self.established = established
    self.abandoned = abandoned
    self.cookiesSent = cookiesSent
    self.cookiesAccepted = cookiesAccepted
    self.refused = refused
    self.displaced = displaced
    self.resets = resets
  }
}

extension TextReport {
  /// What is answered for, before the first connection: `LISTEN 127.0.0.1:8080: echo data back`.
  ///
  /// The endpoint comes as text: without optimization the compiler aligns one wrongly behind the members of a report
  /// (movaps on the stack), and the program traps.
  public func listening(at endpoint: String, does words: String) -> String { "LISTEN \(endpoint): \(words)\n" }

  /// The closing line; what did not happen is not told.
  public func summary(_ tally: ListenTally) -> String {
    func count(_ number: Int, _ word: String) -> String { "\(number) \(word)" + (number == 1 ? "" : "s") }
    var words = [count(tally.syns, "SYN"), count(tally.established, "connection")]
    let others = [
      (tally.abandoned, "never completed"), (tally.cookiesSent, "cookies sent"),
      (tally.cookiesAccepted, "cookies accepted"), (tally.refused, "without room"),
      (tally.displaced, "reset to make room"), (tally.resets, "answered by RST"),
    ]
    words += others.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return words.joined(separator: ", ") + "\n"
  }
}
