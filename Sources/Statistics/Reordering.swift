import Timebase

/// Probes that were in flight at once: how many answers came after that of a probe which had left later (RFC 4737 §3.3,
/// for answers instead of packets), and how many probes were waited for at most.
///
/// Results may be told in any order; only the last 256 are compared with each other.
public struct Reordering: Hashable, Sendable {
  /// How many answers were overtaken.
  public private(set) var count = 0
  /// The most probes that had left, the answered one included, when its answer came: ping's `pipe`.
  public private(set) var pipe = 0

  private struct Flight: Hashable {
    var sequence: Int
    var departure: WallTime
    var arrival: WallTime?
    var isOvertaken = false
  }

  private static let window = 256
  private var flights: [Flight] = []
  private var oldest = 0
  /// The latest arrival, and the highest number: whatever left after both met no one.
  private var latest: WallTime?
  private var highest = 0

  /// No probe yet.
  public init() {}

  /// Takes a probe: its number, when it left, and when its answer came; nil where none came, or none that can be told
  /// to be that of the packet which left then.
  public mutating func record(sequence: Int, departure: WallTime, arrival: WallTime?) {
    var flight = Flight(sequence: sequence, departure: departure, arrival: arrival)
    if arrival != nil { pipe = max(pipe, 1) }
    if sequence < highest || latest.map({ departure <= $0 }) ?? false {
      for index in flights.indices {
        if flights[index].sequence < sequence {
          flights[index].isOvertaken = meet(flights[index], later: flight)
        } else {
          flight.isOvertaken = meet(flight, later: flights[index])
        }
      }
    }
    if let arrival { latest = max(latest ?? arrival, arrival) }
    highest = max(highest, sequence)
    keep(flight)
  }

  /// Compares two probes in the order in which they were due; whether the earlier one is known to be overtaken now.
  private mutating func meet(_ earlier: Flight, later: Flight) -> Bool {
    guard let arrival = earlier.arrival, later.departure <= arrival else { return earlier.isOvertaken }
    pipe = max(pipe, later.sequence &- earlier.sequence &+ 1)
    guard let other = later.arrival, other < arrival, !earlier.isOvertaken else { return earlier.isOvertaken }
    count += 1
    return true
  }

  private mutating func keep(_ flight: Flight) {
    guard flights.count == Reordering.window else { return flights.append(flight) }
    flights[oldest] = flight
    oldest = (oldest + 1) % Reordering.window
  }
}
