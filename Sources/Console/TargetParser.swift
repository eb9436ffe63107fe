import Kernel
import Runner
import Wire

/// How targets are read: `host:port`, `host port`, `[v6]:port`, `host:22,80,8000-8010`, `host:https`.
enum TargetParser {
  /// The most ports that one command line may name.
  static let portLimit = 65_536

  /// Reads the words that are no options; there must be at least one target among them.
  static func targets(_ words: [String]) throws(UsageError) -> [TargetSpec] {
    guard !words.isEmpty else {
      throw UsageError("no target given; use HOST:PORT, e.g. example.org:443 (see --help)")
    }
    var specs: [TargetSpec] = []
    var rest = words[...]
    while let word = rest.popFirst() {
      guard !word.isEmpty else { throw UsageError("empty target; use HOST:PORT") }
      guard !word.contains("://") else { throw UsageError("'\(word)' is a URL; use HOST:PORT, or probe http URL") }
      if let (host, ports) = try split(word) {
        specs.append(TargetSpec(host: host, ports: try self.ports(ports, of: word), text: word))
      } else if let following = rest.first, isPortList(following) {
        rest.removeFirst()
        try checkZone(word, word)
        let text = "\(word.bracketedHost):\(following)"
        specs.append(TargetSpec(host: word, ports: try ports(following, of: text), text: text))
      } else {
        throw UsageError("'\(word)' has no port; use \(meant(word))")
      }
    }
    let count = specs.reduce(0) { $0 + $1.ports.count }
    guard count <= portLimit else { throw UsageError("\(count) ports are too many; at most \(portLimit) at once") }
    return specs
  }

  /// A zone that is announced must be there.
  private static func checkZone(_ host: some StringProtocol, _ word: String) throws(UsageError) {
    if host.hasSuffix("%") { throw UsageError("'\(word)': the zone is missing; use ADDRESS%INTERFACE") }
  }

  /// How the word may have been meant: what looks like a port at the end of an IPv6 address is a part of the address.
  private static func meant(_ word: String) -> String {
    if !word.contains("%"), let colon = word.lastIndex(of: ":"),
      let port = UInt16(portNumber: word[word.index(after: colon)...]),
      port > 0, IPv6Address(parsing: word[..<colon]) != nil
    {
      return "[\(word[..<colon])]:\(port) or \(word[..<colon]) \(port) where \(port) is the port, or [\(word)]:PORT"
    }
    return "\(word.bracketedHost):PORT, as in \(word.bracketedHost):443"
  }

  /// Splits a word at its last colon; nil where it has no port, as a bare IPv6 address has none.
  private static func split(_ word: String) throws(UsageError) -> (host: String, ports: String)? {
    if word.hasPrefix("[") {
      guard let end = word.firstIndex(of: "]") else { throw UsageError("'\(word)': the bracket is not closed") }
      let host = String(word[word.index(after: word.startIndex)..<end])
      let rest = word[word.index(after: end)...]
      guard IPv6Address(parsing: host.prefix { $0 != "%" }) != nil else {
        throw UsageError("'\(word)': '\(host)' is not an IPv6 address")
      }
      try checkZone(host, word)
      guard rest.hasPrefix(":") else { throw UsageError("'\(word)' has no port; use [\(host)]:PORT") }
      return (host, String(rest.dropFirst()))
    }
    guard let colon = word.lastIndex(of: ":") else { return nil }
    let host = word[..<colon]
    if IPv6Address(parsing: word.prefix { $0 != "%" }) != nil { return nil }
    guard !host.isEmpty else { throw UsageError("'\(word)' has no host") }
    guard !host.contains(":") else { throw UsageError("'\(word)': put an IPv6 address in brackets, [ADDRESS]:PORT") }
    guard !host.contains("/") else {
      throw UsageError("'\(word)': address ranges are not supported; list the hosts, or use probe check FILE")
    }
    try checkZone(host, word)
    return (String(host), String(word[word.index(after: colon)...]))
  }

  /// Whether a word behind a host is meant as its ports: an address is not.
  static func isPortList(_ word: String) -> Bool {
    !word.contains { ":.".contains($0) } && (word.first?.isNumber ?? false || Resolver.port(ofService: word) != nil)
  }

  /// Reads a list of ports, ranges and service names; each port once, in the order given.
  static func ports(_ text: String, of word: String) throws(UsageError) -> [UInt16] {
    var list: [UInt16] = []
    var seen = PortSet()
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      for port in try range(part, of: word) where seen.insert(port) { list.append(port) }
    }
    return list
  }

  private static func range(_ part: Substring, of word: String) throws(UsageError) -> ClosedRange<UInt16> {
    guard !part.isEmpty else { throw UsageError("'\(word)' has no port; use HOST:PORT") }
    if part.first?.isNumber == true {
      let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
      let first = try port(ends[0], of: word)
      let last = try ends.count > 1 ? port(ends[1], of: word) : first
      guard first <= last else { throw UsageError("'\(word)': the range \(part) runs backwards") }
      return first...last
    }
    guard let port = Resolver.port(ofService: String(part)) else {
      let isNumeric = part.contains { $0.isNumber } && part.allSatisfy { $0.isNumber || "+- _".contains($0) }
      guard !isNumeric else { throw notAPort(part, word) }
      throw UsageError("'\(word)': '\(part)' is not a port number, and not a service in /etc/services")
    }
    return port...port
  }

  private static func port(_ text: Substring, of word: String) throws(UsageError) -> UInt16 {
    guard let port = UInt16(portNumber: text), port > 0 else { throw notAPort(text, word) }
    return port
  }

  private static func notAPort(_ text: Substring, _ word: String) -> UsageError {
    UsageError("'\(word)': '\(text)' is not a port; ports are decimal numbers from 1 to 65535")
  }
}
