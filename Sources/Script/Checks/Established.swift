extension Checks {
  /// An established connection: SYN, RST, acknowledgments and data out of place, windows, time and ICMP.
  static let established = Group(
    name: "established", title: "ESTABLISHED",
    text: #"""
      check 64 syn-in-established
      level: must
      source: RFC 9293 §3.10.7.4, RFC 5961 §4.2
      asks: A SYN in ESTABLISHED, in the window or not, is answered by a challenge ACK, and the connection goes on.
      each: $syn = S~101(0) S~0(0) S~1073741825(0) S.~101(0)~ack~1
      open
      > $syn
      < . 1(0) ack 1 within 1
      | S.+ fail: it begins another connection
      | R+ note: it resets the connection, as RFC 793 said
      > P. 1(1) ack 1
      < ? ack=2 within 1
      | R+ pass

      check 65 rst-exact
      level: must
      source: RFC 9293 §3.5.3, §3.10.7.4
      asks: An RST with the next sequence number ends the connection silently; data is then reset.
      each: $rst = R~1(0) R.~1(0)~ack~1 R.~1(0)~ack~77777
      open
      > $rst
      silence 0.45
      dead

      check 66 rst-in-window
      level: should
      source: RFC 5961 §3.2
      asks: An RST in the window, but not at its left edge, is answered by a challenge ACK and does no harm.
      open
      > R 2(0)
      < . 1(0) ack 1 within 1
      | silence note: no challenge ACK
      > P. 1(1) ack 1
      < ? ack=2 within 1
      | R+ note: it ends the connection, as before RFC 5961

      check 67 rst-outside
      level: must
      source: RFC 9293 §3.10.7.4, RFC 5961 §3.2
      asks: An RST outside of the window is dropped, and the connection goes on.
      each: $seq = 0 1073741825
      open
      > R $seq(0)
      silence 0.45
      alive

      check 68 ack-of-unsent
      level: must
      source: RFC 9293 §3.10.7.4
      asks: An acknowledgment of what was never sent is answered by an ACK, its data is not taken, and the connection goes on.
      each: $length = 0 1
      open
      > . 1($length) ack 1001
      < . 1(0) ack 1 within 1
      | ? ack=2 fail: its data is taken
      | R+ fail: the connection is reset
      > P. 1(1) ack 1
      < ? ack=2 within 1
      | R+ fail: the connection was reset

      check 69 ack-too-old
      level: should
      source: RFC 5961 §5.2
      asks: Data whose acknowledgment lies further back than the largest window is refused with an ACK.
      # Another window than before: Linux looks at the acknowledgment only beside its fast path.
      open
      > P. 1(1) ack -200000 win 60000
      < . 1(0) ack 1 within 1
      | ? ack=2 fail: the data is taken
      | R+ fail: the connection is reset
      | silence pass: it is dropped
      > P. 1(1) ack 1
      < ? ack=2 within 1
      | R+ fail: the connection was reset

      check 70 data-beyond-window
      level: must
      source: RFC 9293 §3.10.7.4
      asks: Data beyond the window is answered by an ACK of what was expected.
      open
      > P. 100001(1) ack 1
      < . 1(0) ack 1 within 1
      | R+ fail: the connection is reset
      alive

      check 71 data-old
      level: must
      source: RFC 9293 §3.10.7.4
      asks: Data left of the window is answered by an ACK, and not delivered, though it were a request.
      open
      quiet
      > P. -17(18) ack 1 "GET / HTTP/1.0\r\n\r\n"
      < . 1(0) ack 1 within 1
      | ? len>0 fail: it is delivered
      | R+ fail: the connection is reset
      > P. 1(1) ack 1
      < . 1(0) ack 2 within 1
      | ? len>0 fail: it was delivered
      | R+ fail: the connection was reset

      check 72 data-early
      level: should
      source: RFC 9293 §3.10.7.4, RFC 5681 §4.2, RFC 2018 §4
      asks: Data behind a hole is answered at once by an ACK of what is missing, with SACK where agreed, and kept.
      offers: <mss 1460,nop,nop,sackOK>
      open
      > P. 101(10) ack 1
      < . 1(0) ack 1 sackleft=101 sackright=111 within 0.5
      | . 1(0) ack 1 no:sack pass: without SACK
      | R+ fail: the connection is reset
      > P. 1(100) ack 1
      < ? ack=111 within 1
      | ? ack=101 note: what came early was dropped

      check 73 keep-alive
      level: must
      source: RFC 9293 §3.8.4, RFC 1122 §4.2.3.6
      asks: A keep-alive probe, with or without an old byte, is answered by an ACK.
      each: $length = 0 1
      open
      alive
      > . $snd.nxt-1($length) ack $rcv.nxt
      < . ack=$snd.nxt within 1
      | R+ fail: the connection is reset

      check 74 no-ack
      level: must
      source: RFC 9293 §3.10.7.4
      asks: A segment without ACK is dropped, and the connection goes on.
      each: $segment = P~1(1) F~1(0) -~1(0)
      open
      > $segment
      silence 0.45
      > P. 1(1) ack 1
      < ? ack=2 within 1
      | R+ fail: the connection was reset
      | silence inconclusive: data is not acknowledged any more

      check 75 paws
      level: should
      source: RFC 7323 §5.3
      asks: Data with a timestamp older than the latest is refused with an ACK.
      > S 0(0) win 65535 <mss 1460,sackOK,TS val 4000000 ecr 0>
      < S. ack 1 has:TS within 3
      | S. not-applicable: it sends no timestamps
      | silence inconclusive: no SYN-ACK
      > . 1(0) ack 1
      > P. 1(1) ack 1 <nop,nop,TS val 3900000 ecr echo>
      < . 1(0) ack 1 within 1
      | ? ack=2 fail: the data is taken
      | R+ fail: the connection is reset
      > P. 1(1) ack 1
      < ? ack=2 within 1

      check 76 timestamps-missing
      level: should
      source: RFC 7323 §3.2
      asks: Data without timestamps is dropped where they were agreed.
      > S 0(0) win 65535 <mss 1460,sackOK,TS val 4000000 ecr 0>
      < S. ack 1 has:TS within 3
      | S. not-applicable: it sends no timestamps
      | silence inconclusive: no SYN-ACK
      > . 1(0) ack 1
      > P. 1(1) ack 1 <nop 4>
      silence 0.45
      | ? ack=2 note: the data is taken
      | ? ack=1 note: the data is answered by an ACK
      | R+ fail: the connection is reset
      > P. 1(1) ack 1
      < ? ack=2 within 1
      | silence inconclusive: data is not acknowledged any more

      check 77 data-checksum-wrong
      level: must
      source: RFC 9293 §3.1, MUST-3
      asks: Data with a wrong checksum is dropped.
      open
      > P. 1(1) ack 1 checksum=bad
      silence 0.45
      alive

      check 78 ack-delay
      level: should
      source: RFC 9293 §3.8.6.3, MUST-40
      asks: Data without PSH is acknowledged within 0.5 s.
      open
      > . 1(10) ack 1
      < ? ack=11 within 0.5
      | R+ fail: the connection is reset

      check 79 retransmissions
      level: should
      source: RFC 6298 §2, §5
      asks: Data that is not acknowledged is retransmitted.
      open
      acks off
      ask
      < ? len>0 within 3
      | R+ inconclusive: the request was reset
      | silence not-applicable: the service sends nothing (see --request)
      collect 8 ? seq=1 len>0 count>=2

      check 80 zero-window-probes
      level: must
      source: RFC 9293 §3.8.6.1, MUST-36, SHLD-29, SHLD-30
      asks: While our window is closed at most a byte is sent, and within 8 s it is.
      # Closed from the first segment behind the SYN on: a window that shrinks later is another matter.
      half
      acks off
      > . 1(0) ack 1 win 0
      ask win 0
      < ? ack=$snd.nxt len<=1 within 3
      | ? len>1 fail: it sends into a closed window
      | R+ inconclusive: the request was reset
      | silence inconclusive: the request is not acknowledged
      collect 8 ? len<=1 count>=0
      | ? len>1 fail: it sends into a closed window
      > . $snd.nxt(0) ack 1 win 65535
      until ? len>1 within 10
      | R+ inconclusive: the connection was reset
      | silence not-applicable: the service sends nothing (see --request)
      require $count>=1
      | else fail: a closed window is not probed

      check 81 window-filled
      level: must
      source: RFC 9293 §3.8.6.1, §3.10.7.4
      tier: own-host
      asks: Once its window is full, a byte more is answered by an ACK and not taken.
      open
      fill 300000 within 10
      | R+ not-applicable: the service closes
      | F.+ not-applicable: the service closes
      | else not-applicable: the service reads all that comes
      +0.6 > . $snd.nxt(1) ack $rcv.nxt
      < . ack=$snd.nxt-1 win=0 within 1
      | ? ack=$snd.nxt fail: it takes a byte into a closed window
      | . ack=$snd.nxt-1 not-applicable: the window opens again
      | R+ fail: the connection is reset

      check 82 urgent-data
      level: info
      source: RFC 9293 §3.8.5, MUST-31, RFC 6093
      asks: Urgent data is acknowledged as a whole, wherever the urgent pointer points.
      each: $pointer = 2 3
      open
      > P.U 1(3) ack 1 urg $pointer
      < ? ack=4 within 1
      | R+ note: the connection is reset

      check 83 fragmentation-needed
      level: must
      source: RFC 1191 §6.3, RFC 5927 §7.2
      tier: own-host
      family: 4
      asks: Fragmentation needed (MTU 900) makes segments smaller if it is about a segment in flight, and is ignored if not.
      > S 0(0) win 65535 <mss 1460>
      < S. ack 1 within 3
      > . 1(0) ack 1
      acks off
      ask
      < ? seq=1 len>860 df=1 within 3
      | ? seq=1 len>860 not-applicable: it does not set DF
      | R+ inconclusive: the request was reset
      | silence not-applicable: the service sends no full segment (see --request)
      +0.1 > icmp 3/4 word=900 quote=other-seq
      until ? seq=1 len>860 within 4
      | ? seq=1 len<=860 len>0 fail: it believes an error about a segment that it never sent
      +0.1 > icmp 3/4 word=900
      # Offload merges segments, but not one that is retransmitted alone.
      until ? seq=1 len<=860 len>0 within 4
      | silence fail: segments stay as long

      check 83 fragmentation-needed
      level: must
      source: RFC 8201 §4, RFC 5927 §7.2
      tier: own-host
      family: 6
      asks: Packet too big (MTU 1280) makes segments smaller if it is about a segment in flight, and is ignored if not.
      > S 0(0) win 65535 <mss 1440>
      < S. ack 1 within 3
      > . 1(0) ack 1
      acks off
      ask
      < ? seq=1 len>1220 within 3
      | R+ inconclusive: the request was reset
      | silence not-applicable: the service sends no full segment (see --request)
      +0.1 > icmp 3/4|2/0 word=1280 quote=other-seq
      until ? seq=1 len>1220 within 4
      | ? seq=1 len<=1220 len>0 fail: it believes an error about a segment that it never sent
      +0.1 > icmp 3/4|2/0 word=1280
      # Offload merges segments, but not one that is retransmitted alone.
      until ? seq=1 len<=1220 len>0 within 4
      | silence fail: segments stay as long

      check 84 port-unreachable
      level: info
      source: RFC 9293 §3.9.2.2, SHLD-26, RFC 5927 §6
      asks: Port unreachable about a segment in flight aborts the connection, or is taken as a passing trouble.
      open
      acks off
      ask
      < ? len>0 within 3
      | R+ inconclusive: the request was reset
      | silence not-applicable: the service sends nothing (see --request)
      +0.1 > icmp 3/3|1/4
      +0.3 > . $snd.nxt(0) ack 1
      until ? seq=1 len>0 within 4
      | R+ note: the connection is aborted

      check 85 keep-alive-sent
      level: info
      source: RFC 9293 §3.8.4, RFC 1122 §4.2.3.6
      asks: An idle connection with keep-alive is probed, and reset where nothing answers.
      end not-applicable: the service would have to turn it on
      """#)
}
