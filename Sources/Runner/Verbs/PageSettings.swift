import Engines
import HTTP
import Kernel
import Timebase

/// Everything that a run of HTTP requests was asked for.
public struct PageSettings: Sendable {
  /// How the connections are made: the target is the URL's.
  public var run = RunSettings()
  /// The URL as it was typed.
  public var url = ""
  /// Whether it is an `https` URL: only the TCP connection is tested then.
  public var isSecure = false
  /// What is asked.
  public var request: HTTPRequest
  /// How often, on one connection.
  public var requests = 1
  /// Whether requests are written without waiting for responses.
  public var isPipelined = false
  /// Whether the same requests are first made with a connection each.
  public var compares = false
  /// How long each connection may last; nil for as long as it likes.
  public var lifetime: Interval? = HTTPEngine.usualLifetime
  /// The file that the content is written to; nil where nobody wants it.
  public var bodyPath: FilePath?

  /// The settings of one request by a program of this name.
  public init(agent: String) { request = HTTPRequest(agent: agent) }

  /// How many requests each connection carries.
  var visits: [Int] { (compares ? Array(repeating: 1, count: requests) : []) + [requests] }
}

/// How a run of HTTP requests went.
public struct PageResult: Sendable {
  /// Whether every request was answered by a whole and valid response that reports no error.
  public var isGood: Bool
  /// The signal that ended it; nil where it ended by itself.
  public var signal: Signal?
}
