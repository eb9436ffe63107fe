import Handshake
import Testing
import Timebase

@testable import Judging

/// Whose time it was: the path's, or the application's; and silence where the figures do not say.
@Suite("Path and application") struct PathShareTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// In microseconds; nil where there is no such step.
    var (syn, confirm, fin, application): (Int64?, Int64?, Int64?, Int64?)
    var share: PathShare?

    init(
      _ what: String, syn: Int64?, confirm: Int64? = nil, fin: Int64? = nil, application: Int64?,
      _ share: (Int64, Int64)?
    ) {
      testDescription = what
      (self.syn, self.confirm, self.fin, self.application) = (syn, confirm, fin, application)
      self.share = share.map { PathShare(path: .microseconds($0.0), application: .microseconds($0.1)) }
    }
  }

  static let cases = [
    Case("by the SYN", syn: 200, application: 12_000, (200, 12_000)),
    Case("the FIN agrees", syn: 200, fin: 230, application: 12_000, (200, 12_000)),
    Case(
      "a keep-alive probe knows better than a SYN proxy", syn: 200, confirm: 900, application: 12_000, (900, 12_000)),
    Case("nothing was asked", syn: 200, fin: 210, application: nil, nil),
    Case("no time of the path", syn: nil, fin: 210, application: 12_000, nil),
    Case("the steps differ by as much as is left", syn: 200, fin: 12_200, application: 12_000, nil),
    Case("by less", syn: 200, fin: 12_199, application: 12_000, (200, 12_000)),
    Case("nothing is left", syn: 200, application: 0, nil),
  ]

  @Test(arguments: cases) func share(_ given: Case) {
    let share = PathShare(application: given.application.map { .microseconds($0) }) { step in
      let time: Int64? =
        switch step {
        case .syn: given.syn
        case .confirm: given.confirm
        case .fin: given.fin
        default: nil
        }
      return time.map { .microseconds($0) }
    }
    #expect(share == given.share)
  }

  @Test func whatIsLeftOfAResponse() {
    func left(response: Int64?, syn: Int64?, confirm: Int64? = nil) -> Interval? {
      PathShare.application { step in
        let time = step == .response ? response : step == .syn ? syn : step == .confirm ? confirm : nil
        return time.map { .microseconds($0) }
      }
    }
    #expect(left(response: 12_200, syn: 200) == .milliseconds(12))
    #expect(left(response: 12_200, syn: 100, confirm: 200) == .milliseconds(12))
    #expect(left(response: 100, syn: 200) == .zero, "the path was slower for the SYN")
    #expect(left(response: nil, syn: 200) == nil && left(response: 100, syn: nil) == nil)
  }
}
