import Foundation

/// A program that the laboratory borrows, and where to get it.
public struct Tool: Hashable, Sendable {
  /// The program's name.
  public let name: String
  /// The Debian package that has it.
  public let package: String

  /// Namespaces' devices, addresses and routes.
  public static let ip = Tool(name: "ip", package: "iproute2")
  /// Firewall rules.
  public static let nft = Tool(name: "nft", package: "nftables")
  /// Captures.
  public static let tcpdump = Tool(name: "tcpdump", package: "tcpdump")
  /// The judge of captured packets.
  public static let tshark = Tool(name: "tshark", package: "tshark")
  /// A real server of HTTP.
  public static let nginx = Tool(name: "nginx", package: "nginx-light")
  /// A real server of many small requests.
  public static let redis = Tool(name: "redis-server", package: "redis-server")
  /// A client on the kernel's TCP.
  public static let netcat = Tool(name: "nc", package: "netcat-openbsd")
  /// Takes capabilities away.
  public static let setpriv = Tool(name: "setpriv", package: "util-linux")
  /// Refuses system calls, one at a time.
  public static let strace = Tool(name: "strace", package: "strace")
  /// Clients and senders of the laboratory's own tests.
  public static let python = Tool(name: "python3", package: "python3")
  /// A TCP of its own, in user space: pasta's.
  public static let pasta = Tool(name: "pasta", package: "passt")
  /// Another one: libslirp's.
  public static let slirp = Tool(name: "slirp4netns", package: "slirp4netns")
  /// Builds the small programs around libraries of TCP.
  public static let cc = Tool(name: "cc", package: "gcc")
  /// Finds those libraries.
  public static let pkgConfig = Tool(name: "pkg-config", package: "pkg-config")
  /// Builds the one around gVisor's netstack.
  public static let go = Tool(name: "go", package: "golang-go")

  /// A tracer of paths that reads extensions.
  public static let traceroute = Tool(name: "traceroute", package: "traceroute")
  /// Another one, with a live screen.
  public static let mtr = Tool(name: "mtr", package: "mtr-tiny")
  /// And another, of TCP alone.
  public static let tcptraceroute = Tool(name: "tcptraceroute", package: "tcptraceroute")

  /// A consumer of the Test Anything Protocol.
  public static let prove = Tool(name: "prove", package: "perl")
  /// Judges XML.
  public static let xmllint = Tool(name: "xmllint", package: "libxml2-utils")
  /// Another scanner; its package has the document type of its XML.
  public static let nmap = Tool(name: "nmap", package: "nmap")
  /// Compares two files of nmap's XML.
  public static let ndiff = Tool(name: "ndiff", package: "ndiff")
  /// Judges Prometheus' metrics.
  public static let promtool = Tool(name: "promtool", package: "prometheus")

  /// A scheduler of clusters, and its daemons.
  public static let slurm = Tool(name: "slurmctld", package: "slurm-wlm")
  /// What its daemons know each other by.
  public static let munge = Tool(name: "munged", package: "munge")
  /// Runs many jobs at once.
  public static let parallel = Tool(name: "parallel", package: "parallel")

  /// What keeps lines of JSON from being validated (`Tests/schema-lines`), in words; nil where nothing does.
  public static let schemaObstacle: String? = {
    if let outcome = try? Program.run(["python3", "-c", "import jsonschema"]), outcome.code == 0 { return nil }
    return "python3 has no jsonschema (Debian package python3-jsonschema)"
  }()

  /// What keeps nmap's XML from being read by python3-libnmap, in words; nil where nothing does.
  public static let libnmapObstacle: String? = {
    if let outcome = try? Program.run(["/usr/bin/python3", "-c", "import libnmap.parser"]), outcome.code == 0 {
      return nil
    }
    return "python3 has no libnmap (Debian package python3-libnmap)"
  }()

  /// Where it lies; nil where it is not installed.
  public var path: String? { Tool.find(name) }

  /// Looks a program up in PATH and in the places of the system's own tools.
  public static func find(_ name: String) -> String? {
    if name.contains("/") { return name }
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let places = path.split(separator: ":").map(String.init) + ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin"]
    return places.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}
