import Timebase
import Wire

@testable import Handshake

/// The connections that the golden texts tell of, by name.
enum Scenes {
  static let all: KeyValuePairs<String, Scene> = [
    "open": Scene.fullClose(), "syn": halfOpen, "closed": refused, "filtered": filtered, "icmp": prohibited,
    "invalid": refusals, "retransmitted": retransmitted, "ambiguous": ambiguous,
    "simultaneous-close": simultaneousClose, "peer-first": peerClosesFirst, "request": request, "reset": resetByPeer,
    "ipv6": version6,
  ]

  static var halfOpen: Scene {
    var plan = Plan()
    plan.mode = .halfOpen
    var scene = Scene(plan)
    scene.start()
    scene.receive(.synAck(), after: 212)
    return scene
  }

  static var refused: Scene {
    var scene = Scene()
    scene.start()
    scene.receive(.reset, after: 97)
    return scene
  }

  static var filtered: Scene {
    var scene = Scene()
    scene.start()
    scene.pass(7_000_000)
    return scene
  }

  static var prohibited: Scene {
    var scene = Scene()
    scene.start()
    scene.receive(notice(type: 3, code: 13), after: 1_503)
    scene.pass(1_000_000)
    return scene
  }

  static func notice(type: UInt8, code: UInt8, quoting sequence: UInt32? = Scene.iss) -> ICMPNotice {
    ICMPNotice(
      type: type, code: code, verdict: ICMPVerdict(v4: type, code: code),
      quotedSequence: sequence.map { SequenceNumber($0) }, source: .v4(IPv4Address(10, 0, 9, 254)))
  }

  /// What a hostile or confused peer sends first decides nothing.
  static var refusals: Scene {
    var plan = Plan()
    plan.close = .rst
    var scene = Scene(plan)
    scene.start()
    scene.receive(.synAck(ack: 2), after: 150)
    scene.receive(.peer(.rst, seq: 0, ack: 77), after: 20)
    scene.receive(notice(type: 3, code: 1, quoting: nil), after: 20)
    scene.conversation.refuse(.badChecksum, .synAck(), at: scene.stamp)
    scene.conversation.refuse(.malformed, at: scene.stamp)
    scene.receive(.synAck(), after: 30)
    return scene
  }

  static var retransmitted: Scene {
    var scene = Scene()
    scene.start()
    scene.pass(1_000_100)
    scene.receive(.synAck(echo: 2_000), after: 140)
    scene.receive(.peer(.fin, seq: 1, ack: 2), after: 205)
    scene.pass(10)
    return scene
  }

  /// Without time stamps nobody knows which copy was answered.
  static var ambiguous: Scene {
    var plan = Plan()
    plan.offer.timestamps = false
    plan.close = .rst
    var scene = Scene(plan)
    scene.start()
    scene.pass(1_000_100)
    scene.receive(.synAck(echo: nil), after: 140)
    return scene
  }

  static var simultaneousClose: Scene {
    var scene = Scene()
    scene.start()
    scene.receive(.synAck(), after: 212)
    scene.receive(.peer(.fin, seq: 1, ack: 1), after: 90)
    scene.receive(.peer([], seq: 2, ack: 2), after: 110)
    scene.pass(10)
    return scene
  }

  static var peerClosesFirst: Scene {
    var plan = Plan()
    plan.confirm = true
    var scene = Scene(plan)
    scene.start()
    scene.receive(.synAck(), after: 212)
    scene.receive(.peer(.fin, seq: 1, ack: 1), after: 60)
    scene.receive(.peer([], seq: 2, ack: 2), after: 190)
    return scene
  }

  /// The confirming probe's octet was there before: only an ESTABLISHED peer says so.
  private static var twice: TCPOptionList {
    var list = TCPOptionList()
    list.appendSACK(first: SequenceNumber(Scene.iss), last: SequenceNumber(Scene.iss &+ 1))
    return list
  }

  static var request: Scene {
    var plan = Plan()
    plan.confirm = true
    plan.data = Array(repeating: 0x2e, count: 1_600)
    plan.textLimit = 1_412
    var scene = Scene(plan)
    scene.start()
    scene.receive(.synAck(), after: 212)
    scene.receive(.peer([], seq: 1, ack: 1, options: twice), after: 180)
    scene.receive(.peer([], seq: 1, ack: 1_601), after: 203)
    scene.receive(.peer(.psh, seq: 1, ack: 1_601, text: 1_400), after: 800)
    scene.receive(.peer(.psh, seq: 1_401, ack: 1_602, text: 20), after: 10)
    scene.receive(.peer(.fin, seq: 1_421, ack: 1_602), after: 204)
    scene.pass(10)
    return scene
  }

  static var resetByPeer: Scene {
    var scene = Scene()
    scene.start()
    scene.receive(.synAck(), after: 212)
    scene.receive(.peer(.rst, seq: 1, ack: nil), after: 188)
    return scene
  }

  static var version6: Scene {
    let local = Endpoint(.v6(IPv6Address(0x2001_0db8_1111_2222_3333_4444_5555_6666)), 65_535)
    let remote = Endpoint(.v6(IPv6Address(0x2001_0db8_aaaa_bbbb_cccc_dddd_eeee_ffff)), 65_534)
    var scene = Scene(local: local, remote: remote)
    scene.start()
    scene.receive(.reset, after: 12_345)
    return scene
  }
}

extension KeyValuePairs where Key == String {
  subscript(name: String) -> Value? { first { $0.key == name }?.value }
}
