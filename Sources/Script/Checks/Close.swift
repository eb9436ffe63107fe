extension Checks {
  /// How a connection ends: FIN from either side, half-close, TIME-WAIT.
  static let close = Group(
    name: "close", title: "Closing",
    text: #"""
      check 86 fin
      level: must
      source: RFC 9293 §3.6, §3.10.7.4
      asks: A FIN is acknowledged; once both sides are closed, late data is reset.
      open
      > F. 1(0) ack 1
      < ? ack=2 within 1
      | F. ack 1 fail: its FIN does not acknowledge ours
      | R+ note: it resets the connection

      check 86 fin
      level: must
      source: RFC 9293 §3.6, §3.10.7.4
      asks: Once both sides are closed, late data is reset.
      open
      > F. 1(0) ack 1
      until F.+ ack=2 within 1
      | R+ note: it resets the connection
      | silence not-applicable: the service keeps its side open
      +0.3 > P. 2(1) ack $rcv.nxt
      < R+ within 1
      | ? ack=3 fail: data behind a FIN is taken

      check 87 fin-retransmitted
      level: must
      source: RFC 9293 §3.6, RFC 6298 §5
      asks: A FIN that is not acknowledged is retransmitted.
      open
      acks off
      > F. 1(0) ack 1
      until F.+ within 3
      | R+ note: it resets the connection
      | silence not-applicable: the service keeps its side open
      # Of several segments the first one is retransmitted.
      collect 8 ? again=1 count>=2

      check 88 fin-with-data
      level: must
      source: RFC 9293 §3.6, §3.10.7.4
      asks: Data with a FIN is taken, and the FIN behind it.
      open
      > FP. 1(4) ack 1
      < ? ack=6 within 1
      | ? ack=5 ignore
      | R+ note: it resets the connection

      check 89 fin-behind-hole
      level: should
      source: RFC 9293 §3.10.7.4
      asks: A FIN behind a hole waits for what is missing, and is answered by an ACK of that.
      open
      > F. 11(0) ack 1
      < . 1(0) ack 1 within 1
      | ? ack=12 fail: the FIN is taken before the data
      | R+ fail: the connection is reset
      > P. 1(10) ack 1
      < ? ack=12 within 1
      | ? ack=11 note: the FIN that came early was dropped

      check 90 fin-again
      level: must
      source: RFC 9293 §3.10.7.4
      asks: A retransmitted FIN is acknowledged again.
      open
      acks off
      > F. 1(0) ack 1
      < ? ack=2 within 1
      | R+ not-applicable: it resets the connection
      | silence inconclusive: the FIN is not acknowledged
      # Behind the peer's own FIN, which is not what answers this one; that again is an answer, too.
      +0.3 > F. 1(0) ack 1
      < ? ack=2 within 0.6
      | R+ fail: the connection is reset

      check 91 data-behind-fin
      level: should
      source: RFC 9293 §3.10.7.4
      asks: Data behind our FIN is not taken.
      open
      acks off
      > F. 1(0) ack 1
      < ? ack=2 within 1
      | R+ not-applicable: it resets the connection
      | silence inconclusive: the FIN is not acknowledged
      > P. 2(5) ack 1
      silence 0.45
      | ? ack=7 fail: data behind a FIN is taken
      | ? ack=2 pass
      | R+ pass

      check 92 half-close
      level: must
      source: RFC 9293 §3.6.1, MUST-16, MUST-17
      asks: What is not acknowledged when our FIN comes is still retransmitted.
      open
      acks off
      ask
      < ? len>0 within 3
      | R+ inconclusive: the request was reset
      | silence not-applicable: the service sends nothing (see --request)
      +0.1 > F. $snd.nxt(0) ack 1
      < ? again=1 len>0 within 5
      | R+ fail: the connection is reset
      | silence fail: what was not acknowledged is discarded

      check 93 simultaneous-close
      level: must
      source: RFC 9293 §3.6
      asks: A FIN that crosses the peer's own is acknowledged.
      open
      acks off
      ask
      until F.+ within 5
      | R+ inconclusive: the request was reset
      | silence not-applicable: the service does not close first, or sends too much
      > F. $snd.nxt(0) ack $rcv.nxt-1
      < ? ack=$snd.nxt within 1
      | R+ fail: the connection is reset
      > . $snd.nxt(0) ack $rcv.nxt
      silence 0.3
      | F.+ ignore

      check 94 close-with-unread-data
      level: should
      source: RFC 9293 §3.6.1, SHLD-3, RFC 2525 §2.17
      asks: A service that closes with data unread resets the connection.
      open
      # Ahead of the request, so that the service finds both at once.
      > P. $request+1(1000) ack 1
      ask
      until R+ within 3
      | F.+ note: it ends by FIN: the service may have read everything
      | silence not-applicable: the service does not close
      > R. $request+1001(0) ack $rcv.nxt

      check 95 data-to-closed
      level: should
      source: RFC 9293 §3.6.1, RFC 1122 §4.2.2.13
      asks: Data to a service that has closed for good is reset.
      open
      closes-first
      +0.2 > P. $snd.nxt(10) ack $rcv.nxt
      < R+ within 1
      | ? ack=$snd.nxt note: it still takes data

      check 96 fin-wait-2-ends
      level: info
      source: RFC 1122 §4.2.2.13
      tier: own-host
      asks: A side that has closed and waits for our FIN stops waiting in the end; 65 s are tried.
      open
      closes-first
      +65 > F. $snd.nxt(0) ack $rcv.nxt
      < R+ within 1
      | . ack=$snd.nxt note: it still waits after 65 s

      check 97 time-wait-answers
      level: must
      source: RFC 9293 §3.6, §3.10.7.4, MUST-13
      asks: In TIME-WAIT a retransmitted FIN, and data, are answered by an ACK.
      each: $again = F.~$snd.nxt-1(0) P.~$snd.nxt(1)
      open
      time-wait
      +0.6 > $again ack $rcv.nxt
      < . ack>0 within 1
      | R+ fail: there is no TIME-WAIT

      check 98 time-wait-reopened
      level: should
      source: RFC 9293 §3.6.1, MAY-2, RFC 6191 §2
      asks: In TIME-WAIT a SYN with a higher sequence number begins another connection, with a higher ISN.
      open
      time-wait
      +0.6 > S $snd.nxt+100000(0) win 65535 <mss 1460>
      < S. seq=$isn ack=$snd.nxt+100001 within 1
      | . note: it answers with an ACK
      | silence note: it does not answer
      > R $snd.nxt+100001(0)
      require $isn<=2147483647
      | else fail: the ISN is lower than before

      check 99 time-wait-rst
      level: info
      source: RFC 1337 §3
      asks: An RST in TIME-WAIT is ignored, or ends it.
      open
      time-wait
      > R $snd.nxt(0)
      +0.6 > F. $snd.nxt-1(0) ack $rcv.nxt
      < . ack=$snd.nxt within 1
      | R+ pass: it ends TIME-WAIT
      | silence inconclusive: no answer
      """#)
}
