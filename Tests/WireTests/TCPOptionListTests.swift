// RFC 9293 §3.2: lists of options, well formed and not.

import Repeatable
import Testing
import Wire

@Suite struct TCPOptionListTests {
  struct Row: Sendable, CustomStringConvertible {
    let description: String
    let octets: [UInt8]
    let options: [TCPOption]
    var isMalformed = false
  }

  static let rows = [
    Row(description: "nothing", octets: [], options: []),
    Row(
      description: "Linux's SYN", octets: octets("020405b4 0402080a 00000001 00000000 01030307"),
      options: [
        .maximumSegmentSize(1460), .sackPermitted, .timestamps(value: 1, echoReply: 0), .noOperation, .windowScale(7),
      ]),
    Row(
      description: "padding around", octets: octets("01 01 0402 00"),
      options: [.noOperation, .noOperation, .sackPermitted, .endOfList]),
    Row(
      description: "SACK of two blocks", octets: octets("0512 00000001 00000002 fffffff0 00000010"),
      options: [
        .sack([
          SACKBlock(left: SequenceNumber(1), right: SequenceNumber(2)),
          SACKBlock(left: SequenceNumber(0xffff_fff0), right: SequenceNumber(0x10)),
        ])
      ]),
    Row(description: "SACK without a block", octets: octets("0502"), options: [.sack([])]),
    Row(description: "a cookie asked for", octets: octets("2202"), options: [.fastOpen(cookie: [])]),
    Row(
      description: "a cookie", octets: octets("220a 0102030405060708"),
      options: [.fastOpen(cookie: [1, 2, 3, 4, 5, 6, 7, 8])]),
    Row(
      description: "a signature", octets: [19, 18] + [UInt8](repeating: 7, count: 16),
      options: [.md5([UInt8](repeating: 7, count: 16))]),
    Row(description: "Multipath TCP", octets: octets("1e04 0081"), options: [.multipath([0x00, 0x81])]),
    Row(
      description: "an unknown kind amid known ones", octets: octets("0402 fd05 abcdef 030302"),
      options: [.sackPermitted, .other(kind: 253, payload: [0xab, 0xcd, 0xef]), .windowScale(2)]),
    Row(
      description: "known kinds of unknown lengths", octets: octets("020305 0302 040300 0803aa 0505010203"),
      options: [
        .other(kind: 2, payload: [5]), .other(kind: 3, payload: []), .other(kind: 4, payload: [0]),
        .other(kind: 8, payload: [0xaa]), .other(kind: 5, payload: [1, 2, 3]),
      ]),
    Row(
      description: "the longest option", octets: [99, 40] + [UInt8](repeating: 1, count: 38),
      options: [.other(kind: 99, payload: [UInt8](repeating: 1, count: 38))]),
    Row(description: "length 0", octets: octets("0402 0800"), options: [.sackPermitted], isMalformed: true),
    Row(description: "length 1", octets: octets("0402 0801 01"), options: [.sackPermitted], isMalformed: true),
    Row(description: "beyond the list", octets: octets("0402 080a 01"), options: [.sackPermitted], isMalformed: true),
    Row(description: "no length", octets: octets("0402 08"), options: [.sackPermitted], isMalformed: true),
    Row(description: "255 long", octets: octets("0402 08ff"), options: [.sackPermitted], isMalformed: true),
  ]

  @Test(arguments: rows)
  func isReadAndKeptOctetForOctet(row: Row) throws {
    let list = try TCPOptionList(raw: row.octets.span.raw)
    #expect(list.options == row.options)
    #expect(list.isMalformed == row.isMalformed)
    #expect(list.count == row.octets.count)
    #expect(list.bytes.octets == row.octets)
    #expect(list.bytes.octets == row.octets)
  }

  @Test(arguments: rows.filter { !$0.isMalformed })
  func isWritten(row: Row) {
    var list = TCPOptionList()
    for option in row.options {
      let before = list.count
      let isAdded = list.append(option)
      #expect(isAdded)
      #expect(list.count == before + option.encodedLength)
    }
    #expect(list.bytes.octets == row.octets)
    #expect(list.paddedCount == (row.octets.count + 3) / 4 * 4)
    let zeros = [UInt8](repeating: 0, count: list.paddedCount - list.count)
    #expect(list.paddedBytes.octets == row.octets + zeros)
  }

  @Test func whatFollowsTheEndIsKeptButNotRead() throws {
    let raw = octets("0402 00 de ad be ef 01")
    let list = try TCPOptionList(raw: raw.span.raw)
    #expect(list.options == [.sackPermitted, .endOfList])
    #expect(!list.isMalformed)
    #expect(list.bytes.octets == raw)
  }

  @Test func theMalformedOptionsOffsetIsTold() {
    let raw = octets("01 0402 0801")
    var found: WireError?
    var cursor = TCPOptionCursor(raw.span.raw)
    do throws(WireError) {
      while try cursor.next() != nil {}
    } catch {
      found = error
    }
    #expect(found == .malformed(.tcpOptions, at: 3))
    let after = try? cursor.next()
    #expect(after == nil)
  }

  @Test func theFastWaysWriteWhatTheSlowOnesDo() {
    var fast = TCPOptionList()
    var slow = TCPOptionList()
    let done = [
      fast.appendMaximumSegmentSize(1460), fast.appendSACKPermitted(), fast.appendTimestamps(value: 7, echoReply: 8),
      fast.appendNoOperation(), fast.appendWindowScale(7),
      fast.appendSACK(first: SequenceNumber(1), last: SequenceNumber(9)),
      slow.append(.maximumSegmentSize(1460)), slow.append(.sackPermitted),
      slow.append(.timestamps(value: 7, echoReply: 8)), slow.append(.noOperation), slow.append(.windowScale(7)),
      slow.append(.sack([SACKBlock(left: SequenceNumber(1), right: SequenceNumber(9))])),
    ]
    #expect(done.allSatisfy { $0 })
    #expect(fast == slow)
    #expect(fast.hashValue == slow.hashValue)
    #expect(fast.maximumSegmentSize == 1460)
    #expect(fast.windowScale == 7)
    #expect(fast.isSACKPermitted)
    #expect(fast.timestamps?.value == 7 && fast.timestamps?.echoReply == 8)
  }

  @Test func whatIsNotThereIsNil() throws {
    let list = try TCPOptionList(raw: octets("020305 0302 0801").span.raw)
    #expect(list.maximumSegmentSize == nil)
    #expect(list.windowScale == nil)
    #expect(!list.isSACKPermitted)
    #expect(list.timestamps == nil)
    #expect(TCPOptionList().isEmpty)
  }

  @Test(arguments: 0...40)
  func aFullListTakesNoMoreAndStaysAsItWas(filled: Int) {
    var list = TCPOptionList()
    for _ in 0..<filled {
      let isAdded = list.appendNoOperation()
      #expect(isAdded)
    }
    let room = 40 - filled
    let candidates: [TCPOption] = [
      .endOfList, .noOperation, .maximumSegmentSize(1), .windowScale(1), .sackPermitted, .sack([]),
      .sack([SACKBlock(left: SequenceNumber(1), right: SequenceNumber(2))]), .timestamps(value: 1, echoReply: 2),
      .fastOpen(cookie: [1, 2, 3, 4]), .md5([UInt8](repeating: 0, count: 16)), .multipath([1]),
      .other(kind: 77, payload: [UInt8](repeating: 0, count: 38)),
      .other(kind: 77, payload: [UInt8](repeating: 0, count: 300)),
    ]
    for option in candidates {
      var copy = list
      let isAdded = copy.append(option)
      #expect(isAdded == (option.encodedLength <= room), "\(option)")
      if !isAdded { #expect(copy == list, "\(option)") }
    }
    for block in [1, 4, 5] {
      var copy = list
      let isAdded = copy.append(
        .sack([SACKBlock](repeating: SACKBlock(left: SequenceNumber(1), right: SequenceNumber(2)), count: block)))
      #expect(isAdded == (2 + 8 * block <= room))
    }
  }

  @Test(arguments: 0...40)
  func rawOctetsAreAddedWholeOrNotAtAll(filled: Int) throws {
    let before = [UInt8](repeating: 1, count: filled)
    for count in 0...41 {
      var list = try TCPOptionList(raw: before.span.raw)
      let raw = (0..<UInt8(count)).map { $0 ^ 0xff }
      let isAdded = list.append(raw: raw.span.raw)
      #expect(isAdded == (filled + count <= 40))
      #expect(list.bytes.octets == (isAdded ? before + raw : before))
    }
  }

  @Test func moreThanFortyOctetsAreRefused() {
    let raw = [UInt8](repeating: 1, count: 41)
    let error = refusal { () throws(WireError) in _ = try TCPOptionList(raw: raw.span.raw) }
    #expect(error == .noRoom(.tcpOptions, need: 41, have: 40))
  }

  @Test(arguments: Seed.several)
  func anyOctetsAreKeptAndTheWalkEnds(seed: Seed) throws {
    var random = Random(seed)
    for _ in 0..<3000 {
      let raw = random.octets(0...40)
      let list = try TCPOptionList(raw: raw.span.raw)
      #expect(list.bytes.octets == raw)
      // What was read, written again, is the beginning of what was there.
      var again = TCPOptionList()
      for option in list.options {
        let isAdded = again.append(option)
        #expect(isAdded, "\(option)")
      }
      #expect(again.bytes.octets == Array(raw.prefix(again.count)))
      let isWhole = again.count == raw.count || list.options.last == .endOfList
      #expect(isWhole == !list.isMalformed)
    }
  }

  @Test(arguments: Seed.several)
  func optionsInAnyOrderComeBackInThatOrder(seed: Seed) {
    var random = Random(seed)
    for _ in 0..<1000 {
      var list = TCPOptionList()
      var wanted: [TCPOption] = []
      while let option = random.option(), list.append(option) { wanted.append(option) }
      #expect(list.options == wanted)
    }
  }

  /// An option of another length is none; the first of the proper one counts (RFC 9293 §3.2, MUST-7).
  @Test func onlyTheProperLengthCounts() throws {
    func list(_ hex: String) throws -> TCPOptionList { try TCPOptionList(raw: octets(hex).span.raw) }
    for hex in ["020305", "0205000102", "0206 00010203", "0302", "0304 0101", "0403 00", "0809 00000001000000"] {
      let wrong = try list(hex)
      #expect(wrong.maximumSegmentSize == nil && wrong.windowScale == nil && !wrong.isSACKPermitted, "\(hex)")
      #expect(wrong.timestamps == nil, "\(hex)")
    }
    #expect(try list("080b 0000000100000002ff").timestamps == nil)
    #expect(try list("0205000102 020405b4").maximumSegmentSize == 1460)
    #expect(try list("03040101 030307").windowScale == 7)
    #expect(try list("040300 0402").isSACKPermitted)
    let stamps = try list("080b 000000010000000200 080a 0000000700000008").timestamps
    #expect(stamps?.value == 7 && stamps?.echoReply == 8)
    for hex in ["0502", "0506 00000001", "050e 000000010000000200000003", "050b 000000010000000200"] {
      #expect(try list(hex).firstSACKBlock == nil, "\(hex)")
    }
    let block = try list("0506 00000001 050a 0000000300000009").firstSACKBlock
    #expect(block == SACKBlock(left: SequenceNumber(3), right: SequenceNumber(9)))
  }
}

extension Random {
  /// Any option but the end of the list; nil at times.
  fileprivate mutating func option() -> TCPOption? {
    switch next() % 12 {
    case 0: nil
    case 1: .noOperation
    case 2: .maximumSegmentSize(number())
    case 3: .windowScale(number())
    case 4: .sackPermitted
    case 5:
      .sack((0..<next() % 4).map { _ in SACKBlock(left: SequenceNumber(number()), right: SequenceNumber(number())) })
    case 6: .timestamps(value: number(), echoReply: number())
    case 7: .fastOpen(cookie: octets(0...16))
    case 8: .md5(octets(0...20))
    case 9: .multipath(octets(0...20))
    default: .other(kind: UInt8.random(in: 35...255, using: &self), payload: octets(0...38))
    }
  }
}
