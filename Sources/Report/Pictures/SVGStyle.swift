/// The style sheet of a picture: what each class of elements looks like, with colours for light and for dark paper.
///
/// A rule names its colours by what they mean; the reader's `prefers-color-scheme` chooses between the two.
public struct SVGStyle: Sendable {
  /// What a colour means.
  public enum Colour: Hashable, Sendable, CaseIterable {
    /// The ground that everything is drawn on.
    case paper
    /// Words and lines.
    case ink
    /// What matters less.
    case faint
    /// Rules, frames, grids.
    case rule
    /// A surface that stands out from the paper.
    case surface
    /// What is pointed out; the first of several series.
    case accent
    /// Good news.
    case good
    /// Bad news.
    case bad
    /// What is uncertain.
    case doubtful
    /// Another series beside the accent.
    case second
    /// A third series.
    case third
    /// A fourth series.
    case fourth

    /// The colour on light paper.
    public var light: String {
      switch self {
      case .paper: "#ffffff"
      case .ink: "#1f2328"
      case .faint: "#59636e"
      case .rule: "#d1d9e0"
      case .surface: "#ddf4ff"
      case .accent: "#0969da"
      case .good: "#1a7f37"
      case .bad: "#cf222e"
      case .doubtful: "#9a6700"
      case .second: "#bc4c00"
      case .third: "#8250df"
      case .fourth: "#bf3989"
      }
    }

    /// The colour on dark paper.
    public var dark: String {
      switch self {
      case .paper: "#0d1117"
      case .ink: "#e6edf3"
      case .faint: "#9198a1"
      case .rule: "#3d444d"
      case .surface: "#12263f"
      case .accent: "#4493f8"
      case .good: "#3fb950"
      case .bad: "#f85149"
      case .doubtful: "#d29922"
      case .second: "#f0883e"
      case .third: "#ab7df8"
      case .fourth: "#f778ba"
      }
    }
  }

  /// How the elements that a selector names are painted.
  public struct Rule: Sendable {
    let selector: String
    let colours: [(property: String, colour: Colour)]
    let others: String

    /// A rule: `fill` and `stroke` by their meaning, and other declarations as CSS has them.
    public init(_ selector: String, fill: Colour? = nil, stroke: Colour? = nil, _ others: String = "") {
      self.selector = selector
      var colours: [(property: String, colour: Colour)] = []
      if let fill { colours.append(("fill", fill)) }
      if let stroke { colours.append(("stroke", stroke)) }
      self.colours = colours
      self.others = others
    }

    /// A rule of a page, whose words and grounds have other names for their colours.
    public init(
      page selector: String, color: Colour? = nil, background: Colour? = nil, border: Colour? = nil,
      _ others: String = ""
    ) {
      self.selector = selector
      var colours: [(property: String, colour: Colour)] = []
      if let color { colours.append(("color", color)) }
      if let background { colours.append(("background-color", background)) }
      if let border { colours.append(("border-color", border)) }
      self.colours = colours
      self.others = others
    }
  }

  /// The rules, in their order.
  public let rules: [Rule]
  /// The class of what they are for, so that several pictures in one page leave each other alone.
  ///
  /// A page's own sheet has none.
  public let scope: String?

  /// The style sheet of a kind of pictures; the paper has its rule already.
  public init(scope: String, _ rules: [Rule]) {
    self.scope = scope
    self.rules = [Rule(".paper", fill: .paper)] + rules
  }

  /// The style sheet of a page.
  init(page rules: [Rule]) {
    scope = nil
    self.rules = rules
  }

  /// The sheet as CSS: light, and what dark paper changes of it.
  public var text: String {
    var css = ""
    for rule in rules {
      let own = rule.others.isEmpty ? [] : [rule.others]
      css += "\(selector(rule)) { \((own + declarations(rule) { $0.light }).together(by: "; ")) }\n"
    }
    css += "@media (prefers-color-scheme: dark) {\n"
    for rule in rules where !rule.colours.isEmpty {
      css += "\(selector(rule)) { \(declarations(rule) { $0.dark }.together(by: "; ")) }\n"
    }
    return css + "}\n"
  }

  private func selector(_ rule: Rule) -> String { (scope.map { ".\($0) " } ?? "") + rule.selector }

  private func declarations(_ rule: Rule, _ scheme: (Colour) -> String) -> [String] {
    rule.colours.map { "\($0.property): " + scheme($0.colour) }
  }
}
