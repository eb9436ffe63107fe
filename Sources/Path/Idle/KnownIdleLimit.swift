import Timebase

/// A time after which something that is in wide use forgets a silent connection, as its documentation says.
public struct KnownIdleLimit: Hashable, Sendable {
  /// The time.
  public var time: Interval
  /// What forgets then.
  public var name: String
  /// Where that is written.
  public var source: String

  private init(_ seconds: Int64, _ name: String, _ source: String) {
    (time, self.name, self.source) = (.seconds(seconds), name, source)
  }

  /// Those that are looked at, by their time.
  public static let all: [KnownIdleLimit] = [
    KnownIdleLimit(60, "AWS Application Load Balancer", "AWS documentation"),
    KnownIdleLimit(75, "nginx keepalive_timeout", "nginx documentation"),
    KnownIdleLimit(240, "Azure Load Balancer", "Azure documentation"),
    KnownIdleLimit(350, "AWS Network Load Balancer and NAT gateway", "AWS documentation"),
    KnownIdleLimit(600, "Google Cloud VPC firewall", "Google Cloud documentation"),
    KnownIdleLimit(900, "IPVS", "ipvsadm(8)"),
    KnownIdleLimit(1_200, "Google Cloud NAT", "Google Cloud documentation"),
    KnownIdleLimit(3_600, "Cisco ASA and Palo Alto firewalls", "their documentation"),
    KnownIdleLimit(7_440, "RFC 5382's minimum for a NAT", "RFC 5382 §5, REQ-5"),
    KnownIdleLimit(86_400, "kube-proxy, OpenBSD pf", "kube-proxy --conntrack-tcp-timeout-established, pf.conf(5)"),
    KnownIdleLimit(432_000, "Linux conntrack", "nf_conntrack_tcp_timeout_established"),
  ]

  /// Those that lie between two bounds, or less than a second or the resolution beside them.
  public static func near(_ alive: Interval, _ dead: Interval, resolution: Interval) -> [KnownIdleLimit] {
    let slack = min(max(resolution, .seconds(1)), dead / 20)
    return all.filter { alive - slack <= $0.time && $0.time <= dead + slack }
  }
}
