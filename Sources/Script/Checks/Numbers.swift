extension Checks {
  /// Initial sequence numbers, resources, and what cannot be asked through one port.
  static let numbers = Group(
    name: "numbers", title: "Numbers and resources",
    text: #"""
      check 100 isn-moves
      level: must
      source: RFC 9293 §3.4.1, MUST-8, SHLD-1
      asks: The ISN of a second connection between the same ports is another, and moves forward.
      > S 0:0(0) win 65535 <mss 1460>
      < S. 0:0(0) ack 1 within 3
      > R 1:1(0)
      +0.2 > S 100000:100000(0) win 65535 <mss 1460>
      < S. seq=$moved ack=100001 within 3
      | R inconclusive: the second SYN is reset
      | silence inconclusive: the second SYN is not answered
      require $moved!=0 | else fail: the ISN is the same again
      require $moved<2147483648 | else note: the ISN moves backwards

      check 101 timestamp-offset
      level: should
      source: RFC 7323 §7.1
      asks: Every connection has its own timestamp offset.
      end not-applicable: it takes connections from several ports; probe profile compares them

      check 102 syn-cookies
      level: info
      source: RFC 4987 §3.6
      asks: The same SYN again gets another ISN; SYN cookies give the same.
      > S 0:0(0) win 65535 <mss 1460>
      < S. 0:0(0) ack 1 within 3
      > R 1:1(0)
      +0.2 > S 0:0(0) win 65535 <mss 1460>
      < S. seq=$moved ack=1 within 3
      | R inconclusive: the second SYN is reset
      | silence inconclusive: the second SYN is not answered
      require $moved!=0 | else note: the same ISN, as SYN cookies have

      check 103 window-zero
      level: info
      source: RFC 4987 §3.7
      asks: The SYN-ACK has a window above 0; a SYN proxy answers with 0.
      > S 0:0(0) win 65535 <mss 1460>
      < S. ack 1 win>0 within 3
      | S. ack 1 note: window 0, as SYN proxies have

      check 104 backlog
      level: info
      source: RFC 4987 §3
      tier: own-host
      asks: What a full backlog does to new connections.
      end not-applicable: it takes more half-open connections than an audit may hold

      check 105 idle
      level: info
      source: RFC 5382 §5, REQ-5
      tier: own-host
      asks: A connection that was idle for 10 s goes on.
      open
      +10 > P. $snd.nxt(1) ack $rcv.nxt
      < ? ack=$snd.nxt within 2
      | R note: it was reset while idle
      | silence note: it was forgotten while idle

      check 106 simultaneous-open
      level: must
      source: RFC 9293 §3.5, MUST-10
      asks: A SYN that crosses the target's own is answered by a SYN-ACK.
      end not-applicable: the target would have to connect to us

      check 107 target-as-client
      level: must
      source: RFC 9293 §3.10.7.3
      asks: The target verifies the answers to its own SYN.
      end not-applicable: the target would have to connect to us
      """#)
}
