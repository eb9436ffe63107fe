/// Any file of scenarios: it is read or refused by a line that it has, and a segment that was read is written and read back.
@c(LLVMFuzzerTestOneInput)
public func fuzzScript(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  do throws(ScriptMistake) {
    let segments = try Scenario.all(in: text, file: "f").flatMap(\.events).compactMap(\.segment)
    for segment in segments {
      var words = ScriptWords(segment.description)
      check((try? ScriptSegment(&words, isAwaited: false)) == segment, "read back it is another")
    }
  } catch {
    check(error.line > 0 && error.line <= text.utf8.count { $0 == 0x0a } + 1 && !error.text.isEmpty, "no such line")
  }
  readConversations(text)
  return 0
}

/// The same octets as a script, and played against packets of the same octets.
private func readConversations(_ text: String) {
  for family in [AddressFamily.v4, .v6] {
    do throws(ScriptMistake) {
      for conversation in try ConversationReader.script(text, file: "f", family: family).prefix(4) {
        play(conversation, Array(text.utf8), family)
      }
    } catch {
      check(error.line > 0 && !error.text.isEmpty, "no such line")
    }
    _ = try? ConversationReader.checks(text, group: "f", family: family)
  }
}

private func play(_ conversation: Conversation, _ octets: [UInt8], _ family: AddressFamily) {
  let address: IPAddress = family == .v4 ? .v4(IPv4Address(192, 0, 2, 1)) : .v6(IPv6Address(1))
  let flow = Flow(local: Endpoint(address, 1), remote: Endpoint(address, 2))
  var play = Play(conversation, flow: flow, iss: 7, setting: Play.Setting(), at: Instant(nanoseconds: 0))
  for (index, octet) in octets.prefix(64).enumerated() {
    while play.nextSend() != nil {}
    let segment = Segment(
      seq: SequenceNumber(UInt32(octet)), ack: SequenceNumber(7 &+ UInt32(index)),
      flags: TCPFlags(rawValue: UInt16(octet)), wnd: 1, textLength: 1)
    play.receive(.segment(PlaySegment(segment, text: [octet])), at: Instant(nanoseconds: 0))
    if let due = play.nextDeadline { play.expire(at: due) }
    check(play.exchange.count <= 256, "it keeps too much")
  }
}

extension Scenario.Event {
  fileprivate var segment: ScriptSegment? {
    switch action {
    case .awaits(let segment): segment
    case .sends(let packet): if case .segment(let segment) = packet.content { segment } else { nil }
    case .silence: nil
    }
  }
}
