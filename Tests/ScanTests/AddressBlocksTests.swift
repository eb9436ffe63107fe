import Repeatable
import Scan
import Statistics
import Testing
import Wire

@Suite struct AddressBlocksTests {
  @Test func aListOfAnyLengthIsTheSetOfItsAddresses() throws {
    var random = Random(seed: 5)
    for _ in 0..<200 {
      let family: AddressFamily = random.next() % 2 == 0 ? .v4 : .v6
      let top: UInt128 = family == .v4 ? UInt128(UInt32.max) : .max
      func blocks() -> [AddressBlock] {
        (0..<Int(random.next() % 8)).compactMap { _ in
          let first = (random.next() % 2 == 0 ? 0 : top - 40) + UInt128(random.next() % 41)
          return AddressBlock(family, first, first + min(UInt128(random.next() % 12), top - first))
        }
      }
      func numbers(_ blocks: [AddressBlock]) -> Set<UInt128> {
        blocks.reduce(into: []) { set, block in for number in block.first...block.last { set.insert(number) } }
      }
      let (wanted, unwanted) = (blocks(), blocks())
      let result = AddressBlocks(wanted).subtracting(AddressBlocks(unwanted))
      #expect(numbers(Array(result)) == numbers(wanted).subtracting(numbers(unwanted)))
      for (one, next) in zip(result, result.dropFirst()) { #expect(one.last < next.first && next.first - one.last > 1) }
    }
  }

  @Test func veryManyNeighboursAreFewBlocks() throws {
    var blocks = AddressBlocks()
    for number in 0..<500_000 as Range<UInt32> {
      // Not in their order.
      blocks.append(AddressBlock(.v4(IPv4Address(0x0a00_0000 + (number ^ 0xfff)))))
    }
    #expect(blocks.count < 131_072)
    blocks.join()
    #expect(blocks.map(\.description) == ["10.0.0.0-10.7.159.255", "10.7.174.224-10.7.175.255"])
  }
}

@Suite struct TopPortsTests {
  @Test func eachPortIsThereOnceAndThePlainOnesFirst() {
    #expect(Set(TopPorts.all).count == TopPorts.all.count && !TopPorts.all.contains(0))
    #expect(Set(TopPorts.first(4)) == [22, 80, 443, 7547])
    #expect(TopPorts.first(100).count == 100 && TopPorts.first(1_000_000).count == TopPorts.all.count)
    #expect(
      [21, 22, 23, 25, 53, 80, 110, 143, 443, 445, 3306, 3389, 5432, 5900, 8080].allSatisfy(
        TopPorts.first(100).contains))
  }
}
