import Glibc
import Report

// What the documentation has of the tables of fields and words, and the JSON Schemas, for Tests/documents.
//
//     Documents
//
// Each piece stands behind a line `=== FILE` or `=== FILE NAME`: a whole file, or the part of it between
// `<!-- table: NAME -->` and `<!-- table: end -->`.

for (type, kinds) in JSONSchema.types {
  print("=== Docs/schema/\(type).json")
  print(JSONSchema(type, kinds).text, terminator: "")
}
for (name, table) in WordDocument.tables {
  print("=== Docs/Output.md \(name)")
  print(table, terminator: "")
}
for (name, rows) in FieldDocument.tables {
  print("=== Docs/Output.md \(name)")
  print(FieldDocument.markdown(rows), terminator: "")
}
for (name, table) in AuditDocument.tables {
  print("=== Docs/Audit.md \(name)")
  print(table, terminator: "")
}
