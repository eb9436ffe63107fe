import Engines
import Handshake
import Judging
import Kernel
import Report
import Timebase
import Wire

/// A target as it was asked for, before its name is looked up.
public struct TargetSpec: Hashable, Sendable {
  /// A name, or an address with an optional zone (`fe80::1%eth0`).
  public var host: String
  /// The ports there, in the order given.
  public var ports: [UInt16]
  /// The words on the command line.
  public var text: String
  /// Whether it is one of a range of addresses.
  public var isOfRange = false

  /// A target from its parts.
  public init(host: String, ports: [UInt16], text: String) {
    self.host = host
    self.ports = ports
    self.text = text
  }

  /// One port of a host, by the text that names both.
  public init(host: String, port: UInt16) {
    self.init(host: host, ports: [port], text: "\(host.bracketedHost):\(port)")
  }

  /// Some ports of a host, by the text that names both.
  public init(host: String, ports: [UInt16]) {
    self.init(host: host, ports: ports, text: host.bracketedHost + (ports.count == 1 ? ":\(ports[0])" : ""))
  }

  /// A target for each of its ports, in their order.
  public var single: [TargetSpec] { ports.count == 1 ? [self] : ports.map { TargetSpec(host: host, port: $0) } }
}

/// Everything that a run of connections was asked for.
public struct RunSettings: Sendable {
  /// Where to.
  public var targets: [TargetSpec] = []
  /// Hosts of further targets, given by an option.
  public var hosts: [String] = []
  /// The ports of targets that name none.
  public var ports: [UInt16] = []
  /// The files that more targets stand in.
  public var targetLists: [FilePath] = []
  /// Only this family; nil takes what the name gives first.
  public var family: AddressFamily?
  /// Whether names may not be looked up.
  public var isNumeric = false
  /// The interface that everything leaves and comes by.
  public var interface: String?
  /// The address that everything is sent from; must be one of this host's.
  public var source: String?
  /// The port that everything is sent from; 0 lets the kernel choose.
  public var sourcePort: UInt16 = 0
  /// The IP fields that are ours to choose.
  public var ipFields = IPFields()
  /// What each connection does; MSS and window are filled in from the route unless they were asked for.
  public var plan = Plan()
  /// The MSS that was asked for; nil takes the route's.
  public var maximumSegmentSize: UInt16?
  /// Whether the SYN carries none of an ordinary client's options.
  public var omitsOptions = false
  /// Flags of the first segment beside those of the plan.
  public var extraFlags: TCPFlags = []
  /// Options that follow the ordinary ones in the first segment, as they are.
  public var extraOptions: [UInt8] = []
  /// Whether routers may not fragment the first segment; nil takes the usual.
  public var dontFragment: Bool?
  /// The option that makes one family necessary; nil where none does.
  public var familyOption: String?
  /// The window that was asked for; nil takes an ordinary Linux client's.
  public var window: UInt16?
  /// Whether it is asked only if there is a service behind the port; nil where it is not.
  public var service: ServiceSettings?
  /// Whether pairs of segments show loss and reordering of each direction; nil where they do not.
  public var oneWay: OneWaySettings?
  /// How often and when.
  public var schedule = Schedule()
  /// Whether the kernel's `connect()` makes the connections.
  public var usesKernel = false
  /// The state that is waited for: the run ends when every target has been seen in it; nil waits for none.
  public var awaited: Verdict?
  /// Whether every address of a name is probed.
  public var probesAllAddresses = false
  /// What every target should be; nil expects it open.
  public var expected: ExpectedState?
  /// Whether the exit code is to show the state itself.
  public var exitsWithState = false
  /// Whether, and by which thresholds, the answer is that of a monitoring plugin.
  public var monitoring = Monitoring()
  /// How results are shown.
  public var presentation = Presentation()
  /// Files that were read before the run began, such as that of `--data`: none of them may be written.
  public var filesRead: [RunFile] = []

  /// The settings of a plain `probe HOST:PORT`.
  public init() {}

  /// Whether a packet may be sent that a raw socket would change.
  public var sendsAnything: Bool {
    guard let crafting = plan.crafting else { return false }
    return crafting.hasBadHeaderChecksum || !crafting.fragments.isEmpty
      || crafting.identification == 0 && !crafting.dontFragment
  }
}

/// What monitoring asks for.
public struct Monitoring: Hashable, Sendable {
  /// Whether the answer is that of a monitoring plugin.
  public var isPlugin = false
  /// Above what it is a warning.
  public var warning = PluginThreshold()
  /// Above what it is critical.
  public var critical = PluginThreshold()
}

/// How results are shown.
public struct Presentation: Hashable, Sendable {
  /// The format of results.
  public var format = Format.text
  /// Only the summary.
  public var isQuiet = false
  /// What was refused and why, and every connection's ladder.
  public var isVerbose = false
  /// How the time before every line is written; nil: there is none.
  public var timeFormat: TimeFormat?
  /// The file that results are written into instead of standard output; nil where none is wanted.
  public var outputPath: FilePath?
  /// Each packet explained, and what came of it.
  public var explains = false
  /// Every packet, tcpdump's way.
  public var tracesPackets = false
  /// The file that packets are written into, `-` for standard output; nil where none is wanted.
  public var pcapPath: FilePath?
  /// The file that the ladder is drawn into; nil where none is wanted.
  public var svgPath: FilePath?
  /// The file that a page with everything is written into; nil where none is wanted.
  public var htmlPath: FilePath?
  /// How far the run is confined.
  public var sandbox = Sandbox.auto
  /// Whether colours may be used on a terminal.
  public var allowsColor = true

  /// Whether a file of the run is standard output (`-`), so that results go to standard error; see `claim`.
  var isOutputTaken = false

  /// Results as a person wants them by default.
  public init() {}
}

extension Presentation {
  /// Where results go: to standard error where a file goes to standard output.
  var output: Output { isOutputTaken ? .standardError : .standardOutput }
}
