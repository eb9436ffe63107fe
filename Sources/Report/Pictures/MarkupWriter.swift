import Wire

/// Writes XML that is well-formed whatever the texts hold; HTML takes the same elements where none of them is empty.
public struct MarkupWriter: Sendable {
  /// An attribute's name and its value, not escaped yet.
  public typealias Attribute = (name: String, value: String)

  /// What was written so far.
  public private(set) var text: String

  /// Begins, after what needs no escaping because it is ours: a declaration, or nothing.
  public init(after prologue: String = "") { text = prologue }

  /// An element without content: `<line x1="0"/>`.
  public mutating func element(_ name: String, _ attributes: [Attribute] = []) {
    open(name, attributes)
    text += "/>\n"
  }

  /// An element whose content is text: `<td>…</td>`.
  public mutating func element(_ name: String, _ attributes: [Attribute] = [], _ content: String) {
    open(name, attributes)
    text += ">" + content.escapedForMarkup + "</\(name)>\n"
  }

  /// An element whose content is written by the closure.
  public mutating func element(
    _ name: String, _ attributes: [Attribute] = [], _ content: (inout MarkupWriter) -> Void
  ) {
    open(name, attributes)
    text += ">\n"
    content(&self)
    text += "</\(name)>\n"
  }

  /// Markup that was made by another writer, or is ours: it is taken as it is.
  public mutating func markup(_ made: String) { text += made }

  private mutating func open(_ name: String, _ attributes: [Attribute]) {
    text += "<" + name
    for attribute in attributes { text += " \(attribute.name)=\"" + attribute.value.escapedForMarkup + "\"" }
  }
}

extension String {
  /// Fit for the content of an element and for an attribute in quotes (XML 1.0 §2.4; HTML §13.1.2.3 takes the same).
  ///
  /// What XML cannot hold in any form, control characters above all, is shown as `\u{1b}` (XML 1.0 §2.2).
  var escapedForMarkup: String {
    var escaped = ""
    for scalar in printable.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
