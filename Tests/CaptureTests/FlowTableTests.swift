import Handshake
import Repeatable
import Testing
import Timebase
import Wire

@testable import Capture

@Suite struct FlowTableTests {
  /// What the table must be like: a dictionary, and a list in the order of the latest packets.
  @Test("It finds what is in it and nothing else, whatever comes and goes", arguments: [1, 42, 4_711] as [UInt64])
  func model(seed: UInt64) throws {
    var random = Random(seed: seed)
    var table = FlowTable(seed: seed)
    var model: [UInt16: Int] = [:]
    var order: [UInt16] = []
    for step in 0..<20_000 {
      let port = UInt16(random.next() % 300 + 1)
      let (key, flow) = FlowTableTests.flow(port, number: step)
      let hash = table.hash(key)
      let place = table.find(key, hash: hash)
      #expect((place == nil) == (model[port] == nil))
      if let place {
        #expect(table[place].number == model[port])
        order.removeAll { $0 == port }
        if random.next() % 3 == 0 {
          table.remove(place)
          #expect(table[place].number == model.removeValue(forKey: port))
        } else {
          table.touch(place)
          order.append(port)
        }
      } else {
        _ = table.insert(flow, key, hash: hash)
        model[port] = step
        order.append(port)
      }
      #expect(table.count == model.count)
      #expect(table.first(in: .running).map { table[$0].number } == order.first.flatMap { model[$0] })
      #expect(table.first(in: .over) == nil)
    }
    #expect(table.places.map { table[$0].number }.sorted() == model.values.sorted())
  }

  static func flow(_ port: UInt16, number: Int) -> (FlowKey, TrackedFlow) {
    var flow = FlowScene.v4
    flow.local.port = port
    let octets = FlowScene.packet(Segment(seq: FlowScene.iss, flags: .syn), flow)
    switch CapturedContent(octets.span.raw) {
    case .segment(let segment):
      let (key, fromHigh) = FlowKey.of(segment)
      return (key, TrackedFlow(number: number, key, senderIsHigh: fromHigh, at: FrameMark(nil, frame: 1)))
    case .malformed, .other: fatalError("a packet of our own")
    }
  }

  @Test("A place that is free is used before there is a new one")
  func placesAreUsedAgain() {
    var table = FlowTable(seed: 1)
    for round in 0..<1_000 {
      let (key, flow) = FlowTableTests.flow(UInt16(round + 1), number: round)
      let place = table.insert(flow, key, hash: table.hash(key))
      #expect(place == 0)
      table.remove(place)
    }
  }
}
