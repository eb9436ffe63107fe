import Timebase
import Wire

@testable import Handshake

/// What a picture has to draw beside the connections of `Scenes`.
extension Scenes {
  static let pictures: KeyValuePairs<String, Scene> = [
    "page": page, "lossy-page": lossyPage, "ipv6-open": version6Open, "listen": passive,
    "simultaneous-open": crossedSyns,
    "slow": slow,
  ]

  /// A response of many segments, each acknowledged as it comes, over a path of 20 ms.
  static var page: Scene { page(segments: 28) }

  private static func page(segments: UInt32, losing lost: UInt32? = nil) -> Scene {
    var plan = Plan()
    plan.data = Array(repeating: 0x2e, count: 120)
    var scene = Scene(plan)
    scene.start()
    scene.receive(.synAck(), after: 20_212)
    scene.receive(.peer([], seq: 1, ack: 121), after: 20_190)
    for number in 0..<segments where number != lost {
      scene.receive(
        .peer(.psh, seq: 1 + number * 1_400, ack: 121, text: 1_400), after: number == 0 ? 310 : 60)
    }
    if let lost {
      scene.pass(210_000)
      scene.receive(.peer(.psh, seq: 1 + lost * 1_400, ack: 121, text: 1_400), after: 20_000)
    }
    scene.receive(.peer(.fin, seq: 1 + segments * 1_400, ack: 122), after: 20_300)
    scene.pass(10)
    return scene
  }

  /// The same with a hole that is filled later.
  static var lossyPage: Scene { page(segments: 9, losing: 4) }

  /// The longest addresses there are, and all of a connection between them.
  static var version6Open: Scene {
    let local = Endpoint(.v6(IPv6Address(0x2001_0db8_1111_2222_3333_4444_5555_6666)), 65_535)
    let remote = Endpoint(.v6(IPv6Address(0x2001_0db8_aaaa_bbbb_cccc_dddd_eeee_ffff)), 65_534)
    var scene = Scene(local: local, remote: remote)
    scene.start()
    scene.receive(.synAck(), after: 212)
    scene.receive(.peer(.fin, seq: 1, ack: 2), after: 204)
    scene.pass(10)
    return scene
  }

  /// A peer's connection, answered by us.
  static var passive: Scene {
    var plan = Plan()
    plan.isPassive = true
    plan.isInteractive = true
    var scene = Scene(plan)
    scene.start()
    scene.receive(.peer(.syn, seq: 0, ack: nil, wnd: 64_240, options: Scene.options(echo: 0)), after: 5)
    scene.receive(.peer([], seq: 1, ack: 1), after: 180)
    scene.receive(.peer(.psh, seq: 1, ack: 1, text: 11), after: 20)
    scene.receive(.peer(.fin, seq: 12, ack: 1), after: 400)
    scene.conversation.shutdown()
    scene.pass(30)
    scene.receive(.peer([], seq: 13, ack: 2), after: 175)
    scene.pass(10)
    return scene
  }

  /// Both SYNs cross.
  static var crossedSyns: Scene {
    var scene = Scene()
    scene.start()
    scene.receive(.peer(.syn, seq: 0, ack: nil, wnd: 65_160, options: Scene.options(echo: nil)), after: 80)
    scene.receive(.peer(.syn, seq: 0, ack: 1, wnd: 65_160, options: Scene.options(echo: nil)), after: 150)
    scene.receive(.peer(.fin, seq: 1, ack: 2), after: 240)
    scene.pass(10)
    return scene
  }

  /// Times of many digits.
  static var slow: Scene {
    var plan = Plan()
    plan.data = Array(repeating: 0x2e, count: 10)
    var scene = Scene(plan)
    scene.start()
    scene.pass(3_000_100)
    scene.receive(.synAck(echo: 4_000), after: 700_140)
    scene.receive(.peer([], seq: 1, ack: 11), after: 690_000)
    scene.receive(.peer(.psh, seq: 1, ack: 11, text: 300), after: 4_000_000)
    scene.receive(.peer(.fin, seq: 301, ack: 12), after: 800_205)
    scene.pass(10)
    return scene
  }
}
