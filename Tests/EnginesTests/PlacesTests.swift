import Handshake
import Repeatable
import Testing
import Timebase
import Wire

@testable import Engines

@Suite("Where connections are kept: found by flow, by deadline, and by the next free place") struct PlacesTests {
  @Test("the earliest deadline is first, whatever was set and unset before", arguments: Repeatable.Seed.several)
  func deadlines(seed: Repeatable.Seed) {
    var random = Random(seed)
    var queue = DeadlineQueue()
    var expected: [Int: Instant] = [:]
    for _ in 0..<5_000 {
      let slot = Int(random.next() % 100)
      let deadline = random.happens(0.3) ? nil : Instant(nanoseconds: Int64(random.next() % 1_000))
      queue.set(deadline, of: slot)
      expected[slot] = deadline
      #expect(queue.first?.deadline == expected.values.min())
      if let first = queue.first { #expect(expected[first.slot] == first.deadline) }
    }
    for slot in 0..<100 { queue.set(nil, of: slot) }
    #expect(queue.first == nil)
  }

  private static func flow(_ number: UInt64) -> Flow {
    // Few ports, so that many share one and the table has long runs.
    let address = IPAddress.v4(IPv4Address(UInt32(truncatingIfNeeded: number >> 8)))
    return Flow(local: Endpoint(address, UInt16(number % 5)), remote: Endpoint(address, UInt16(number % 3)))
  }

  @Test("a flow is found until it is forgotten", arguments: Repeatable.Seed.several)
  func flows(seed: Repeatable.Seed) {
    var random = Random(seed)
    var table = FlowTable()
    var expected: [Flow: Int] = [:]
    table.remove(PlacesTests.flow(1))
    for step in 0..<3_000 {
      let flow = PlacesTests.flow(random.next() % 200 << 8 | random.next() % 15)
      if expected[flow] != nil, random.flip() {
        table.remove(flow)
        expected[flow] = nil
      } else if expected[flow] == nil, expected.count < 150 {
        table.insert(flow, slot: step)
        expected[flow] = step
      }
      #expect(table.slot(of: flow) == expected[flow])
      if step.isMultiple(of: 100) { for (flow, slot) in expected { #expect(table.slot(of: flow) == slot) } }
    }
    for flow in expected.keys { table.remove(flow) }
    for flow in expected.keys { #expect(table.slot(of: flow) == nil) }
  }

  @Test("places are used again, and no more are made than there were connections at once")
  func places() throws {
    var world = World(
      ConnectEngine(
        targets: [World.target { $0.mode = .halfOpen }], schedule: Schedule(count: 500, interval: .milliseconds(1))))
    world.peer = World.server(after: .milliseconds(20))
    try world.run()
    #expect(world.findings.count == 500 && world.isDone)
    #expect(world.engine.places.count == world.mostPorts && world.mostPorts <= 23)
    #expect(world.engine.places.allSatisfy { $0.probe == nil })
    #expect(world.engine.deadlines.first == nil)
  }

  @Test("a table grows with the flows that it holds, not with those that it has held") func size() {
    var table = FlowTable()
    func size() -> Int {
      Mirror(reflecting: table).descendant("entries").map { Mirror(reflecting: $0).children.count } ?? 0
    }
    for number in 0..<1_000 as Range<UInt64> {
      table.insert(PlacesTests.flow(number), slot: 1)
      table.remove(PlacesTests.flow(number))
    }
    #expect(size() == 16)
  }

  @Test("what is not there is not found, however full the table") func notThere() {
    var table = FlowTable()
    func flow(_ number: Int) -> Flow {
      let address = IPAddress.v4(IPv4Address(UInt32(number)))
      return Flow(local: Endpoint(address, UInt16(number)), remote: Endpoint(address, 80))
    }
    for number in 1...300 {
      table.insert(flow(number), slot: number)
      #expect(table.slot(of: flow(number + 1_000)) == nil)
    }
    #expect((1...300).allSatisfy { table.slot(of: flow($0)) == $0 })
  }

  @Test("all places that are free are used again") func allPlaces() throws {
    let targets = (2...4).map { World.target(UInt8($0)) { $0.mode = .halfOpen } }
    var world = World(
      ConnectEngine(targets: targets, schedule: Schedule(count: 4, interval: .seconds(1))))
    world.peer = World.server(after: .milliseconds(100))
    try world.run()
    #expect(world.findings.count == 12 && world.engine.places.count == 3)
  }
}
