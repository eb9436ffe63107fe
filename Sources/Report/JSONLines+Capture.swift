import Capture
import Handshake
import Statistics
import Timebase
import Wire

/// What captures hold, for scripts.
extension JSONLines {
  /// One flow of a capture.
  public static func flow(_ flow: TrackedFlow, of file: String) -> String {
    line("flow") { json in
      json.member("file", file)
      json.member("flow", flow.number)
      json.ends(flow)
      json.member("opener_known", flow.isOpenerKnown)
      json.member("started", flow.first.stamp?.rfc3339)
      json.member("duration_ns", flow.last.since(flow.first)?.nanoseconds)
      json.member("first_frame", flow.first.frame)
      json.member("last_frame", flow.last.frame)
      json.member("end", flow.ending.rawValue)
      json.member("closed_by", flow.isClosedByClient.map(TrackedFlow.name))
      json.member("reset_by", flow.isResetByClient.map(TrackedFlow.name))
      json.member("complete", flow.isHandshakeComplete)
      json.member("isn", flow.client.isn?.value)
      json.member("irs", flow.server.isn?.value)
      json.member("initial_rtt_ns", flow.initialRTT?.nanoseconds)
      json.key("steps")
      json.array { for step in flow.steps { $0.step(step) } }
      json.member("client_sent", flow.client) { $0.side($1) }
      json.member("server_sent", flow.server) { $0.side($1) }
      json.member("agreed", flow.agreement) { $0.agreement($1) }
      json.member("icmp", flow.errors) { $0.errors($1, quotesClient: flow.isErrorAboutClient) }
      json.member("simultaneous", flow.isSimultaneous)
      json.member("given_up", flow.isForgotten)
      json.member("reopened", flow.isReopened)
      json.member("only_side", flow.isOnlyClientSeen.map(TrackedFlow.name))
    }
  }

  /// One packet of a flow of a capture.
  public static func packet(
    _ segment: borrowing CapturedSegment, _ sighting: Sighting, _ mark: FrameMark, of file: String
  ) -> String {
    let (source, destination) = (segment.source, segment.destination)
    let header = segment.header
    let (sourcePort, destinationPort) = (header.sourcePort, header.destinationPort)
    var content = try? Segment(header)
    content?.textLength = segment.payloadLength
    return line("packet") { json in
      json.member("file", file)
      json.member("flow", sighting.flow)
      json.member("frame", mark.frame)
      json.member("time", mark.stamp?.rfc3339)
      json.member("source", source.description)
      json.member("source_port", sourcePort)
      json.member("address", destination.description)
      json.member("port", destinationPort)
      json.member("direction", sighting.isFromClient ? "sent" : "received")
      if let content { json.content(.segment(content)) }
      json.member("novelty", sighting.novelty.word)
      json.member("checksum", sighting.checksum?.word)
    }
  }

  /// What a run over captures came to.
  public static func summary(_ summary: CaptureSummary, of files: [String]) -> String {
    line("meta") { json in
      json.member("files", files)
      json.member("frames", summary.frames)
      json.member("segments", summary.counts.segments)
      json.member("malformed", summary.counts.malformed)
      json.member("other", summary.counts.other)
      json.member("flows", summary.flows)
      json.member("complete", summary.complete)
      json.member("given_up", summary.counts.evicted + summary.counts.idle)
      json.member("syn_retransmissions", summary.synRetransmissions)
      json.member("syn_ack_retransmissions", summary.synAckRetransmissions)
      json.member("retransmissions", summary.retransmissions)
      json.member("out_of_order", summary.outOfOrder)
      json.member("bad_checksums", summary.badChecksums)
      json.member("unfinished_checksums", summary.unfinishedChecksums)
      json.member("icmp_errors", summary.icmpErrors)
      json.member("ends", summary) { json, summary in
        for ending in TrackedFlow.Ending.allCases { json.member(ending.rawValue, summary[ending]) }
      }
      json.member("steps", summary) { json, summary in
        for kind in StepKind.allCases {
          guard let series = summary[kind] else { continue }
          json.member(kind.rawValue, series) { $0.series($1) }
        }
      }
    }
  }
}

extension JSONWriter {
  fileprivate mutating func ends(_ flow: TrackedFlow) {
    member("client", flow.client.endpoint.address.description)
    member("client_port", flow.client.endpoint.port)
    member("server", flow.server.endpoint.address.description)
    member("server_port", flow.server.endpoint.port)
  }

  fileprivate mutating func step(_ step: FlowStep) {
    object {
      $0.member("step", step.kind.rawValue)
      $0.member("rtt_ns", step.time?.nanoseconds)
      $0.member("from_frame", step.from.frame)
      $0.member("to_frame", step.to.frame)
      if step.isAmbiguous { $0.member("ambiguous", true) }
      if let first = step.firstCopy, let last = step.lastCopy {
        $0.member("since_first_ns", step.to.since(first)?.nanoseconds)
        $0.member("since_last_ns", step.to.since(last)?.nanoseconds)
      }
    }
  }

  fileprivate mutating func errors(_ errors: FlowErrors, quotesClient: Bool?) {
    member("count", errors.count)
    member("type", errors.type)
    member("code", errors.code)
    member("reason", errors.verdict?.reason.rawValue)
    member("source", errors.source.description)
    member("frame", errors.mark.frame)
    member("quotes", quotesClient.map(TrackedFlow.name))
  }

  fileprivate mutating func side(_ side: FlowSide) {
    member("packets", side.packets)
    member("octets", side.octets)
    member("retransmissions", side.retransmissions)
    member("out_of_order", side.outOfOrder)
    member("gaps", side.gaps)
    member("keep_alives", side.keepAlives)
    member("window_probes", side.windowProbes)
    member("duplicates", side.duplicates)
    member("strays", side.strays)
    member("zero_windows", side.zeroWindows)
    member("bad_checksums", side.badChecksums)
    member("unfinished_checksums", side.unfinishedChecksums)
    member("unverified_checksums", side.unverifiedChecksums)
    member("malformed_options", side.malformedOptions)
    member("syn_copies", side.synCopies)
    member("fin_copies", side.finCopies)
    member("reset", side.resets > 0)
    member("ttl", side.packets > 0 ? side.hopLimit : nil)
    member("syn", side.synchronization) { $0.synchronization($1) }
  }

  private mutating func synchronization(_ syn: FlowSide.Synchronization) {
    let profile = OptionProfile(syn.options)
    member("flags", syn.flags.description)
    member("window", syn.window)
    member("mss", profile.maximumSegmentSize)
    member("wscale", profile.windowScale)
    member("sack", profile.sackPermitted)
    member("timestamps", profile.timestamps != nil)
    member("options", OptionWords.list(syn.options))
    member("options_hex", OptionWords.hexadecimal(syn.options))
    member("length", syn.textLength)
  }

  fileprivate mutating func agreement(_ agreement: FlowAgreement) {
    member("client_mss", agreement.clientMaximumSegmentSize)
    member("server_mss", agreement.serverMaximumSegmentSize)
    member("client_wscale", agreement.clientWindowScale)
    member("server_wscale", agreement.serverWindowScale)
    member("sack", agreement.sack)
    member("timestamps", agreement.timestamps)
    member("ecn", agreement.ecn)
  }
}

extension SegmentNovelty {
  /// The word in machine output.
  fileprivate var word: String {
    switch self {
    case .inOrder: "in-order"
    case .beyondGap: "beyond-gap"
    case .outOfOrder: "out-of-order"
    case .retransmission: "retransmission"
    case .keepAlive: "keep-alive"
    case .windowProbe: "window-probe"
    case .duplicate: "duplicate"
    case .stray: "stray"
    }
  }
}

extension TransportChecksum {
  /// The word in machine output.
  fileprivate var word: String {
    switch self {
    case .good: "good"
    case .bad: "bad"
    case .unfinished: "unfinished"
    }
  }
}
