import Glibc

/// What this host's own connection tracking (netfilter's conntrack) does with TCP, in this network namespace.
///
/// It is opened with the rights that a run begins with, and asked later whether anything is tracked.
public final class ConnectionTracking {
  /// After how many seconds of silence an established connection is forgotten,
  /// net.netfilter.nf_conntrack_tcp_timeout_established; nil where there is no connection tracking.
  public let establishedTimeout: Int?
  private let count: Count?

  /// The file with the number of connections.
  private final class Count {
    let file: FileDescriptor
    init(_ file: consuming FileDescriptor) { self.file = file }
  }

  /// Reads the setting, `proc(5)`.
  public init() {
    let folder = "/proc/sys/net/netfilter/nf_conntrack_"
    let octets = try? File.read(FilePath(folder + "tcp_timeout_established"), atMost: 64)
    establishedTimeout = octets.flatMap { Int(String(decoding: $0.prefix { $0 != 0x0a }, as: UTF8.self)) }
    count = try? Count(File.open(FilePath(folder + "count")))
  }

  /// Whether connections are tracked now, net.netfilter.nf_conntrack_count: without a rule that asks for it none is.
  public var isTracking: Bool {
    guard let file = count?.file.raw, lseek(file, 0, SEEK_SET) == 0 else { return false }
    var part = [UInt8](repeating: 0, count: 32)
    guard let length = try? count?.file.read(into: &part), length > 0 else { return false }
    return part[..<length].contains { (0x31...0x39).contains($0) }
  }
}
