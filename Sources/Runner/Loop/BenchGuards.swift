import Kernel
import Wire

/// The guarded ports of a benchmark: each is reserved once, and kept for the whole run.
final class BenchGuards {
  private let homes: [IPAddress]
  private let scopes: Scopes
  private var boxes: [ResetGuardBox] = []
  /// Why no more ports could be had; nil where that was never so.
  var shortage: Errno?

  /// How many ports may be had: each is a descriptor, and the run needs some for itself.
  private let most: Int
  /// What is left for signals, routes and neighbours.
  private static let spare = 16

  /// How many ports are reserved at once where more are needed: each one costs a pause that connections wait through.
  private static let portion = 8

  /// The guards of a run that has `wanted` ports at each home at most.
  init(homes: [IPAddress], scopes: Scopes, wanted: Int) {
    self.homes = homes
    self.scopes = scopes
    most = max(
      ResourceLimit.remainingDescriptors(upTo: wanted * homes.count + BenchGuards.spare) - BenchGuards.spare, 1)
  }

  /// Reserves more ports at a home, and lets their packets in; answers their numbers.
  func reserve(at home: Int, _ path: some BenchPath, count: Int = portion) throws(Errno) -> [UInt16] {
    let address = homes[home]
    var ports: [UInt16] = []
    do throws(Errno) {
      for _ in 0..<count {
        guard boxes.count < most else { throw Errno(code: Errno.outOfDescriptors, call: .socket) }
        let box = try ResetGuardBox(address: address, port: 0, interface: scopes.interface(of: address))
        boxes.append(box)
        ports.append(box.port)
      }
    } catch {
      // What could be had is used.
      guard !ports.isEmpty else { throw error }
    }
    try path.listen(on: ports, family: address.family)
    return ports
  }
}
