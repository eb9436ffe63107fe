import Wire

/// How text is to look: a value that is handed to whatever draws.
public struct Style: Hashable, Sendable {
  /// Whether words may be coloured (by marks that become escape sequences in the output, see `ColourMark`).
  public var isColoured: Bool
  /// Whether lines and arrows may be other than ASCII.
  public var isUnicode: Bool
  /// How many columns there are; what cannot do with less takes more.
  public var width: Int

  /// A look from its parts.
  public init(isColoured: Bool = false, isUnicode: Bool = true, width: Int = 100) {
    self.isColoured = isColoured
    self.isUnicode = isUnicode
    self.width = width
  }

  /// Black and white, with lines and arrows, a hundred columns wide.
  public static let plain = Style()

  /// The few colours that there are, each with a meaning.
  enum Colour {
    case good, bad, doubtful, faint

    fileprivate var mark: ColourMark {
      switch self {
      case .good: .green
      case .bad: .red
      case .doubtful: .yellow
      case .faint: .faint
      }
    }
  }

  /// The text in a colour, where there are colours.
  func paint(_ text: String, _ colour: Colour?) -> String {
    guard isColoured, let colour, !text.isEmpty else { return text }
    return colour.mark.text + text + ColourMark.plain.text
  }
}
