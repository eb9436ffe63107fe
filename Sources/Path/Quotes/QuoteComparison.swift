import Wire

/// What is different between a packet as it was sent and as an ICMP error quotes it: what boxes on the way did to it.
///
/// Octets that are not quoted are never compared. The hops left and IPv4's header checksum change at every hop and are no
/// difference; neither is a TCP checksum that follows from the other changes.
public enum QuoteComparison {
  /// Compares a whole packet with its quote, both from the IP header on.
  ///
  /// The quote is without extensions and padding behind it, as `ReceivedPacket.quotation` has it. Whatever either holds,
  /// the answer is finite and nothing traps; where they are not of one IP version nothing is compared.
  public static func changes(sent: RawSpan, quote: RawSpan) -> [QuoteChange] {
    if isUnchanged(sent, quote) { return [] }
    guard let before = ComparedPacket(sent), let after = ComparedPacket(quote),
      before.source.family == after.source.family
    else { return [] }
    var changes = networkChanges(before, after)
    guard before.protocolNumber == IPProtocol.tcp, after.protocolNumber == IPProtocol.tcp else { return changes }
    changes += headerChanges(before.transport, after.transport)
    changes += OptionComparison.changes(before.transport, after.transport)
    if let change = checksumChange(before, after) { changes.append(change) }
    return changes
  }

  /// Whether every octet that is quoted is as it was sent, but for those that routers must change: the usual case, which
  /// costs no allocation.
  private static func isUnchanged(_ sent: RawSpan, _ quote: RawSpan) -> Bool {
    guard quote.byteCount > 0, quote.byteCount <= sent.byteCount else { return false }
    let isVersion6 = quote.octet(at: 0) >> 4 == 6
    for offset in quote.byteOffsets where quote.octet(at: offset) != sent.octet(at: offset) {
      // The hop limit; the time to live and the header checksum.
      guard isVersion6 ? offset == 7 : offset == 8 || offset == 10 || offset == 11 else { return false }
    }
    return true
  }

  private static func networkChanges(_ before: borrowing ComparedPacket, _ after: borrowing ComparedPacket)
    -> [QuoteChange]
  {
    var changes: [QuoteChange] = []
    func compare(_ field: QuoteChange.Field, _ from: Int, _ to: Int) {
      if from != to { changes.append(QuoteChange(field, from: .number(from), to: .number(to))) }
    }
    compare(.dscp, Int(before.trafficClass >> 2), Int(after.trafficClass >> 2))
    compare(.ecn, Int(before.trafficClass & 3), Int(after.trafficClass & 3))
    compare(.df, before.dontFragment ? 1 : 0, after.dontFragment ? 1 : 0)
    // Zero asks the sending kernel to choose one.
    if before.identification != 0 { compare(.identification, Int(before.identification), Int(after.identification)) }
    if before.source != after.source {
      changes.append(QuoteChange(.source, from: .text("\(before.source)"), to: .text("\(after.source)")))
    }
    if before.destination != after.destination {
      changes.append(QuoteChange(.destination, from: .text("\(before.destination)"), to: .text("\(after.destination)")))
    }
    guard before.hasAllExtras, after.hasAllExtras else { return changes }
    for extra in before.extras where !after.extras.contains(extra) {
      changes.append(QuoteChange(.option, from: .text(before.word(for: extra)), to: .absent))
    }
    for extra in after.extras where !before.extras.contains(extra) {
      changes.append(QuoteChange(.option, from: .absent, to: .text(after.word(for: extra))))
    }
    return changes
  }

  /// The fields of the fixed header, each as far as it is quoted.
  private static func headerChanges(_ before: RawSpan, _ after: RawSpan) -> [QuoteChange] {
    var changes: [QuoteChange] = []
    let have = min(before.byteCount, after.byteCount)
    func compare<T: FixedWidthInteger & BitwiseCopyable>(_ field: QuoteChange.Field, at offset: Int, _: T.Type) {
      guard offset + T.bitWidth / 8 <= have else { return }
      let (from, to): (T, T) = (before.load(bigEndian: offset), after.load(bigEndian: offset))
      if from != to { changes.append(QuoteChange(field, from: .number(Int(from)), to: .number(Int(to)))) }
    }
    compare(.sourcePort, at: 0, UInt16.self)
    compare(.destinationPort, at: 2, UInt16.self)
    compare(.isn, at: 4, UInt32.self)
    if have >= 14 {
      let from = TCPFlags(rawValue: before.load(bigEndian: 12))
      let to = TCPFlags(rawValue: after.load(bigEndian: 12))
      if from != to { changes.append(QuoteChange(.flags, from: .text("\(from)"), to: .text("\(to)"))) }
    }
    compare(.window, at: 14, UInt16.self)
    return changes
  }

  /// The checksum, where it is neither as sent nor what the quoted octets ask for.
  private static func checksumChange(_ before: borrowing ComparedPacket, _ after: borrowing ComparedPacket)
    -> QuoteChange?
  {
    let place = 16
    guard before.transport.byteCount >= place + 2, after.transport.byteCount >= place + 2 else { return nil }
    let (from, to): (UInt16, UInt16) = (
      before.transport.load(bigEndian: place), after.transport.load(bigEndian: place)
    )
    guard from != to else { return nil }
    // Routers and hosts have been seen to write another length into the quoted IP header.
    for length in [after.transportLength, before.transportLength] {
      let pseudoHeader = PseudoHeader(
        source: after.source, destination: after.finalDestination ?? after.destination, protocolNumber: IPProtocol.tcp,
        length: length)
      // What a local sender leaves to an offload that never happens (a virtual link).
      if to == pseudoHeader.folded { return nil }
      if isConsistent(after.transport, pseudoHeader, tail: before.transport) { return nil }
    }
    if OptionComparison.isChangedBeyondQuote(before.transport, after.transport) { return nil }
    return QuoteChange(.checksum, from: .number(Int(from)), to: .number(Int(to)))
  }

  /// Whether a checksum is right, what is not quoted being as it was sent.
  private static func isConsistent(_ quoted: RawSpan, _ pseudoHeader: PseudoHeader, tail sent: RawSpan) -> Bool {
    let missing = pseudoHeader.length - quoted.byteCount
    guard missing >= 0, missing <= sent.byteCount else { return false }
    var sum = InternetChecksum()
    sum.add(pseudoHeader)
    sum.add(quoted)
    sum.add(sent.extracting((sent.byteCount - missing)...))
    return sum.isConsistent
  }
}

/// A packet as far as it is there, whole or quoted.
private struct ComparedPacket: ~Escapable {
  let source: IPAddress
  let destination: IPAddress
  /// Where a routing header still sends it.
  var finalDestination: IPAddress?
  let trafficClass: UInt8
  let dontFragment: Bool
  /// IPv4's; 0 for IPv6.
  let identification: UInt16
  /// The kinds of IPv4 options, or of IPv6 extension headers, each once and without padding.
  private(set) var extras: [UInt8] = []
  /// Whether they were all there to be read.
  private(set) var hasAllExtras = true
  private(set) var protocolNumber: UInt8
  /// What is there of the transport; nothing within a later fragment.
  private(set) var transport: RawSpan
  /// How long the transport is by the IP header.
  private(set) var transportLength: Int

  @_lifetime(copy packet)
  init?(_ packet: RawSpan) {
    guard packet.byteCount > 0 else { return nil }
    switch packet.octet(at: 0) >> 4 {
    case 4:
      guard let header = try? IPv4HeaderView(lax: packet) else { return nil }
      self.init(header)
    case 6:
      guard let header = try? IPv6HeaderView(lax: packet) else { return nil }
      self.init(header)
    default: return nil
    }
  }

  @_lifetime(copy header)
  private init(_ header: IPv4HeaderView) {
    source = .v4(header.source)
    destination = .v4(header.destination)
    trafficClass = header.typeOfService
    dontFragment = header.dontFragment
    identification = header.identification
    protocolNumber = header.protocolNumber
    let payload = header.payload
    transport = header.fragmentOffset == 0 ? payload : payload.extracting(first: 0)
    transportLength = max(0, Int(header.totalLength) - header.headerLength)
    let options = header.options
    var offset = 0
    // RFC 791 §3.1: kinds 0 and 1 are one octet, all others have a length.
    while offset < options.byteCount {
      let kind = options.octet(at: offset)
      if kind == 0 { break }
      if kind == 1 {
        offset += 1
        continue
      }
      if !extras.contains(kind) { extras.append(kind) }
      let length = offset + 1 < options.byteCount ? Int(options.octet(at: offset + 1)) : 0
      guard length >= 2 else { break }
      offset += length
    }
  }

  @_lifetime(copy header)
  private init(_ header: IPv6HeaderView) {
    source = .v6(header.source)
    destination = .v6(header.destination)
    trafficClass = header.trafficClass
    dontFragment = true
    identification = 0
    let payload = header.payload
    transport = payload.extracting(first: 0)
    protocolNumber = header.nextHeader
    transportLength = 0
    var cursor = IPv6ExtensionCursor(nextHeader: header.nextHeader, payload: payload)
    do throws(WireError) {
      while let step = try cursor.next() {
        if !extras.contains(step.kind) { extras.append(step.kind) }
      }
      let chain = try IPv6ExtensionChain(nextHeader: header.nextHeader, payload: payload)
      protocolNumber = chain.protocolNumber
      finalDestination = chain.finalDestination.map(IPAddress.v6)
      transportLength = max(0, (header.statedPayloadLength ?? payload.byteCount) - chain.offset)
      if chain.fragment?.offset ?? 0 == 0 { transport = payload.extracting(chain.offset...) }
    } catch {
      hasAllExtras = false
    }
  }

  /// What an option or extension header is called among the changes.
  func word(for extra: UInt8) -> String {
    source.family == .v4 ? "IPv4 option \(extra)" : "IPv6 extension header \(extra)"
  }
}
