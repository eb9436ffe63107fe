import Kernel
import Timebase

/// The terminal that a run is shown on while it goes on: when it is drawn, how it is given back and taken again, and the
/// keys that every screen has.
struct LiveScreen: ~Copyable {
  /// What a signal asks for.
  enum Request {
    /// Draw again.
    case draw
    /// Whoever read the terminal has gone.
    case gone
    /// It is not about the terminal.
    case none
  }

  /// Nil where lines are written.
  private var terminal: Terminal?
  /// Where the loop waits for keys; nil where it does not.
  private var keySlot: Poller.Slot?
  /// Whether the next SIGCONT is known of already.
  private var isBack = false
  private var drawnAt = Instant(nanoseconds: 0)
  /// When it is to be drawn next.
  private(set) var due = SystemClock.monotonic()
  /// Whether the keys are explained instead of the figures.
  private(set) var showsHelp = false
  /// Whether no probe is to begin at present.
  private(set) var isPaused = false
  /// Whether someone has asked for the end by a key.
  private(set) var isQuit = false

  /// Between two drawings while results come, and while none do: clock and lengths go on.
  private static let (quick, slow) = (Interval.milliseconds(250), Interval.seconds(1))

  /// Whether there is one.
  var isOn: Bool { terminal != nil }
  /// Whether keys are read from it.
  private(set) var hasKeys = false

  /// Takes the terminal, where there is one that can be drawn on.
  mutating func begin() throws(Errno) {
    guard Terminal.isAvailable else { return }
    terminal = try Terminal()
    hasKeys = terminal?.hasKeys ?? false
  }

  /// Gives the terminal back.
  mutating func leave() {
    terminal = nil
    hasKeys = false
  }

  /// There is something new to be drawn before long.
  mutating func hurry() { due = min(due, drawnAt + LiveScreen.quick) }

  /// Draws what is told for a size.
  mutating func draw(_ lines: (Terminal.Size) -> [String]) throws(Errno) {
    drawnAt = SystemClock.monotonic()
    due = drawnAt + LiveScreen.slow
    guard let size = terminal?.size else { return }
    try terminal?.draw(lines(size))
  }

  /// Does what a signal asks of the terminal.
  mutating func take(_ signal: Signal) throws(Errno) -> Request {
    switch signal {
    case .suspend:
      let hadTerminal = isOn
      leave()
      // The SIGCONT that ends the stop waits to be taken, and is no news.
      isBack = true
      Terminal.suspend()
      // Continued in the background it goes on by lines: the terminal is another's.
      if hadTerminal { try begin() }
      return .draw
    case .resume where !isBack && isOn:
      // After a SIGSTOP, which no one is told of, the shell had the terminal; in the background it still has.
      if Terminal.isAvailable { try terminal?.enterAgain() } else { leave() }
      return .draw
    case .resume:
      isBack = false
      return .none
    case .hangUp where isOn && !Terminal.isAvailable:
      // It is the terminal that has gone, and whoever read it.
      leave()
      isQuit = true
      return .gone
    case .hangUp: return .none
    default: return .draw
    }
  }

  /// Asks the loop to wait for what is typed.
  mutating func watch(by poller: inout Poller) {
    if hasKeys {
      if keySlot == nil { keySlot = poller.addStandardInput() }
    } else if let slot = keySlot {
      poller.remove(slot)
      keySlot = nil
    }
  }

  /// Takes what was typed: q, p and ? itself; the rest is handed out.
  mutating func takeKeys(_ poller: borrowing Poller) -> [Character] {
    guard let slot = keySlot, !poller.events(of: slot).isEmpty else { return [] }
    guard let keys = terminal?.keys(), !poller.events(of: slot).contains(.hangUp) else {
      leave()
      return []
    }
    return keys.map { press($0) }
  }

  private mutating func press(_ key: UInt8) -> Character {
    let (hadHelp, letter) = (showsHelp, Character(Character(Unicode.Scalar(key)).lowercased()))
    showsHelp = letter == "?" && !hadHelp
    switch letter {
    case "q": isQuit = true
    case "p", " ": isPaused.toggle()
    default: break
    }
    return letter
  }
}
