import Foundation
import FoundationXML
import Testing

/// XML as another program reads it: it fails where a document is not well-formed.
final class XMLReading: NSObject, XMLParserDelegate {
  /// An element: its name, its attributes, and the text in it and in what it holds.
  struct Element {
    var name: String
    var attributes: [String: String]
    var text = ""
    /// The transform of the nearest element around it that has one.
    var transform: String?
  }

  /// The elements in the order in which they begin.
  private(set) var elements: [Element] = []
  private var open: [Int] = []

  /// Reads a whole document.
  init(_ document: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    super.init()
    let parser = XMLParser(data: Data(document.utf8))
    parser.delegate = self
    try #require(
      parser.parse(), "not well-formed: line \(parser.lineNumber): \(document)", sourceLocation: sourceLocation)
  }

  /// The texts of the elements of a name.
  func texts(of name: String) -> [String] { elements.filter { $0.name == name }.map(\.text) }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    let around = open.last.flatMap { elements[$0].transform }
    open.append(elements.count)
    elements.append(
      Element(name: name, attributes: attributes, transform: attributes["transform"] ?? around))
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) {
    for index in open { elements[index].text += text }
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    open.removeLast()
  }
}
