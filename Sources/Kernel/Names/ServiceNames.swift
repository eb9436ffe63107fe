/// Names of TCP ports, `services(5)`.
public struct ServiceNames: Sendable {
  private var ports: [String: UInt16] = [:]
  private var names: [UInt16: String] = [:]

  /// Reads the file's text: `name port/protocol alias… # comment`.
  ///
  /// Of several entries the first counts.
  public init(parsing text: String) {
    for line in text.utf8.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
      let fields = line.prefix { $0 != 0x23 }.split { $0 == 0x20 || $0 == 0x09 }
      guard fields.count >= 2 else { continue }
      let parts = fields[1].split(separator: 0x2f)
      guard parts.count == 2, parts[1].elementsEqual("tcp".utf8), let port = UInt16(String(Substring(parts[0])))
      else { continue }
      let name = String(Substring(fields[0]))
      if names[port] == nil { names[port] = name }
      for field in [fields[0]] + fields.dropFirst(2) {
        let known = String(Substring(field))
        if ports[known] == nil { ports[known] = port }
      }
    }
  }

  /// The machine's own, from /etc/services; without that file, none.
  public static func ofThisMachine() -> ServiceNames {
    let octets = (try? File.read("/etc/services", atMost: 4 << 20)) ?? []
    return ServiceNames(parsing: String(decoding: octets, as: UTF8.self))
  }

  /// The port of a service by its name or an alias of it, as it is written.
  public func port(of name: String) -> UInt16? { ports[name] }

  /// The name of a port.
  public func name(of port: UInt16) -> String? { names[port] }
}
