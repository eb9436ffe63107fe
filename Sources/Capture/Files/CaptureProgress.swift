/// How far a file has been read, and what was wrong on the way; shared by the formats.
struct CaptureProgress: Sendable {
  /// Where the octets begin that have not been consumed, from the start of the file.
  var offset: Int64 = 0
  /// Records or blocks consumed.
  var records = 0
  /// Frames found, those among them that were passed over.
  var frames = 0
  /// How many octets the next record needs, from `offset` on, as far as is known.
  var needed = 4
  /// How many octets of the present record are passed over unseen, from `offset` on.
  var surplus: Int64 = 0
  /// How many octets of it have been consumed already.
  var passed: Int64 = 0
  /// The first thing that was wrong.
  var fault: CaptureFault?
  /// How many things were wrong.
  var faultCount = 0
  /// Whether nothing more can be read.
  var hasStopped = false

  /// Takes note of a fault of the record that begins `distance` octets after `offset`.
  mutating func note(_ kind: CaptureFault.Kind, after distance: Int = 0, isHeader: Bool = false) {
    let found = CaptureFault(kind, offset: offset - passed + Int64(distance), record: isHeader ? 0 : records + 1)
    if fault == nil { fault = found }
    faultCount += 1
    if found.isFinal { hasStopped = true }
  }

  /// Begins to pass over so many octets, behind those that have been consumed of the record.
  mutating func passOver(_ count: Int64, after consumed: Int) {
    surplus = count
    passed = Int64(consumed)
  }

  /// Passes over what is to be passed over of so many octets, and returns how many that were.
  mutating func passOver(among count: Int) -> Int {
    let part = Int(min(surplus, Int64(count)))
    surplus -= Int64(part)
    passed += Int64(part)
    offset += Int64(part)
    return part
  }

  /// Counts a record that has been consumed.
  mutating func endRecord() {
    records &+= 1
    passed = 0
  }
}
