import Wire

/// Compares the TCP options of a segment as it was sent with what an ICMP error quotes of them.
enum OptionComparison {
  /// What is different, by kind; both are segments from the TCP header on, the second one as far as it is quoted.
  static func changes(_ before: RawSpan, _ after: RawSpan) -> [QuoteChange] {
    guard let sent = OptionWalk(before), let quoted = OptionWalk(after) else { return [] }
    var changes: [QuoteChange] = []
    var rest = quoted.options
    for option in sent.options {
      if let index = rest.firstIndex(where: { $0.option.kind == option.option.kind }) {
        let other = rest.remove(at: index)
        if other.option != option.option { changes.append(change(from: option.option, to: other.option)) }
      } else if quoted.isWhole || quoted.hasPadding(inPlaceOf: option, of: sent) {
        changes.append(change(from: option.option, to: nil))
      }
    }
    changes += rest.map { change(from: nil, to: $0.option) }
    guard changes.isEmpty else { return changes }
    if sent.isWhole, quoted.isWhole {
      let (from, to) = (sent.order, quoted.order)
      if from != to { changes.append(QuoteChange(.option, from: .text(from), to: .text(to))) }
    } else if sent.headerLength != quoted.headerLength {
      // Which one it was lies beyond the end of the quote.
      changes.append(QuoteChange(.option, from: .text(sent.size), to: .text(quoted.size)))
    }
    return changes
  }

  /// Whether the header has another length, and the quote ends before its options do: what was changed cannot be known.
  static func isChangedBeyondQuote(_ before: RawSpan, _ after: RawSpan) -> Bool {
    guard let sent = OptionWalk(before), let quoted = OptionWalk(after) else { return false }
    return !quoted.isWhole && sent.headerLength != quoted.headerLength
  }

  private static func change(from: TCPOption?, to: TCPOption?) -> QuoteChange {
    let field: QuoteChange.Field =
      switch from ?? to {
      case .maximumSegmentSize: .mss
      case .windowScale: .wscale
      case .sackPermitted: .sack
      case .timestamps: .timestamps
      default: .option
      }
    return QuoteChange(field, from: value(from), to: value(to))
  }

  private static func value(_ option: TCPOption?) -> QuoteChange.Value {
    switch option {
    case nil: .absent
    case .maximumSegmentSize(let size): .number(Int(size))
    case .windowScale(let shift): .number(Int(shift))
    case .some(let option): .text(OptionWords.word(option))
    }
  }
}

/// The options of a segment, as far as it is there.
private struct OptionWalk {
  /// An option, and where it lies from the start of the options.
  struct Placed {
    var option: TCPOption
    var range: Range<Int>
  }

  /// Every option but padding, in order.
  private(set) var options: [Placed] = []
  /// Whether all options that the header announces were there, and could be read.
  private(set) var isWhole = false
  /// How long the header says it is.
  let headerLength: Int
  /// Octets of options that could be read.
  private var walked = 0

  /// Nil where not even the length of the header is there, or that length is impossible.
  init?(_ segment: RawSpan) {
    guard segment.byteCount > 12 else { return nil }
    headerLength = Int(segment.octet(at: 12) >> 4) * 4
    guard headerLength >= TCPHeader.minimumLength, segment.byteCount >= TCPHeader.minimumLength else { return nil }
    let list = segment.extracting(TCPHeader.minimumLength..<min(headerLength, segment.byteCount))
    var cursor = TCPOptionCursor(list)
    do throws(WireError) {
      while let next = try cursor.next() {
        walked = cursor.position
        guard next.kind != TCPOption.Kind.endOfList, next.kind != TCPOption.Kind.noOperation else { continue }
        let option = TCPOption(kind: next.kind, payload: list.extracting(next.payload))
        options.append(Placed(option: option, range: next.payload.lowerBound - 2..<next.payload.upperBound))
      }
      walked = list.byteCount
      isWhole = headerLength <= segment.byteCount
    } catch {
      return
    }
  }

  /// Whether nothing but padding is where an option of the other list was, so that it is gone although the quote ends
  /// early: it was not moved, for the header is as long as it was.
  func hasPadding(inPlaceOf option: Placed, of other: OptionWalk) -> Bool {
    headerLength == other.headerLength && option.range.upperBound <= walked
      && !options.contains { $0.range.overlaps(option.range) }
  }

  /// How much room the options have.
  var size: String { "\(headerLength - TCPHeader.minimumLength) bytes of options" }

  /// The names of the options in order.
  var order: String { options.map(\.option.name).joined(separator: ",") }
}
