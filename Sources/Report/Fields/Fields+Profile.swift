import Handshake
import Judging
import Script
import Timebase
import Wire

/// `probe profile`.
enum ProfileFields {
  /// The one line of a profile: each fact is a member of its own, so that anyone can build a fingerprint of their choice.
  static let profiles = RecordTable<(profile: PeerProfile, target: String, remote: Endpoint)>(
    "profile",
    [
      .text("target", "the target, as given") { $0.target },
      .text("address", "its address") { "\($0.remote.address)" },
      .number("port", "its port") { $0.remote.port },
      .number(orNull: "window", "the window of the SYN-ACK to a SYN with all options") {
        $0.profile.synAck?.segment.wnd
      },
      .texts("options", "its options in the order of the header, padding too, in tcpdump's words") {
        $0.profile.synAck.map { OptionWords.list($0.segment.options) } ?? []
      },
      .texts("option_kinds", "the numbers of their kinds") {
        $0.profile.synAck?.segment.options.options.map { "\($0.kind)" } ?? []
      },
      .number(orNull: "mss", "its MSS; null without the option") {
        $0.profile.synAck?.segment.options.maximumSegmentSize
      },
      .number(orNull: "wscale", "its window scale; null without the option") {
        $0.profile.synAck?.segment.options.windowScale
      },
      .number(orNull: "ttl", "its time to live or hop limit") { $0.profile.synAck?.timeToLive },
      .truth(orNull: "df", "whether IPv4's don't fragment is on") { $0.profile.synAck?.dontFragment },
      .number(orNull: "ip_id", "IPv4's identification; null with IPv6") { $0.profile.synAck?.identification },
      .number(orNull: "tos", "type of service or traffic class") { $0.profile.synAck?.trafficClass },
      .list("offers", "what single options were answered with", offer) { $0.profile.offers },
      .decimals("synack_gaps_s", "seconds between copies of a SYN-ACK that is never acknowledged") {
        $0.profile.synAckGaps.map(\.rounded3)
      },
      .decimal(orNull: "rst_after_s", "seconds from the SYN-ACK to a reset; null if none came") {
        $0.profile.resetAfter.map(\.rounded3)
      },
      .number("waited_s", "seconds for which copies were counted") { $0.profile.waited },
      .word("isn", among: PeerProfile.Generator.allCases.map(\.rawValue), "how initial sequence numbers are made") {
        $0.profile.numbers.generator.rawValue
      },
      .decimal(orNull: "isn_per_s", "how fast they move between the same ports, per second; null if that is no clock") {
        $0.profile.numbers.slope?.rounded()
      },
      .decimal(orNull: "isn_spread", "their standard deviation over ports, divided by 2^32; 0.289 is uniform") {
        $0.profile.numbers.spread.map(\.rounded3)
      },
      .number("isn_samples", "initial sequence numbers seen") { $0.profile.numbers.samples },
      .number(orNull: "timestamp_hz", "ticks of its timestamp clock per second; null if unknown") {
        $0.profile.clock?.hertz
      },
      .truth(orNull: "timestamp_shared", "whether all connections have the same timestamp clock; null if unknown") {
        $0.profile.clock?.isShared
      },
      .truth(orNull: "syn_cookies", "whether the same SYN gets the same ISN, as with SYN cookies; null if unknown") {
        $0.profile.hasCookies
      },
      .texts("isn_differences", "how far the ISN moved for the same SYN, for one with ISS+5000, for one with MSS 536") {
        $0.profile.cookieDifferences.map { "\($0)" }
      },
      .texts("proxy_evidence", "what points to a SYN proxy; empty if nothing does") { $0.profile.proxyEvidence },
      .number(orNull: "initial_window_bytes", "bytes sent before any acknowledgment; null if the service sends less") {
        $0.profile.initialWindow?.octets
      },
      .number(orNull: "initial_window_segments", "the same in segments of 536 bytes") {
        $0.profile.initialWindow?.segments
      },
      .decimals("rto_gaps_s", "seconds between retransmissions of the first data segment") {
        $0.profile.retransmissionGaps.map(\.rounded3)
      },
      .decimals("ack_delays_ms", "milliseconds until each of 20 single bytes was acknowledged") {
        $0.profile.acknowledgmentDelays.map(\.rounded3)
      },
    ])

  private static let offer = FieldTable<PeerProfile.Offer>([
    .text("offered", "the options of the SYN") { $0.offered },
    .texts("answered", "the options of the SYN-ACK") { $0.answer.map { OptionWords.list($0.segment.options) } ?? [] },
    .number(orNull: "window", "its window; null without an answer") { $0.answer?.segment.wnd },
  ])
}

extension Double {
  /// To the thousandth.
  var rounded3: Double { (self * 1_000).rounded() / 1_000 }
}
