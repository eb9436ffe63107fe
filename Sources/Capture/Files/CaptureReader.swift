import Wire

/// Reads a capture file of either format as it comes, in pieces of any size.
///
/// It is fed with octets and hands out frames where they lie; what a piece cuts in two is kept until the rest comes.
/// Whatever comes, no more than one record of `recordLimit` octets is kept. What is wrong is told by `fault`; what was
/// whole has been handed out.
public struct CaptureReader: Sendable {
  /// The octets of a frame beyond which it is passed over: libpcap's own limit.
  public static var frameLimit: Int { 262_144 }
  /// The octets of a record beyond which it is passed over: the frame, and room for comments.
  public static var recordLimit: Int { 524_288 }

  private var decoder = CaptureDecoder()
  /// The start of a record whose end has not come.
  private var carry: [UInt8] = []

  /// A reader at the start of a file.
  public init() {}

  /// What the file turned out to be; nil before its first octets have come.
  public var format: CaptureFormat? { decoder.format }
  /// The interfaces that are described so far: one of a pcap file, those of the present section of a pcapng file.
  public var interfaces: [CaptureInterface] { decoder.interfaces }
  /// Which of the file's interfaces is the first of `interfaces`; more than 0 from a pcapng file's second section on.
  public var firstInterface: Int { decoder.firstInterface }
  /// How many frames were found, those among them that were passed over.
  public var frameCount: Int { decoder.progress.frames }
  /// How many octets have been read, those of an unfinished record not counted.
  public var offset: Int64 { decoder.progress.offset }
  /// The first thing that is wrong with the file; nil where nothing is.
  public var fault: CaptureFault? { decoder.progress.fault }
  /// How many things are wrong with it.
  public var faultCount: Int { decoder.progress.faultCount }
  /// Whether nothing more can be read: whatever else is fed goes unseen.
  public var hasStopped: Bool { decoder.progress.hasStopped }

  /// How many octets the unfinished record has room for.
  var octetsHeld: Int { carry.capacity }

  /// Takes the next octets of the file and hands out every frame that they complete.
  public mutating func feed(_ octets: RawSpan, _ body: (borrowing CapturedFrame) -> Void) {
    // Held in a variable of its own while it lasts: a span of it may not stand beside a change of `self`.
    var held: [UInt8] = []
    swap(&held, &carry)
    var rest = octets
    while !held.isEmpty, !hasStopped {
      let part = min(decoder.progress.needed - held.count, rest.byteCount)
      held.append(copying: rest.extracting(first: part))
      rest = rest.extracting(droppingFirst: part)
      guard held.count >= decoder.progress.needed else { break }
      let consumed = decoder.decode(held.span.raw, body)
      if consumed > 0 { held.removeFirst(consumed) }
    }
    if held.isEmpty, !hasStopped {
      let consumed = decoder.decode(rest, body)
      if !hasStopped { held.append(copying: rest.extracting(droppingFirst: consumed)) }
    }
    if !hasStopped { swap(&held, &carry) }
  }

  /// Shows that the file has ended: what is left of a record is a fault.
  public mutating func finish() {
    decoder.finish(left: carry.count)
    carry = []
  }
}
