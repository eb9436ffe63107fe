import Engines
import Handshake
import Kernel
import Timebase
import Wire

/// What the engine asks for: ports, packets, and that something be told.
extension EngineWork {
  /// Does what the engine asks for, and what it then asks for.
  mutating func perform(_ first: Action<E.Report>) {
    var action = first
    while true {
      switch action {
      case .none: return
      case .done:
        isDone = true
        return
      case .open(let slot, let address, let port): action = open(slot, address, port)
      case .send(let transmission):
        send(transmission)
        return
      case .report(let report, let slot):
        finish(report, slot)
        return
      }
    }
  }

  private mutating func finish(_ report: E.Report, _ slot: Int?) {
    var refusal: RunError?
    if let slot {
      network.release(slot)
      if slot < refusals.count { swap(&refusal, &refusals[slot]) }
    }
    guard failure == nil else { return }
    let observer = observer
    note { () throws(Errno) in
      if let refusal { try observer.refused?(report, refusal) }
      try observer.report(report)
    }
    if observer.isSatisfied() { engine.interrupt(at: SystemClock.now()) }
  }

  private mutating func open(_ slot: Int, _ address: IPAddress, _ port: UInt16) -> Action<E.Report> {
    do throws(Errno) {
      let reserved = try network.reserve(address, port: port, for: slot)
      let seed = Seed(iss: Entropy.uint32(), timestamp: Entropy.uint32())
      return engine.note(.opened(slot: slot, port: reserved, seed: seed, at: SystemClock.now()))
    } catch {
      let refusal = RunError.port(error, Endpoint(address, port))
      guard concernsOne(refusal, slot) else {
        engine.note(.unreserved(slot: slot, at: SystemClock.now()))
        fail(refusal)
        return .none
      }
      return engine.note(.unreserved(slot: slot, at: SystemClock.now()))
    }
  }

  private mutating func send(_ transmission: Transmission) {
    // Read as late as can be: where the kernel gives no stamp, this one must do.
    let now = SystemClock.now()
    var sent: [[UInt8]] = []
    do throws(SendFailure) {
      let hasLeft = try network.send(transmission) { packet in
        show(ReceivedPacket(packet, framing: .inBand, mayBeUnfinished: false), at: now)
        if packets != nil { sent.append(packet.copied) }
      }
      engine.note(.departed(transmission.token, at: now))
      network.departed(transmission, at: now.instant)
      guard hasLeft else { return }
      for (index, octets) in sent.enumerated() {
        keep(octets, transmission, sent.count > 1 ? "fragment \(index + 1) of \(sent.count)" : nil, at: now)
      }
    } catch {
      switch error {
      case .noRoute: engine.note(.failed(transmission.token, .noRoute))
      case .tooLarge: refuse(transmission, .packetTooLarge)
      case .changed: refuse(transmission, .changed(transmission.flow.remote))
      case .errno(let errno): refuse(transmission, .send(errno, transmission.flow.remote))
      }
    }
  }

  private mutating func refuse(_ transmission: Transmission, _ refusal: RunError) {
    guard concernsOne(refusal, transmission.token.slot) else { return fail(refusal) }
    engine.note(.failed(transmission.token, .notSent))
  }

  /// Keeps a refusal for the report of its connection; false where it ends the run.
  private mutating func concernsOne(_ refusal: RunError, _ slot: Int) -> Bool {
    guard observer.refused != nil else { return false }
    while refusals.count <= slot { refusals.append(nil) }
    refusals[slot] = refusal
    return true
  }

  /// Has a packet of ours written into the capture file.
  private func keep(_ octets: [UInt8], _ transmission: Transmission, _ part: String?, at stamp: Stamp) {
    packets?.sent(
      octets, transmission, through: network.interface(towards: transmission.flow.remote.address), at: stamp,
      engine.judgement(ofSent: transmission.token), remark: engine.lastRemark, part: part)
  }
}
