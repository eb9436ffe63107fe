import Handshake
import Runner
import Wire

extension OptionGroup where Settings: HasRun {
  /// What the first segment can be beyond an ordinary one, and the packet around it.
  static var crafting: OptionGroup {
    OptionGroup(
      title: "Crafting",
      note: """
        These apply to the first segment and its retransmissions, with and without --flags; what follows is an ordinary
        connection. A packet that the raw socket would change goes through a packet(7) socket, straight to the next hop,
        where no firewall of this host sees it; if this host does not know the link address of the next hop, an empty IP
        packet (protocol 59, TTL 1) makes it ask. What cannot be sent as it was asked for is refused.
        """,
      rows: tcpRows + ipRows)
  }

  private static var tcpRows: [OptionRow<Settings>] {
    [
      .flag(
        nil, "ecn", needs: [.packets, .crafting], "ask for ECN: set ECE and CWR (ECN-setup SYN)",
        """
        Sets ECE and CWR: an ECN-setup SYN (RFC 3168). Whether the peer agreed is the member `ecn` of `peer` in JSON, and
        in the reply's flags with -v. For AccECN (RFC 9768) use `--flags SECN`.
        """
      ) { $0.run.extraFlags.formUnion([.ece, .cwr]) },
      .value(
        nil, "tfo", "COOKIE", .octets(1...38, orNone: true), needs: [.packets, .crafting], isValueOptional: true,
        "TCP Fast Open: ask for a cookie, or present COOKIE",
        """
        Adds the TCP Fast Open option (RFC 7413): empty, to ask for a cookie, or with COOKIE in hexadecimal. What the
        peer answers is the member `tfo_cookie` of `peer` in JSON. Data goes into the SYN with --syn only.
        """
      ) { $0.run.extraOptions += Array(option: TCPOption.Kind.fastOpen, $1, isPadded: true) },
      .flag(
        nil, "mptcp", needs: [.packets, .crafting], "offer Multipath TCP version 1 (MP_CAPABLE)",
        """
        Adds the MP_CAPABLE option of Multipath TCP version 1 (RFC 8684). What the peer answers are the members
        `mptcp_version` and `mptcp_key` of `peer` in JSON. The connection then goes on without it, as plain TCP.
        """
      ) { $0.run.extraOptions += [TCPOption.Kind.multipath, 4, 0x01, 0x01] },
      .value(
        nil, "option", "KIND:HEX", .tcpOption, needs: [.packets, .crafting],
        "add a TCP option: 254:f989, 1, raw:0200; repeatable",
        """
        Adds a TCP option behind the others: its kind from 0 to 255, and behind a colon its value in hexadecimal; the
        length is filled in. Kinds 0 and 1 are a single octet. `raw:` adds octets as they are, right or wrong. It may be
        given again, and the order is kept; the header has room for 40 octets.
        """
      ) { $0.run.extraOptions += $1.octets },
      .flag(
        nil, "no-options", needs: [.packets, .crafting],
        excludes: ["--mss", "--wscale", "--sack", "--timestamps"],
        "no options but those of this group",
        """
        Leaves out MSS, window scale, SACK permitted and timestamps: the SYN carries only the options of this group, or
        none.
        """
      ) { $0.run.omitsOptions = true },
      .value(
        nil, "urgent", "N", .integer(0...65_535), needs: [.packets, .crafting],
        "urgent pointer (the flag: U in --flags)",
        "The urgent pointer. It sets no flag: for that, put `U` into --flags."
      ) { $0.run.plan.urgentPointer = $1 },
      .value(
        nil, "ack", "N", .integer(0...Int(UInt32.max)), needs: [.packets, .crafting],
        "acknowledgment number (the flag: A in --flags)",
        """
        The acknowledgment number. It sets no flag: for that, put `A` into --flags. Default: 0, and an unpredictable one
        with that flag.
        """
      ) { $0.run.plan.acknowledgment = $1 },
      .flag(
        nil, "bad-checksum", needs: [.packets, .crafting], "wrong TCP checksum: a host must not answer",
        """
        Sends a wrong TCP checksum: the right one with its last bit changed. A host must drop it (RFC 9293, MUST-3); a
        reply shows a firewall or another box on the way.
        """
      ) { $0.run.craft { $0.checksum = .wrong } },
    ]
  }

  private static var ipRows: [OptionRow<Settings>] {
    let v4 = Option.Exclusion("--ipv6", because: "IPv6 has nothing like it")
    return [
      .value(
        nil, "ip-id", "N", .integer(0...65_535), needs: [.packets, .crafting], excludes: [v4], "IPv4 identification",
        "The identification of the IPv4 packet. Default: 0, and unpredictable where the packet may be fragmented."
      ) { (settings, number) in
        settings.run.need(.v4, for: "--ip-id")
        settings.run.craft { $0.identification = number }
      },
      .flag(
        nil, "df", needs: [.packets, .crafting], excludes: [v4, "--no-df"],
        "IPv4: don't fragment (default without --fragment)",
        "Sets the don't-fragment bit of the IPv4 packet; the default without --fragment."
      ) {
        $0.run.need(.v4, for: "--df")
        $0.run.dontFragment = true
      },
      .flag(
        nil, "no-df", needs: [.packets, .crafting], excludes: [v4], "IPv4: routers may fragment the packet",
        "Clears the don't-fragment bit of the IPv4 packet."
      ) {
        $0.run.need(.v4, for: "--no-df")
        $0.run.dontFragment = false
      },
      .value(
        nil, "ip-option", "HEX", .octets(1...40), needs: [.packets, .crafting], excludes: [v4],
        "IPv4 options: 07070400000000 is a record route",
        """
        Options of the IPv4 header as they are, in hexadecimal, padded with zeros to 32 bits; at most 40 octets. Of a
        packet in fragments, only those with the copied flag are in every one.
        """
      ) { (settings, octets) in
        settings.run.need(.v4, for: "--ip-option")
        settings.run.craft { $0.ipOptions = octets }
      },
      .value(
        nil, "fragment", "SIZE", .fragmentSize, needs: [.packets, .crafting],
        "send in IP fragments of SIZE bytes, a multiple of 8",
        """
        Sends the packet in IP fragments, each with SIZE octets behind the IP header (IPv6: behind the fragment header),
        but for the last; from 8 to 1400, a multiple of 8. IPv4 fragments have no don't-fragment bit, unless --df is
        given. IPv6 hosts reject a first fragment without the whole TCP header (RFC 7112): use 24 or more.
        """
      ) { (settings, size) in
        // As many as the longest first segment needs.
        settings.run.craft { $0.fragments = Array(repeating: size, count: 2_048 / size) }
      },
      .value(
        nil, "flow-label", "N", .integer(0...0xf_ffff), needs: [.packets, .crafting],
        excludes: [.init("--ipv4", because: "IPv4 has no flow label")]
          + ["--ip-id", "--df", "--no-df", "--ip-option"].map {
            .init($0, because: "one is IPv6's, the other IPv4's")
          }, "IPv6 flow label (default 0)", "The flow label of the IPv6 packet. Default 0."
      ) { (settings, label) in
        settings.run.need(.v6, for: "--flow-label")
        settings.run.craft { $0.flowLabel = label }
      },
    ]
  }
}

extension RunSettings {
  /// Changes what is done to the first segment.
  mutating func craft(_ body: (inout Crafting) -> Void) {
    var crafting = plan.crafting ?? Crafting()
    body(&crafting)
    plan.crafting = crafting
  }

  /// Takes addresses of one family only, since an option means nothing in the other.
  mutating func need(_ family: AddressFamily, for option: String) {
    self.family = family
    familyOption = option
  }

  /// Puts together what several options say of the first segment.
  mutating func settleFirstSegment() throws(UsageError) {
    plan.flags.formUnion(extraFlags)
    if omitsOptions {
      (plan.offer.sack, plan.offer.timestamps, plan.offer.windowScale) = (false, false, nil)
    }
    if let dontFragment {
      craft { $0.dontFragment = dontFragment }
    } else if let crafting = plan.crafting, !crafting.fragments.isEmpty {
      craft { $0.dontFragment = false }
    }
    guard !extraOptions.isEmpty else { return }
    var offer = plan.offer
    offer.maximumSegmentSize = omitsOptions ? nil : 0
    let ordinary = offer.list(value: 0, echoReply: 0).count
    guard ordinary + extraOptions.count <= OptionOctets.capacity, let extra = OptionOctets(extraOptions.span.raw)
    else {
      throw UsageError(
        "the TCP options take \(ordinary + extraOptions.count) bytes, and a header has room for "
          + "\(OptionOctets.capacity); leave some out, for instance by --no-options or --no-timestamps")
    }
    plan.offer.extra = extra
  }
}

/// Octets of a TCP option.
struct GivenOption {
  var octets: [UInt8]
}

extension OptionValue where Value == GivenOption {
  /// `KIND`, `KIND:HEX`, or `raw:HEX`.
  static var tcpOption: OptionValue {
    OptionValue(.text) { (text, name) throws(UsageError) in
      let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let value = parts.count > 1 ? try Values.octets(parts[1], for: name, in: 0...40) : []
      if parts.first == "raw", parts.count > 1 { return GivenOption(octets: value) }
      guard let kind = parts.first.flatMap({ UInt8($0) }) else {
        throw UsageError("\(name): '\(text)' is not KIND:HEX, such as 254:f989, 1 or raw:0200")
      }
      guard kind > 1 || parts.count == 1 else {
        throw UsageError("\(name): kind \(kind) is a single octet; leave ':\(parts[1])' out, or use raw:")
      }
      return GivenOption(octets: kind > 1 ? Array(option: kind, value, isPadded: false) : [kind])
    }
  }
}

extension OptionValue where Value == [UInt8] {
  /// Octets in hexadecimal; with `orNone` the value may be left out.
  static func octets(_ count: ClosedRange<Int>, orNone: Bool = false) -> OptionValue {
    OptionValue(.text) { (text, name) throws(UsageError) in
      text.isEmpty && orNone ? [] : try Values.octets(text, for: name, in: count)
    }
  }
}

extension OptionValue where Value == Int {
  /// The octets of a fragment: units of eight.
  static var fragmentSize: OptionValue {
    OptionValue(.integer(8...1_400)) { (text, name) throws(UsageError) in
      let size = try Values.integer(text, for: name, in: 8...1_400)
      guard size % 8 == 0 else {
        throw UsageError("\(name): \(size) is not a multiple of 8; use \(size / 8 * 8) or \(size / 8 * 8 + 8)")
      }
      return size
    }
  }
}

extension [UInt8] {
  /// A TCP option with its true length, with `isPadded` followed by no-operations up to 32 bits, as Linux aligns it.
  fileprivate init(option kind: UInt8, _ value: [UInt8], isPadded: Bool) {
    self = [kind, UInt8(clamping: value.count + 2)] + value
    while isPadded, count % 4 != 0 { append(TCPOption.Kind.noOperation) }
  }
}
