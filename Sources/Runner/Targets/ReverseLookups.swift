import Kernel
import Timebase
import Wire

/// Names of addresses that answer, looked up beside the run and never waited for.
///
/// A name is what the owner of an address says of it: it is shown, and nothing is decided by it.
final class ReverseLookups {
  /// Nil where no name is wanted, and once the process has ended.
  private var service: NameService?
  private var slot: Poller.Slot?
  /// What is asked for, by the number of the question.
  private var asked: [IPAddress] = []
  private var known: Set<IPAddress> = []
  private var waiting: [IPAddress] = []
  private var underWay = 0
  /// The names that are known.
  private(set) var names: [IPAddress: String] = [:]

  /// How many are looked up at once.
  private static let concurrency = 16
  /// The most addresses that are asked for: whoever answers from thousands gets no names.
  static let most = 1_024

  /// Begins the process that looks them up; none where `isWanted` is false, or it cannot be begun.
  ///
  /// Call it while there is one thread, and before privileges are dropped.
  init(isWanted: Bool) {
    if isWanted { service = try? NameService(workers: ReverseLookups.concurrency) }
  }

  /// Asks for a name, once for each address.
  func want(_ address: IPAddress) {
    guard service != nil, known.count < ReverseLookups.most, known.insert(address).inserted else { return }
    waiting.append(address)
    ask()
  }

  private func ask() {
    while underWay < ReverseLookups.concurrency, let address = waiting.first, let service {
      do throws(Errno) {
        guard try service.ask(UInt32(asked.count), nameOf: address) else { return }
      } catch {
        return end()
      }
      waiting.removeFirst()
      asked.append(address)
      underWay += 1
    }
  }

  private func end() {
    service = nil
    waiting = []
  }

  /// Asks the poll loop to watch for answers.
  func watch(by poller: inout Poller) {
    if let service {
      if slot == nil { slot = service.watch(by: &poller) }
    } else if let slot {
      poller.remove(slot)
      self.slot = nil
    }
  }

  /// Takes the answers that have come; whether a name is new.
  func take() -> Bool {
    var isNews = false
    do throws(Errno) {
      while let answer = try service?.next() {
        guard asked.indices.contains(Int(answer.question)), underWay > 0 else { continue }
        underWay -= 1
        if let name = answer.name, ReverseLookups.isName(name) {
          names[asked[Int(answer.question)]] = name
          isNews = true
        }
      }
    } catch {
      end()
    }
    ask()
    return isNews
  }

  /// Whether it is of use as a name: one that reads as an address would pass for another host.
  static func isName(_ name: String) -> Bool {
    let bare = name.hasSuffix(".") ? name.dropLast() : name[...]
    return !bare.isEmpty && bare.utf8.count <= 255 && IPAddress(parsing: bare) == nil
  }
}
