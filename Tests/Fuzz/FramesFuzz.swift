/// Link layers, fragments, tunnels: packets lie within their frames, every frame is accounted for, memory is bounded.
@c(LLVMFuzzerTestOneInput)
public func fuzzFrames(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let octets = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  var plain = Decapsulator()
  var deep = Decapsulator(looksIntoTunnels: true)
  var at = 0
  var frames = 0
  // Each frame is announced by its link type, how long it is, and how much of it was captured.
  while octets.count - at >= 4, frames < 64 {
    let link = links[Int(octets[at]) % links.count]
    let length = Int(octets[at + 1]) << 1
    let cut = Int(octets[at + 2])
    let stamp = WallTime(nanoseconds: Int64(octets[at + 3]) * 1_000_000_000)
    at += 4
    let frame = Array(octets[at..<min(at + length, octets.count)])
    at += frame.count
    frames += 1
    let captured = CapturedFrame(
      number: frames, stamp: stamp, link: link, interface: 0, octets: frame.span.raw, originalLength: frame.count + cut)
    plain.open(captured) { checkPacket($0, of: frame.count, wire: frame.count + cut) }
    deep.open(captured) { checkPacket($0, of: frame.count, wire: frame.count + cut) }
    checkShortened(frame, link, by: cut)
  }
  checkCounts(plain, frames)
  checkCounts(deep, frames)
  check(plain.counts.tunnelled == 0, "a tunnel that nobody asked for")
  return 0
}

private let links: [LinkType] =
  [.ethernet, .rawIP, .null, .linuxCooked, .linuxCooked2, .ppp, .ciscoHDLC, LinkType(rawValue: 105)]

private func checkPacket(_ packet: borrowing CapturedPacket, of length: Int, wire: Int) {
  let version = packet.octets.octet(at: 0) >> 4
  check(version == 4 || version == 6, "no version of IP")
  check(packet.depth <= Decapsulator.depthLimit, "too deep")
  check(packet.originalLength >= packet.octets.byteCount, "less on the wire than was captured")
  _ = Dissection.ofIP(packet.octets).checksum
  guard packet.isReassembled else {
    return check(packet.octets.byteCount <= length && packet.originalLength <= wire, "more packet than frame")
  }
  guard packet.depth == 0 else { return }
  if version == 4, let header = try? IPv4HeaderView(checking: packet.octets) {
    check(header.hasGoodChecksum && !header.isFragment, "a header that was not put right")
    check(Int(header.totalLength) == packet.octets.byteCount, "another length")
  } else if let header = try? IPv6HeaderView(checking: packet.octets) {
    check(Int(header.payloadLength) + 40 == packet.octets.byteCount, "another length")
  } else {
    fatalError("put together, and not whole")
  }
}

/// A frame cut shorter gives the beginning of the same packet, or none.
private func checkShortened(_ frame: [UInt8], _ link: LinkType, by cut: Int) {
  func opened(_ octets: [UInt8]) -> (packet: [UInt8]?, fragments: Int) {
    var opening = Decapsulator()
    var packet: [UInt8]?
    let captured = CapturedFrame(
      number: 1, stamp: nil, link: link, interface: 0, octets: octets.span.raw, originalLength: frame.count)
    opening.open(captured) { packet = $0.octets.octets }
    return (packet, opening.counts.fragments)
  }
  let whole = opened(frame)
  guard whole.fragments == 0, let shortened = opened(Array(frame.dropLast(cut))).packet else { return }
  guard let packet = whole.packet else { fatalError("a packet that the whole frame has not") }
  check(packet.starts(with: shortened), "another packet")
}

/// Every frame brought a packet, or is counted as something else, or was a piece.
private func checkCounts(_ opening: Decapsulator, _ frames: Int) {
  let counts = opening.counts
  let plain = counts.packets + counts.others + counts.cut + counts.unreadable
  check(plain <= frames && frames - plain <= counts.fragments, "a frame is lost")
  check(counts.reassembled + counts.abandoned + opening.unfinished <= counts.fragments, "more packets than pieces")
  check(opening.octetsHeld <= 16 << 20, "too much is held")
}
