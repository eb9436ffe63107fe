import Kernel
import Runner
import Wire

/// How targets are read: `host:port`, `host port port…`, `[v6]:port`, `host:22,80,8000-8010`, `host:https`, and ranges of
/// addresses in the place of the host; with `-p PORTS` hosts alone.
enum TargetParser {
  /// The most ports that one command line may name.
  static let portLimit = 65_536
  /// The most targets that ranges of addresses may come to.
  static let rangeLimit = AddressRange.limit
  /// The longest word that is read as a target, in octets: a list of ports may be long, and no name is.
  static let wordLimit = 65_536

  /// Reads the words that are no options; there must be at least one target among them.
  ///
  /// What names no port has `ports`.
  static func targets(_ words: [String], ports: [UInt16] = []) throws(UsageError) -> [TargetSpec] {
    guard !words.isEmpty else {
      throw UsageError("no target given; use HOST:PORT, e.g. example.org:443 (see --help)")
    }
    var specs: [TargetSpec] = []
    var rest = words[...]
    var count = 0
    while let word = rest.popFirst() {
      let more = try target(word, &rest, ports)
      specs += more
      count += more.reduce(0) { $0 + $1.ports.count }
      // No more is kept than a run takes.
      if count > portLimit { break }
    }
    try checkCount(specs)
    return specs
  }

  /// A URL names what to type instead: its host and port, or the command for it.
  private static func url(_ word: String) -> UsageError {
    let isSecure = word.hasPrefix("https:")
    // What follows the first two slashes.
    let rest = word.drop { $0 != "/" }.dropFirst(2)
    var host = rest.prefix { !"/?#".contains($0) }
    if let user = host.lastIndex(of: "@") { host = host[host.index(after: user)...] }
    let hasPort = host.lastIndex(of: ":").map { !host[$0...].contains("]") } ?? false
    let target = hasPort ? String(host) : "\(host):\(isSecure ? 443 : 80)"
    guard !host.isEmpty else { return UsageError("'\(word)' is a URL; use HOST:PORT") }
    return UsageError("'\(word)' is a URL; use \(target), or run: probe http \(word)")
  }

  /// Refuses more than can be probed at once.
  static func checkCount(_ specs: [TargetSpec]) throws(UsageError) {
    let count = specs.reduce(0) { $0 + $1.ports.count }
    guard count <= portLimit else { throw UsageError("\(count) ports are too many; at most \(portLimit) at once") }
    let ranged = specs.reduce(0) { $0 + ($1.isOfRange ? $1.ports.count : 0) }
    guard ranged <= rangeLimit else {
      throw UsageError(
        "\(ranged) targets in address ranges are too many; at most \(rangeLimit) at once: use smaller ranges or fewer ports"
      )
    }
  }

  /// Reads a target, with the words behind it that are its ports.
  private static func target(
    _ word: String, _ rest: inout ArraySlice<String>, _ ports: [UInt16]
  ) throws(UsageError) -> [TargetSpec] {
    guard !word.isEmpty else { throw UsageError("empty target; use HOST:PORT") }
    guard word.utf8.count <= wordLimit else {
      throw UsageError("'\(word.prefix(32))…' is too long for a target (\(word.utf8.count) bytes)")
    }
    guard !word.contains("://") else { throw Self.url(word) }
    let (host, named) = try split(word)
    var lists = named.map { [$0] } ?? []
    while let following = rest.first, isPortList(following, isFirst: lists.isEmpty) {
      lists.append(following)
      rest.removeFirst()
    }
    let range = try AddressRange(host)
    if range == nil, host.contains("/") {
      throw UsageError("'\(word)': '\(host)' is neither a host nor an address range; for a URL use probe http")
    }
    guard !lists.isEmpty || !ports.isEmpty else { throw UsageError(withoutPort(word, host)) }
    try checkZone(host, word)
    let list = lists.joined(separator: ",")
    let text = named != nil && lists.count == 1 ? word : "\(host.bracketedHost):\(list)"
    let own = lists.isEmpty ? ports : try self.ports(list, of: text)
    if let range {
      return range.addresses.map { address in
        var spec = TargetSpec(host: "\(address)", ports: own)
        spec.isOfRange = true
        return spec
      }
    }
    return [lists.isEmpty ? TargetSpec(host: host, ports: own) : TargetSpec(host: host, ports: own, text: text)]
  }

  /// What is wrong with a word that names no port.
  private static func withoutPort(_ word: String, _ host: String) -> String {
    if word.hasPrefix("[") { return "'\(word)' has no port; use [\(host)]:PORT" }
    if !word.contains(where: { !$0.isASCII || !$0.isNumber }) {
      return "'\(word)' is not a host; a port goes behind its host, as in HOST \(word) (-c \(word) is a count)"
    }
    return "'\(word)' has no port; use \(meant(word))"
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

  /// Splits a word at its last colon; the ports are nil where it has none, as a bare IPv6 address.
  private static func split(_ word: String) throws(UsageError) -> (host: String, ports: String?) {
    if word.hasPrefix("[") {
      guard let end = word.firstIndex(of: "]") else { throw UsageError("'\(word)': the bracket is not closed") }
      let host = String(word[word.index(after: word.startIndex)..<end])
      let rest = word[word.index(after: end)...]
      guard isIPv6(host) else { throw UsageError("'\(word)': '\(host)' is not an IPv6 address") }
      try checkZone(host, word)
      guard !rest.isEmpty else { return (host, nil) }
      guard rest.hasPrefix(":") else { throw UsageError("'\(word)' has no port; use [\(host)]:PORT") }
      return (host, String(rest.dropFirst()))
    }
    guard let colon = word.lastIndex(of: ":"), !isIPv6(word) else { return (word, nil) }
    let host = word[..<colon]
    guard !host.isEmpty else { throw UsageError("'\(word)' has no host") }
    guard !host.contains(":") else { throw UsageError("'\(word)': put an IPv6 address in brackets, [ADDRESS]:PORT") }
    try checkZone(host, word)
    return (String(host), String(word[word.index(after: colon)...]))
  }

  /// Whether it is an IPv6 address, with a zone or the length of a prefix behind it or not.
  private static func isIPv6(_ text: String) -> Bool {
    IPv6Address(parsing: text.prefix { $0 != "%" && $0 != "/" }) != nil
  }

  /// Whether a word behind a host is meant as its ports: an address is not, and behind other ports no name is.
  static func isPortList(_ word: String, isFirst: Bool = true) -> Bool {
    guard !word.contains(where: { ":.".contains($0) }) else { return false }
    let isNumber = word.first?.isNumber ?? false
    guard isFirst else { return isNumber && word.utf8.allSatisfy(AddressRange.isOfRange) }
    return isNumber || Resolver.port(ofService: word) != nil
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
