/// Any text: what is read is written and read again, and comes out the same.
@c(LLVMFuzzerTestOneInput)
public func fuzzJSON(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let octets = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  do throws(JSONReader.Fault) {
    let value = try JSONReader.value(of: octets)
    let again = try? JSONReader.value(of: Array(text(value).utf8))
    check(again == value, "written and read again it is another")
  } catch {
    check((0...octets.count).contains(error.offset), "a fault outside the text")
    check(!error.expected.isEmpty, "a fault without a word")
  }
  return 0
}

private func text(_ value: JSONValue) -> String {
  switch value {
  case .null: "null"
  case .truth(let truth): truth ? "true" : "false"
  case .integer(let number): String(number)
  case .number(let number): number.description
  case .text(let string): "\"" + JSONWriter.escaped(string) + "\""
  case .list(let values): "[" + values.map(text).joined(separator: ",") + "]"
  case .object(let members):
    "{" + members.map { "\"" + JSONWriter.escaped($0.name) + "\":" + text($0.value) }.joined(separator: ",") + "}"
  }
}
