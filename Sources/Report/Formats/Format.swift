import Judging

/// The formats of results, each a file of this folder.
public enum Format: Hashable, Sendable {
  /// Words for people.
  case text
  /// JSON Lines.
  case json
  /// Comma-separated values.
  case csv
  /// The Test Anything Protocol.
  case tap
  /// The one line of a monitoring plugin, by these thresholds.
  case plugin(warning: PluginThreshold, critical: PluginThreshold)
  /// fping's line of times for each target.
  case fping

  /// The option that asks for it; nil for text.
  public var option: String? {
    switch self {
    case .text: nil
    case .json: "--json"
    case .csv: "--csv"
    case .tap: "--tap"
    case .plugin: "--nagios"
    case .fping: "--fping"
    }
  }

  /// The option where its lines are for a program that reads standard output as they come.
  public var lineOption: String? { self == .json || self == .csv ? option : nil }

  /// Whether every result is listed even where a person only waits for one.
  public var listsAllResults: Bool { self != .text }

  /// What it is put into words by.
  public func writer(_ wording: Wording) -> any ResultWriter {
    switch self {
    case .text: TextFormat(wording)
    case .json: JSONFormat(wording)
    case .csv: CSVFormat(wording)
    case .tap: TAPFormat()
    case .plugin(let warning, let critical): PluginFormat(warning: warning, critical: critical)
    case .fping: FpingFormat()
    }
  }
}

/// How results are to look, in whatever format.
public struct Wording: Sendable {
  /// The text for where the results go.
  public var text: TextReport
  /// The text for standard error, made where it is needed.
  public var remarks: @Sendable () -> TextReport
  /// Only summaries.
  public var isQuiet: Bool
  /// Whether packets come with their connections.
  public var tracesPackets: Bool

  /// A look from its parts.
  public init(
    text: TextReport, remarks: @escaping @Sendable () -> TextReport, isQuiet: Bool = false, tracesPackets: Bool = false
  ) {
    self.text = text
    self.remarks = remarks
    self.isQuiet = isQuiet
    self.tracesPackets = tracesPackets
  }
}
