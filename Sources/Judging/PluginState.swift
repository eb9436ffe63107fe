import Timebase

/// The four answers of a monitoring plugin; the raw value is its exit code (Monitoring Plugins Development Guidelines).
public enum PluginState: Int32, Hashable, Sendable, CaseIterable {
  /// As it should be.
  case ok
  /// Above a warning threshold.
  case warning
  /// Not as it should be, or above a critical threshold.
  case critical
  /// Nothing can be said of it.
  case unknown

  /// The worse of two: critical, warning, unknown, OK, as the plugins' own `max_state_alt` orders them.
  public func worse(_ other: PluginState) -> PluginState {
    let order: [PluginState] = [.critical, .warning, .unknown]
    return order.first { self == $0 || other == $0 } ?? .ok
  }
}

/// What must not be exceeded: round-trip time and share of probes in percent, which check_ping takes in pairs, and share of
/// SYNs in percent.
public struct PluginThreshold: Hashable, Sendable {
  /// The longest median round-trip time of the handshake.
  public var rtt: Interval?
  /// The largest share of probes that were not in the expected state, in percent.
  public var loss: Int?
  /// The largest share of SYNs that were lost, in percent.
  public var synLoss: Int?

  /// No threshold, or those that are given.
  public init(rtt: Interval? = nil, loss: Int? = nil, synLoss: Int? = nil) {
    self.rtt = rtt
    self.loss = loss
    self.synLoss = synLoss
  }
}

/// How one result is classified by thresholds.
public struct PluginFinding: Hashable, Sendable {
  /// The answer.
  public private(set) var state = PluginState.ok
  /// The threshold that the median is above; the critical one, if it is above both.
  public private(set) var exceeded: Interval?
  /// The threshold that the loss of SYNs is above, in percent; the critical one, if it is above both.
  public private(set) var exceededSynLoss: Int?
  /// Whether anything is known of the target; otherwise only why nothing is.
  public private(set) var isMeasured = true

  /// Not one probe as expected is critical, and so is a time above a check's own limit.
  ///
  /// Some that are not are classified
  /// by the thresholds of loss, and are a warning where there are none.
  public init(_ result: CheckResult, warning: PluginThreshold, critical: PluginThreshold) {
    guard result.problem == nil, result.decided > 0, result.standing != .error else {
      // A name without address is the network's trouble, and as bad as no answer; a run that was cut says nothing, and
      // neither does what this host did not send.
      (state, isMeasured) = (result.problem == nil ? .unknown : .critical, false)
      return
    }
    if result.asExpected < result.decided {
      let loss = result.loss ?? 100
      if result.asExpected == 0 || critical.loss.map({ loss > $0 }) ?? false {
        state = .critical
      } else if warning.loss.map({ loss > $0 }) ?? (critical.loss == nil) {
        state = .warning
      }
    } else if result.standing == .fails {
      state = .critical
    }
    if let loss = result.synLoss {
      if let limit = critical.synLoss, loss > limit {
        (state, exceededSynLoss) = (.critical, limit)
      } else if let limit = warning.synLoss, loss > limit {
        (state, exceededSynLoss) = (state.worse(.warning), limit)
      }
    }
    guard let rtt = result.rtt else { return }
    if let limit = critical.rtt, rtt > limit {
      (state, exceeded) = (.critical, limit)
    } else if let limit = warning.rtt, rtt > limit {
      (state, exceeded) = (state.worse(.warning), limit)
    }
  }
}
