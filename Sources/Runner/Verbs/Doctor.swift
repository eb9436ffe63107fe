import Handshake
import Kernel
import Timebase
import Wire

/// What this machine allows a prober: asked of the machine itself, one finding a question.
public struct Doctor {
  /// How a question was answered.
  public enum Health: String, Hashable, Sendable {
    /// As it should be.
    case good = "ok"
    /// It works, with a limit that the text names.
    case limited = "note"
    /// It does not work.
    case bad = "fail"
  }

  /// One question and its answer.
  public struct Finding: Hashable, Sendable {
    /// What was asked, in a word or two.
    public var subject: String
    /// How it was answered.
    public var health: Health
    /// What follows, and what to do where it is not good.
    public var text: String
  }

  /// All findings, the most important first.
  public private(set) var findings: [Finding] = []

  /// Examines the machine; nothing leaves loopback.
  public init() {
    let facts = HostFacts.now()
    examinePrivilege(facts)
    examineSockets(.v4, facts)
    if facts.hasIPv6 { examineSockets(.v6, facts) } else { add("IPv6", .limited, "not available or disabled") }
    examineStamps()
    examineSettings(facts)
    examineGuard()
  }

  /// Whether probing by hand works.
  public var isHealthy: Bool { !findings.contains { $0.health == .bad } }

  private mutating func add(_ subject: String, _ health: Health, _ text: String) {
    findings.append(Finding(subject: subject, health: health, text: text))
  }

  private mutating func examinePrivilege(_ facts: HostFacts) {
    if Capability.has(.netRaw) { return add("privilege", .good, "CAP_NET_RAW available") }
    let demo = facts.allowsUserNamespaces ?? false ? "; probe demo works without it" : ""
    add(
      "privilege", .bad,
      "no CAP_NET_RAW: run with sudo, grant it once (sudo setcap cap_net_raw+ep \(Arguments.programPath.printable)), "
        + "start it with an ambient capability (systemd: AmbientCapabilities=CAP_NET_RAW), or use --connect\(demo)")
  }

  private mutating func examineSockets(_ family: AddressFamily, _ facts: HostFacts) {
    guard Capability.has(.netRaw) else { return }
    do throws(Errno) {
      _ = try RawLink(family: family, interface: nil)
      add("\(family)", .good, "raw sockets, filters and timestamps work")
    } catch {
      add("\(family)", .bad, "raw sockets cannot be opened: \(error)\(error.hint.map { "; \($0)" } ?? "")")
    }
  }

  private mutating func examineStamps() {
    let start = SystemClock.monotonic()
    guard var warmUp = try? TimestampWarmUp(), warmUp.wait(atMost: .milliseconds(100)) else {
      return add(
        "timestamps", .limited, "no kernel RX timestamps on loopback: times come from user space")
    }
    let took = (SystemClock.monotonic() - start).nanoseconds / 1_000
    add("timestamps", .good, "kernel RX timestamps available (enabled in \(took) µs)")
  }

  /// Tries a guard as a run would: without privileges, which it has given up by then.
  private mutating func examineGuard() {
    do throws(RunError) {
      add(try Session(Presentation(), .sockets).sealShowing())
    } catch {
      return add("privileges", .bad, "they cannot be dropped: \(error.message)")
    }
    do throws(Errno) {
      let held = try ResetGuard(address: .v4(IPv4Address(127, 0, 0, 1)))
      let rule = held.rule == .filter ? "a filter" : "a TCP MD5 listener with a random key"
      add("reset guard", .good, "kernel RSTs suppressed by \(rule)")
    } catch {
      add("reset guard", .bad, "kernel RSTs are not suppressed: \(error)")
    }
  }

  private mutating func examineSettings(_ facts: HostFacts) {
    if let range = facts.localPortRange {
      let text = "\(range.lowerBound) to \(range.upperBound), \(range.count) ports"
      add("source ports", range.count < 1_000 ? .limited : .good, text)
    }
    if facts.reversePathFilter == 1 {
      add(
        "rp_filter", .limited,
        "strict reverse-path filtering: replies arriving on a different interface than the outgoing route "
          + "are dropped")
    }
    if let release = facts.kernelRelease { add("kernel", .good, "Linux \(release)") }
  }

  /// What holds of a run's confinement: this process is confined by now as a run would be.
  private mutating func add(_ layers: Layers) {
    var holding = ["no_new_privs"]
    if layers.capabilities { holding.append("no capabilities") }
    if layers.user { holding.append("not root") }
    if let version = layers.landlock { holding.append("Landlock \(version)" + (version < 4 ? " (files only)" : "")) }
    if layers.seccomp { holding.append("seccomp") }
    let missing = layers.missing.isEmpty ? "" : "; missing: \(layers.missing.joined(separator: ", "))"
    add("sandbox", layers.missing.isEmpty ? .good : .limited, holding.joined(separator: ", ") + missing)
  }
}
