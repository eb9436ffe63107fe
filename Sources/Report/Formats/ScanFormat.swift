/// The formats in which a scan is written to files beside its results, each with the ending of its file's name.
public enum ScanFormat: String, Hashable, Sendable, CaseIterable {
  /// The text of the terminal.
  case normal = "nmap"
  /// nmap's lines for grep.
  case grepable = "gnmap"
  /// nmap's XML.
  case xml
  /// JSON Lines.
  case json = "jsonl"

  /// The option that asks for it.
  public var option: String {
    switch self {
    case .normal: "--normal"
    case .grepable: "--grepable"
    case .xml: "--xml"
    case .json: "--json-file"
    }
  }

  /// Whether a part of it is worth nothing; what is none are lines, each of which says something by itself.
  public var isDocument: Bool { self == .xml }

  /// Whether a scan that goes on can go on with it: every result is a line as soon as it is known.
  public var canGoOn: Bool { self == .json }

  /// Whether it has the ports of a host in one place (`scanHost`) and not each by itself (`scanResult`); `waits` says
  /// whether hosts wait until they are whole.
  public func hasHosts(_ waits: Bool) -> Bool {
    switch self {
    case .grepable, .xml: true
    case .normal: waits
    case .json: false
    }
  }

  /// What it is put into words by.
  public func writer(_ head: ScanHead) -> any ResultWriter {
    let wording = Wording(text: TextReport(), remarks: { TextReport() })
    return switch self {
    case .normal: TextFormat(wording)
    case .grepable: NmapGrepable(head)
    case .xml: NmapXML(head)
    case .json: JSONFormat(wording)
    }
  }
}
